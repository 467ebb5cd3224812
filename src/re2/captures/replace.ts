import type { CaptureProgram } from './capture-program.ts'
import { type Budget, findCaptures } from './find.ts'

/** A part of a text after replacing: out of the text itself, or out of the replacement. */
export interface Piece {
  readonly from: 'text' | 'replacement'
  readonly text: string
}

/** A part of a replacement: text, or the numbers of groups of which the first that took part counts. */
export type ReplacementPart = string | readonly number[]

/**
 * Reads a replacement as Go's `Regexp.Expand` does: `$1`, `${1}`, `$name` and `${name}` stand for groups (names are as long as
 * they can be: `$1x` is the group `1x`), `$$` is a dollar sign, any other `$` is itself, and a group that does not exist is
 * empty.
 */
export function readReplacement(
  text: string,
  names: readonly (string | undefined)[],
): readonly ReplacementPart[] {
  const parts: ReplacementPart[] = []
  let end = 0
  for (const match of text.matchAll(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
    const [whole, dollar, plain, name = plain] = match
    parts.push(text.slice(end, match.index))
    if (dollar !== undefined) parts.push('$')
    else parts.push(groupsOf(name ?? '', names))
    end = match.index + whole.length
  }
  parts.push(text.slice(end))
  return parts.filter((part) => part !== '')
}

/** Numbers of the groups with a name; Go takes no number with a zero in front. */
function groupsOf(name: string, names: readonly (string | undefined)[]): readonly number[] {
  if (/^(?:0|[1-9]\d{0,7})$/u.test(name)) return Number(name) <= names.length ? [Number(name)] : []
  return names.flatMap((each, at) => (each === name ? [at + 1] : []))
}

/**
 * Replaces every match, as Go's `Regexp.ReplaceAllString` does, in pieces that say where they come from; undefined when that
 * takes more steps than the budget has.
 */
export function replaceAll(
  program: CaptureProgram,
  {
    text,
    parts,
    budget,
  }: { readonly text: string; readonly parts: readonly ReplacementPart[]; readonly budget: Budget },
): readonly Piece[] | undefined {
  const pieces: Piece[] = []
  let searchFrom = 0
  let lastEnd = 0
  while (searchFrom <= text.length) {
    const captures = findCaptures(program, { text, from: searchFrom, budget })
    if (budget.left <= 0) return undefined
    const [begin = 0, end = 0] = captures ?? []
    if (captures === undefined) break
    pieces.push({ from: 'text', text: text.slice(lastEnd, begin) })
    // An empty match right behind another match is none.
    if (end > lastEnd || begin === 0) pieces.push(...expand(parts, captures, text))
    lastEnd = end
    const width = (text.codePointAt(searchFrom) ?? 0) > 0xffff ? 2 : 1
    searchFrom = searchFrom + width > end ? searchFrom + width : end
  }
  pieces.push({ from: 'text', text: text.slice(lastEnd) })
  return pieces.filter((piece) => piece.text !== '')
}

function expand(
  parts: readonly ReplacementPart[],
  captures: readonly number[],
  text: string,
): readonly Piece[] {
  return parts.map((part): Piece => {
    if (typeof part === 'string') return { from: 'replacement', text: part }
    const group = part.find((number) => (captures[2 * number] ?? -1) >= 0)
    const [begin, end] = group === undefined ? [] : captures.slice(2 * group)
    return { from: 'text', text: begin === undefined ? '' : text.slice(begin, end) }
  })
}
