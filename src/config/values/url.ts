import { isLoopback } from '../../lib/loopback.ts'
import { hasControls } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'

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
