import type { RouteRule } from '../config/route-rule.ts'
import type { Target } from '../http/exchange.ts'

/** Says whether a rule lets a method and target through. The method is undefined when nobody trustworthy named it. */
export type RouteMatch = (method: string | undefined, target: Target) => boolean

type Matcher = (method: string | undefined, path: string, decoded: string) => boolean

/**
 * Compiles skip-auth rules. A rule must fit the path as it is on the wire and as an app will decode it; a target that
 * programs may read differently fits no rule. Long paths fit none either: patterns come from people and may backtrack.
 */
export function compileRoutes(rules: readonly RouteRule[]): RouteMatch {
  const matchers = rules.map(compileRule)
  if (matchers.length === 0) return () => false
  return function isPublic(method, target) {
    if (target.ambiguous || target.path.length > MAX_PATH) return false
    const decoded = target.path.includes('%') ? decodeURIComponent(target.path) : target.path
    return matchers.some((matches) => matches(method, target.path, decoded))
  }
}
const MAX_PATH = 2_048

function compileRule(rule: RouteRule): Matcher {
  // "Everything but /api" must not be escaped by /API: many apps and file systems ignore case.
  const flags = rule.negate ? 'iu' : rule.pattern.flags
  const pattern = new RegExp(rule.pattern.source, flags)
  return (method, path, decoded) => {
    if (rule.method !== undefined && rule.method !== method) return false
    return rule.negate
      ? !pattern.test(path) && !pattern.test(decoded)
      : pattern.test(path) && pattern.test(decoded)
  }
}
