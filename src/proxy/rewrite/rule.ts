import type { UpstreamConfig } from '../../config/sections/upstreams.ts'
import type { Target } from '../../http/exchange.ts'
import { problem } from '../../problems.ts'
import { compileRewrite } from '../../re2/rewrite.ts'
import { failed, ok, type Result } from '../../result.ts'

/** Path and query of a request, or those that an upstream is asked for. */
export type PathAndQuery = Pick<Target, 'path' | 'query'>

/** The rewriteTarget of an upstream with the pattern that its path is then. */
export interface RewriteRule {
  /** True when the pattern matches a path as `toReadable` gives it. */
  test(readable: string): boolean
  /**
   * The target that the upstream is asked for. Fails with `target_malformed` when the path would climb or name a host, with
   * `not_found` when it begins with no slash, and with `target_too_long`.
   */
  apply(readable: string, query: string): Result<PathAndQuery>
}

const MAX_LENGTH = 16_384

/** Compiles an upstream that rewrites; configuration has checked the pattern. Undefined for any other upstream. */
export function compileRewriteRule({
  path: pattern,
  rewriteTarget,
}: UpstreamConfig): RewriteRule | undefined {
  if (rewriteTarget === undefined) return undefined
  const compiled = compileRewrite(pattern, rewriteTarget)
  if (!compiled.ok) throw new TypeError(compiled.problem)
  const { test, apply } = compiled.value
  return {
    test,
    apply(readable, query) {
      const pieces = apply(readable)
      if (pieces === undefined) return failed(problem('target_too_long'))
      let path = ''
      let added: string | undefined
      for (const { from, text } of pieces) {
        // Only the operator's own question mark begins a query: that of a path is an escape here.
        const mark = from === 'replacement' && added === undefined ? text.indexOf('?') : -1
        if (added !== undefined) added += from === 'text' ? toQueryValue(text) : toSafe(text)
        else if (mark === -1) path += toSafe(text)
        else {
          path += toSafe(text.slice(0, mark))
          added = toSafe(text.slice(mark + 1))
        }
      }
      // Two slashes at the beginning would name a host; oauth2-proxy has them redirected to one before.
      const origin = path === '' ? '/' : path.replace(/^\/{2,}/u, '/')
      return checkTarget({ path: origin, query: withAdded(query, added) })
    },
  }
}

/**
 * The path as patterns see it: decoded, but for escapes that would be another path once decoded (slashes, backslashes,
 * percent and question marks, `#`, `;`, controls) or that are no UTF-8; those stay as they came.
 */
export function toReadable(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/(?:%(?![01][0-9a-f]|2[35f]|3[bf]|5c|7f)[0-9a-f]{2})+/giu, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** Escapes what a request target cannot hold; escapes stay as they are. */
function toSafe(text: string): string {
  return text.replace(/[^\w.~!$&'()*+,;=:@/%?-]+/gu, encodeURIComponent)
}

/** A part of the path as a value in the query, where it can begin no other parameter. */
function toQueryValue(text: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(text))
  } catch {
    return encodeURIComponent(text)
  }
}

/** Adds parameters behind those of the request, as oauth2-proxy does. */
function withAdded(query: string, added: string | undefined): string {
  if (added === undefined || added === '') return query
  return query.length > 1 ? `${query}&${added}` : `?${added}`
}

/** Dots alone in a segment, in each spelling that an app could take for it. */
const CLIMBING = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?=\/|%2f|%5c|;|%3b|$)/iu

/** The beginning that the operator gave the path must not be left again by what the client put behind it. */
function checkTarget(target: PathAndQuery): Result<PathAndQuery> {
  const { path, query } = target
  if (!path.startsWith('/')) return failed(problem('not_found', { why: 'rewriteTarget' }))
  if (CLIMBING.test(path) || /^\/(?:%2f|%5c)/iu.test(path)) {
    return failed(problem('target_malformed', { why: 'rewriteTarget' }))
  }
  return path.length + query.length > MAX_LENGTH ? failed(problem('target_too_long')) : ok(target)
}
