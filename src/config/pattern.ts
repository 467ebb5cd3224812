import { failed, ok, type Result } from '../result.ts'
import { explainBacktracking } from './backtracking.ts'
import { isAnchored, toSource } from './pattern-tree.ts'
import { readRe2 } from './re2.ts'
import type { Pattern } from './route-rule.ts'

const LONGEST_PATTERN = 2_000

/** A pattern that may be used, and whether it is bound to the start of the text. */
export interface CheckedPattern {
  readonly pattern: Pattern
  readonly anchored: boolean
}

/** Translates an RE2 pattern and makes sure that no text can keep it busy; the failure says how to fix it. */
export function checkPattern(text: string): Result<CheckedPattern, string> {
  if (text.length > LONGEST_PATTERN) return failed(`shorten the pattern to ${LONGEST_PATTERN} characters`)
  const re2 = readRe2(text)
  if (!re2.ok) return re2
  const pattern = { source: toSource(re2.value.root), flags: re2.value.ignoreCase ? 'iu' : 'u' } as const
  if (!compiles(pattern)) return failed('fix the pattern, it is not a valid regular expression')
  const danger = explainBacktracking(re2.value)
  return danger === undefined ? ok({ pattern, anchored: isAnchored(re2.value.root) }) : failed(danger)
}

function compiles({ source, flags }: Pattern): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp
  } catch {
    return false
  }
}
