import { compilePattern, type Pattern } from '../re2/compile.ts'

/** Compiles a pattern that configuration has checked; throws at one that it has not. */
export function compileChecked(source: string, options: { readonly ignoreCase: boolean }): Pattern {
  const compiled = compilePattern(source, options)
  if (!compiled.ok) throw new TypeError(compiled.problem)
  return compiled.value
}
