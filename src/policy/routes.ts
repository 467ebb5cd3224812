import type { RouteRule } from '../config/route-rule.ts'
import type { Target } from '../http/exchange.ts'

/** Matches a method and target against the skip-auth rules. The method is undefined when no trusted peer named it. */
export type RouteMatch = (method: string | undefined, target: Target) => boolean

type Matcher = (method: string | undefined, path: string, decoded: string) => boolean

/**
 * Compiles skip-auth rules. A rule must fit the path as it is on the wire and as an app will decode it; a target that
 * programs may read differently fits no rule. Long paths fit none either: patterns come from people and may backtrack.
 */
export function compileRoutes(rules: readonly RouteRule[]): RouteMatch {
  if (rules.length === 0) return () => false
  const candidatesFor = indexByFirstSegment(rules)
  return function isPublic(method, target) {
    if (target.ambiguous || target.path.length > MAX_PATH) return false
    const candidates = candidatesFor(target.path)
    if (candidates.length === 0) return false
    const decoded = target.path.includes('%') ? decodeURIComponent(target.path) : target.path
    return candidates.some((matches) => matches(method, target.path, decoded))
  }
}
const MAX_PATH = 2_048

/**
 * Indexes rules by their first path segment. Most start like `^/assets/`, and a path in another folder cannot fit them:
 * a path is held against the rules of its own first segment and those that name none, so that five hundred rules cost
 * no more than one.
 */
function indexByFirstSegment(rules: readonly RouteRule[]): (path: string) => readonly Matcher[] {
  const anywhere: Matcher[] = []
  const bySegment = new Map<string, Matcher[]>()
  for (const rule of rules) {
    const segment =
      rule.negate || rule.pattern.flags !== 'u' ? undefined : literalSegment(rule.pattern.source)
    const matcher = compileRule(rule)
    if (segment === undefined) anywhere.push(matcher)
    else bySegment.set(segment, [...(bySegment.get(segment) ?? []), matcher])
  }
  if (bySegment.size === 0) return () => anywhere
  return (path) => {
    const own = bySegment.get(firstSegment(path))
    return own === undefined ? anywhere : [...anywhere, ...own]
  }
}

/**
 * First segment of a pattern, `/assets` of `^/assets/…` and `^/assets$`: only where the whole segment is plain text and
 * nothing makes it optional.
 */
function literalSegment(source: string): string | undefined {
  // Checked patterns write a hyphen by its code, so that it means the same inside of a class.
  const readable = source.replaceAll('\\/', '/').replaceAll('\\u{2d}', '-')
  const plain = /^\^(\/[\w~-]+)(?:\/(?![*+?{])|\$$)/u.exec(readable)
  // An alternative at the top level would be free of the beginning.
  return source.includes('|') ? undefined : plain?.[1]
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}

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
