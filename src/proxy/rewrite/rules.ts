import type { UpstreamConfig } from '../../config/sections/upstreams.ts'
import type { PickRoute } from '../upstreams.ts'
import { compileRewriteRule, toReadable } from './rule.ts'

/** The upstreams that rewrite. */
interface Rewrites {
  readonly pick: PickRoute
  /** The path would be taken if it ended in a slash. */
  takesWithSlash(path: string): boolean
}

/** Compiles the upstreams that rewrite; loaded where there is one. */
export type CompileRewrites = typeof compileRewrites

/**
 * Compiles the upstreams that rewrite. They come before all others, as in oauth2-proxy, and of several the one with the
 * longest pattern.
 */
export function compileRewrites(upstreams: readonly UpstreamConfig[]): Rewrites | undefined {
  const rules = upstreams
    .flatMap((upstream) => {
      const rule = compileRewriteRule(upstream)
      return rule === undefined ? [] : { upstream, rule }
    })
    .toSorted((left, right) => right.upstream.path.length - left.upstream.path.length)
  if (rules.length === 0) return undefined
  return {
    pick({ path, query }) {
      const readable = toReadable(path)
      const found = rules.find(({ rule }) => rule.test(readable))
      if (found === undefined) return undefined
      const { upstream, rule } = found
      return { kind: 'upstream', upstream, rewrite: () => rule.apply(readable, query) }
    },
    takesWithSlash(path) {
      return !path.endsWith('/') && rules.some(({ rule }) => rule.test(`${toReadable(path)}/`))
    },
  }
}
