import { ok, type Result } from '../result.ts'
import { parse } from './parse.ts'
import { createSearch, type Search } from './search.ts'
import { isOnlyEnd, splitLiteral } from './tree.ts'

/** A compiled pattern. */
export interface Pattern {
  /** True when every match begins at the start of the text. */
  readonly anchored: boolean
  /** Plain text that every match begins with; often empty. */
  readonly prefix: string
  /** True when the pattern is `^`, the prefix and `$`. */
  readonly exact: boolean
  /** True when some part of the text matches, in time linear in the text. */
  test(text: string): boolean
}

/**
 * Compiles a pattern in the syntax of RE2 as Go's regexp package takes it (github.com/google/re2/wiki/Syntax); the
 * failure says how to fix it. `ignoreCase` is a `(?i)` in front. The automaton is built when the first text is tested.
 */
export function compilePattern(source: string, { ignoreCase = false } = {}): Result<Pattern, string> {
  const root = parse(source, { ignoreCase })
  if (!root.ok) return root
  const { anchored, text: prefix, rest } = splitLiteral(root.value)
  let search: Search | undefined
  return ok({
    anchored,
    prefix,
    exact: anchored && isOnlyEnd(rest),
    test(text) {
      search ??= createSearch(root.value)
      return search.test(text)
    },
  })
}
