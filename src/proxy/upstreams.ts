import type { UpstreamConfig } from '../config/sections/upstreams.ts'
import type { Target } from '../http/exchange.ts'
import type { Result } from '../result.ts'
import type { PathAndQuery } from './rewrite/rule.ts'
import type { CompileRewrites } from './rewrite/rules.ts'

/** Route of a path: to an upstream, or to the same path with a slash at its end. */
export type Route =
  | { readonly kind: 'upstream'; readonly upstream: UpstreamConfig; readonly rewrite?: Rewritten }
  | { readonly kind: 'redirect'; readonly location: string }

/** Makes the target that a rewriting upstream is asked for. */
type Rewritten = () => Result<PathAndQuery>

/** Finds the route of a target; undefined when no upstream takes it. */
export type PickRoute = (target: Pick<Target, 'path' | 'query'>) => Route | undefined

/**
 * Compiles the upstream table: the longest path wins, `/x/` takes everything below, `/x` only itself, and `/x` that
 * nothing takes is sent to a configured `/x/` (the slash goes before the query). A look-up costs one hash per path
 * segment, however many upstreams there are.
 */
export function compileUpstreams(
  upstreams: readonly UpstreamConfig[],
  compileRewrites?: CompileRewrites,
): PickRoute {
  const exact = new Map<string, Route>()
  const prefixes = new Map<string, Route>()
  const rewrites = compileRewrites?.(upstreams)
  for (const upstream of upstreams) {
    if (upstream.rewriteTarget !== undefined) continue
    const table = upstream.path.endsWith('/') ? prefixes : exact
    table.set(upstream.path, { kind: 'upstream', upstream })
  }
  // A path made of slashes alone must not cost more than the longest path that could match.
  const longest = Math.max(0, ...[...prefixes.keys()].map((path) => path.length))
  return ({ path, query }) => {
    const own = rewrites?.pick({ path, query }) ?? exact.get(path)
    if (own !== undefined) return own
    const route = longestPrefix({ prefixes, path, longest })
    if (route !== undefined || !(prefixes.has(`${path}/`) || rewrites?.takesWithSlash(path))) return route
    return { kind: 'redirect', location: `${path}/${query}` }
  }
}

function longestPrefix(search: {
  prefixes: ReadonlyMap<string, Route>
  path: string
  longest: number
}): Route | undefined {
  const { prefixes, path, longest } = search
  let slash = path.lastIndexOf('/', longest - 1)
  while (slash >= 0) {
    const route = prefixes.get(path.slice(0, slash + 1))
    if (route !== undefined) return route
    // lastIndexOf treats a negative start as 0, so the first slash has to end the walk.
    slash = slash === 0 ? -1 : path.lastIndexOf('/', slash - 1)
  }
  return undefined
}
