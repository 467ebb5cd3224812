import { isLoopback } from '../../lib/loopback.ts'
import { hasControls } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import { isRegistryName } from './domains.ts'

/**
 * Checks an absolute http(s) URL that is used byte for byte: nothing that URL parsers repair silently (spaces, controls,
 * backslashes), no user info and no fragment. The failure says what to write instead.
 */
export function checkUrl(text: string): Result<string, string> {
  if (
    !/^https?:\/\/[^\s/?#@\\]+(?:[/?][^\s#\\]*)?$/u.test(text) ||
    hasControls(text) ||
    !URL.canParse(text)
  ) {
    return failed('give an absolute http:// or https:// URL without user info, spaces or fragment')
  }
  return ok(text)
}

/** The host of an http(s) URL is this machine, so that plain http is no danger. */
export function isLoopbackUrl(text: string): boolean {
  return isLoopback(new URL(text).hostname)
}

/**
 * Two http(s) URLs belong to one site for SameSite cookies (RFC 6265bis §5.2): the same scheme and the same registrable
 * domain. Without the public suffix list, hosts below a shared one may count as one site.
 */
export function isSameSite(left: string, right: string): boolean {
  const [one, other] = [new URL(left), new URL(right)]
  return one.protocol === other.protocol && toSite(one.hostname) === toSite(other.hostname)
}

function toSite(hostname: string): string {
  if (/^[\d.]+$|^\[/u.test(hostname)) return hostname
  const labels = hostname.split('.')
  const isRegistered = isRegistryName(labels.slice(-2).join('.'))
  return labels.slice(isRegistered ? -3 : -2).join('.')
}

/**
 * Checks a path that is compared with request targets as they arrive: absolute, of characters that need no escape,
 * without empty or dot segments, which would never match.
 */
export function checkRoute(text: string): Result<string, string> {
  if (!text.startsWith('/')) return failed('start the path with a slash')
  if (!/^\/(?:[\w.~!$&'()*+,:@=%/-])*$/u.test(text)) {
    return failed('use only characters that a URL path may hold')
  }
  if (/\/\/|\/\.{1,2}(?:\/|$)/u.test(text)) return failed('remove empty and dot segments from the path')
  return ok(text)
}
