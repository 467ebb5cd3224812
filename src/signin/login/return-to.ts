import { isOwnEndpoint, isOwnPath, type OwnPaths } from '../../config/own-paths.ts'
import type { AllowsHost } from '../../http/allowed-hosts.ts'

/** Rules for a return target. */
export interface ReturnRules {
  /** External origin of this site: `https://app.example.com`. */
  readonly origin: string
  /** Paths of the endpoints, to which no sign-in returns. */
  readonly paths: OwnPaths
  readonly allowsHost: AllowsHost
}

/** Longest return target, in characters. */
export const MAX_RETURN_TO = 8_192
/**
 * Longest return target as a parameter of the endpoints, so that their request line and form stay within their limits.
 */
const MAX_ENCODED = 15_000
/** Pattern of printable ASCII without the backslash, which browsers read as a slash. */
const PLAIN = /^[\x21-\x5b\x5d-\x7e]+$/u
/** Number of times that a path is decoded to see what a careless program behind could make of it. */
const ROUNDS = 3

/**
 * Judges where a person may be sent after signing in or out. Returns the target, `/` for anything that is not plainly an
 * address of this site or of an allowed host. Pure; the query and the fragment come back byte for byte (escaped, where they
 * came unescaped), the path in the form that a browser would ask for.
 */
export function readReturnTo(given: string, rules: ReturnRules): string {
  if (given.length > MAX_RETURN_TO) return '/'
  const raw = escapeAgain(given)
  if (raw.length > MAX_RETURN_TO || !PLAIN.test(raw)) return '/'
  return (raw.startsWith('/') ? readRelative(raw, rules) : readAbsolute(raw, rules)) ?? '/'
}

/** True when a target is too long to be kept through a sign-in, whatever it is. */
export function isTooLong(given: string): boolean {
  if (given.length > MAX_RETURN_TO) return true
  // Escaping makes three characters of one at most.
  if (given.length * 3 <= MAX_ENCODED) return false
  return new URLSearchParams({ rd: given }).toString().length > MAX_ENCODED
}

/** Target in place of one that could not be kept: the page that says so. */
export function lostTarget({ signedIn }: Pick<OwnPaths, 'signedIn'>): string {
  return `${signedIn}?target=lost`
}

/**
 * Escapes an address that a gateway puts into `rd` without escaping it (`rd=https://$host$request_uri`), so that it is
 * unescaped on the way: letters of any script, and in a query the spaces. What else is not plain stays and is refused.
 */
function escapeAgain(given: string): string {
  const end = given.search(/[?#]/u)
  const path = end === -1 ? given : given.slice(0, end)
  const rest = end === -1 ? '' : given.slice(end)
  return path.replace(LETTERS, encodeURIComponent) + rest.replace(LETTERS_AND_SPACES, encodeURIComponent)
}
const LETTERS = /(?!\p{ASCII})[\p{L}\p{M}\p{N}]+/gu
const LETTERS_AND_SPACES = / |(?!\p{ASCII})[\p{L}\p{M}\p{N}]+/gu

function readRelative(raw: string, { origin, paths }: ReturnRules): string | undefined {
  // The one endpoint that is made to be arrived at: it says so and leads nowhere by itself.
  if (raw === paths.signedIn || raw === lostTarget(paths)) return raw
  const end = raw.search(/[?#]/u)
  const path = end === -1 ? raw : raw.slice(0, end)
  let form = path
  for (let round = 0; round <= ROUNDS; round += 1) {
    if (!isHarmless(form, { origin, paths })) return undefined
    form = decode(form)
  }
  // Still encoded after three rounds: no honest program writes such an address.
  if (form !== decode(form)) return undefined
  return new URL(path, origin).pathname + (end === -1 ? '' : raw.slice(end))
}

function readAbsolute(raw: string, rules: ReturnRules): string | undefined {
  const [, origin, host, port, rest = ''] = ABSOLUTE.exec(raw) ?? []
  if (origin === undefined || host === undefined || !URL.canParse(raw)) return undefined
  // The parser must agree that this is the host: it maps octal and hexadecimal addresses, for one.
  if (new URL(raw).hostname !== host) return undefined
  if (origin === rules.origin) return readRelative(rest.startsWith('/') ? rest : `/${rest}`, rules)
  return rules.allowsHost(host, port) && !leadsToEndpoint(rest, rules) ? raw : undefined
}
/** Pattern of an absolute target in lower case, without user information and escapes: origin, host, port, the rest. */
const ABSOLUTE = /^(https?:\/\/([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(\d{1,5}))?)((?:[/?#].*)?)$/u

/**
 * True when a target leads to an endpoint. An allowed host may be this deployment under another name. What is below the
 * prefix and no endpoint can be anything there.
 */
function leadsToEndpoint(rest: string, { origin, paths }: ReturnRules): boolean {
  let form = rest.replace(/[?#].*$/su, '')
  for (let round = 0; round <= ROUNDS; round += 1) {
    // Behind the origin, or two slashes at its begin would be another host; a proxy there may make one of them.
    const whole = `${origin}${form}`
    const path = (URL.canParse(whole) ? new URL(whole).pathname : form).replaceAll(/\/{2,}/gu, '/')
    if (path !== paths.signedIn && isOwnEndpoint(paths, path)) return true
    form = decode(form)
  }
  return false
}

/** True for a path that stays on this site, and away from the endpoints, however often it is decoded. */
function isHarmless(form: string, { origin, paths }: Pick<ReturnRules, 'origin' | 'paths'>): boolean {
  // Compatibility forms: a full-width slash or dot is one for a program that normalises.
  if (STRANGE.test(form) || LEAVES_SITE.test(form.normalize('NFKC'))) return false
  if (!URL.canParse(form, origin)) return false
  const url = new URL(form, origin)
  return (
    url.origin === new URL(origin).origin && !url.pathname.startsWith('//') && !isOwnPath(paths, url.pathname)
  )
}
/** Pattern of backslashes, control and formatting characters, and every space but the ordinary one. */
const STRANGE = /[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u
/** Pattern of a slash, then nothing, spaces or dots, then a slash: what browsers and proxies fold into `//`. */
const LEAVES_SITE = /^[/\\][\s.]*[/\\]/u

/** Decodes every escape that there is; what is no UTF-8 counts byte by byte. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/giu, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes.replace(/%(..)/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    }
  })
}
