import { failed, ok, type Result } from '../result.ts'
import { compileCaptureProgram } from './captures/capture-program.ts'
import { type Piece, readReplacement, replaceAll } from './captures/replace.ts'
import { compilePattern } from './compile.ts'
import { parse } from './parse.ts'

/** A pattern with a replacement of its matches. */
export interface Rewrite {
  /** True when the pattern matches some part of the text. */
  test(text: string): boolean
  /** The text with every match replaced, in pieces; undefined when that takes more steps than a request may cost. */
  apply(text: string): readonly Piece[] | undefined
}

/** Limit on instructions of a pattern that is to replace; those that people write have a few dozen. */
const MOST_IN_REWRITE = 2_000
/** Steps of one replacement, a few tens of milliseconds: 16 KiB of path at some twenty steps a character. */
const STEPS = 300_000

/** Compiles a pattern as `compilePattern` does, and a replacement in the syntax of Go's `Regexp.ReplaceAllString`. */
export function compileRewrite(source: string, replacement: string): Result<Rewrite, string> {
  const pattern = compilePattern(source)
  const root = parse(source, { ignoreCase: false, captures: true })
  if (!pattern.ok) return pattern
  if (!root.ok) return root
  const { names, size } = root.value
  if (size > MOST_IN_REWRITE) {
    return failed(
      `shorten the pattern or its counted repeats, they unfold to ${size} steps and ${MOST_IN_REWRITE} are the most`,
    )
  }
  const program = compileCaptureProgram(root.value, names.length)
  const parts = readReplacement(replacement, names)
  return ok({
    test: pattern.value.test,
    apply: (text) => replaceAll(program, { text, parts, budget: { left: STEPS } }),
  })
}
