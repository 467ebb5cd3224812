import { trimOws } from '../lib/text.ts'

/** True for the name of a cookie of Sidegate: session chunks and sign-in transactions. */
export type OwnsCookie = (name: string) => boolean

/**
 * Pattern of the attributes of RFC 2109 and RFC 2965. They switch a parser of that time to quoted values, which may
 * hold what today's parsers see as further cookies, so they do not travel.
 */
const ATTRIBUTE = /^\$(?:version|path|domain|port)$/iu

/**
 * Removes Sidegate's cookies from a Cookie line and without `$Version` and its like, the others byte for byte and in
 * order; undefined when nothing is left. A line with none of these comes back untouched. Where several lines arrive as
 * one (Workers), commas stand between them.
 */
export function withoutOwnCookies(line: string, ownsCookie: OwnsCookie): string | undefined {
  const stays = line.includes('$') ? (name: string) => ownsCookie(name) || ATTRIBUTE.test(name) : ownsCookie
  const pairs = line.split(';')
  const others = pairs.map((pair) => withoutOwn(pair, stays)).filter((pair) => pair !== undefined)
  const joined = others.join(';')
  if (joined === line) return line
  const rest = trimOws(joined)
  return rest === '' ? undefined : rest
}

function withoutOwn(pair: string, stays: OwnsCookie): string | undefined {
  if (!pair.includes(',')) return stays(cookieName(pair)) ? undefined : pair
  const others = pair.split(',').filter((part) => !stays(cookieName(part)))
  return others.length === 0 ? undefined : others.join(',')
}

/**
 * True when a Set-Cookie line of an upstream would set one of Sidegate's cookies. A line without a name counts by its
 * value, because browsers send `=name=value` back as `name=value`.
 */
export function setsOwnCookie(line: string, ownsCookie: OwnsCookie): boolean {
  const end = line.indexOf(';')
  const pair = (end < 0 ? line : line.slice(0, end)).replace(/^[\t =]+/u, '')
  return ownsCookie(cookieName(pair))
}

function cookieName(pair: string): string {
  const equals = pair.indexOf('=')
  return trimOws(equals < 0 ? pair : pair.slice(0, equals))
}
