import { quote } from '../../lib/text.ts'
import { compilePattern } from '../../re2/compile.ts'
import { failed, ok, type Result } from '../../result.ts'

/** One skip-auth rule: METHOD=regex, METHOD!=regex, regex. */
export interface RouteRule {
  /** Upper case; undefined matches all. */
  readonly method: string | undefined
  readonly negate: boolean
  /** In RE2 syntax, checked. */
  readonly pattern: string
}

/** Ways to write a pattern that fits every path, all of which start with a slash. */
const EVERY_PATH = /^\^?(?:\\?\/)?(?:\(?\.[*+]?\??\)?\*?\$?)?$/u

/** A skip-auth rule, with what a warning needs. */
export interface ParsedRoute {
  readonly rule: RouteRule
  readonly anchored: boolean
  /** No path needs a sign-in under it: `.*`, `^/`. */
  readonly opensAll: boolean
  /** The pattern as it was written, quoted. */
  readonly text: string
}

/** Text that stands where the method belongs and is none, so that the rule fits no request: `^/a?b` of `^/a?b=c`. */
export function findNoMethod(text: string): string | undefined {
  const method = /^(?<method>[^=!]*)!?=/u.exec(text)?.groups?.['method'] ?? ''
  return /^[A-Za-z-]*$/u.test(method) ? undefined : method
}

/**
 * Parses `METHOD=regex`, `METHOD!=regex`, `=regex`, `!=regex` or `regex`. The first separator decides: an equals sign
 * that comes later belongs to the pattern, and `GET=^/a!=b` negates nothing, unlike in oauth2-proxy.
 */
export function parseRoute(text: string): Result<ParsedRoute, string> {
  const [whole, method = '', bang = ''] = /^([^=!]*)(!?)=/u.exec(text) ?? []
  if (whole === undefined && text.includes('=')) {
    return failed('write = in front of a pattern that holds an equals sign')
  }
  const noMethod = findNoMethod(text)
  if (noMethod !== undefined) {
    return failed(`write = in front of the pattern, ${quote(noMethod)} is no HTTP method`)
  }
  const pattern = text.slice(whole?.length ?? 0)
  if (pattern === '') return failed('give a pattern')
  const compiled = compilePattern(pattern)
  if (!compiled.ok) return compiled
  const { anchored } = compiled.value
  const rule = { method: method === '' ? undefined : method.toUpperCase(), negate: bang === '!', pattern }
  return ok({ rule, anchored, opensAll: !rule.negate && EVERY_PATH.test(pattern), text: quote(pattern) })
}
