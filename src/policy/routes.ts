import type { RouteRule } from '../config/values/route.ts'
import type { Target } from '../http/exchange.ts'
import type { Pattern } from '../re2/compile.ts'
import { compileChecked } from './checked.ts'

/** Matches a method and target against the skip-auth rules. The method is undefined when no trusted peer named it. */
export type RouteMatch = (method: string | undefined, target: Target) => boolean

type Matcher = (method: string | undefined, path: string, decoded: string) => boolean

/**
 * Compiles skip-auth rules. A rule must fit the path as it is on the wire and as an app will decode it; a target that
 * programs may read differently fits no rule.
 */
export function compileRoutes(rules: readonly RouteRule[]): RouteMatch {
  if (rules.length === 0) return () => false
  const candidatesFor = indexByFirstSegment(rules)
  return function isPublic(method, target) {
    if (target.ambiguous) return false
    const candidates = candidatesFor(target.path)
    if (candidates.length === 0) return false
    const decoded = target.path.includes('%') ? decodeURIComponent(target.path) : target.path
    return candidates.some((matches) => matches(method, target.path, decoded))
  }
}

/**
 * Indexes rules by their first path segment. Most start like `^/assets/`, and a path in another folder cannot fit them:
 * a path is held against the rules of its own first segment and those that name none, so that five hundred rules cost
 * no more than one.
 */
function indexByFirstSegment(rules: readonly RouteRule[]): (path: string) => readonly Matcher[] {
  const anywhere: Matcher[] = []
  const bySegment = new Map<string, Matcher[]>()
  for (const rule of rules) {
    // "Everything but /api" must not be escaped by /API: many apps and file systems ignore case.
    const pattern = compileChecked(rule.pattern, { ignoreCase: rule.negate })
    const segment = rule.negate ? undefined : literalSegment(pattern)
    const matcher = createMatcher(rule, pattern)
    if (segment === undefined) anywhere.push(matcher)
    else bySegment.set(segment, [...(bySegment.get(segment) ?? []), matcher])
  }
  if (bySegment.size === 0) return () => anywhere
  return (path) => {
    const own = bySegment.get(firstSegment(path))
    return own === undefined ? anywhere : [...anywhere, ...own]
  }
}

/** First segment of a pattern, `/assets` of `^/assets/…` and `^/assets$`: only where the whole segment is plain text. */
function literalSegment({ anchored, exact, prefix }: Pattern): string | undefined {
  if (!anchored || !prefix.startsWith('/')) return undefined
  return exact || prefix.includes('/', 1) ? firstSegment(prefix) : undefined
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}

function createMatcher(rule: RouteRule, pattern: Pattern): Matcher {
  return (method, path, decoded) => {
    if (rule.method !== undefined && rule.method !== method) return false
    const fits = pattern.test(path)
    if (fits === rule.negate) return false
    return decoded === path || pattern.test(decoded) !== rule.negate
  }
}
