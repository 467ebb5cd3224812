import { type CodePoints, includes, only, union } from './code-points.ts'

/** Code points that are one letter in different cases, by each of them. */
type Orbits = ReadonlyMap<number, readonly number[]>

/** Sets that were folded before: `(?i)` over a list of `\pL` would take milliseconds for each. */
const folded = new WeakMap<CodePoints, CodePoints>()

/**
 * Adds what differs from a member by case only: Unicode's simple case folding (CaseFolding.txt, C and S), which takes
 * the Kelvin sign for a k and the long s for an s, and leaves the dotted and dotless i of Turkish alone.
 */
export function foldCase(points: CodePoints): CodePoints {
  const found = folded.get(points) ?? union([points, ...variantsOf(points).map(only)])
  folded.set(points, found)
  return found
}

function variantsOf(points: CodePoints): readonly number[] {
  const orbits = (points.at(-1) ?? 0) <= 0x80 ? ASCII_ORBITS : allOrbits()
  const [code = 0, end] = points
  if (points.length === 2 && end === code + 1) return orbits.get(code) ?? []
  return [...orbits].flatMap(([member, orbit]) => (includes(points, member) ? orbit : []))
}

const ASCII_ORBITS: Orbits = new Map(
  Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => {
    const more = letter === 'k' ? ['\u212a'] : letter === 's' ? ['\u017f'] : []
    return [letter, letter.toUpperCase(), ...more].map((text) => text.codePointAt(0) ?? 0)
  }).flatMap((orbit) => orbit.map((code) => [code, orbit])),
)

let orbitsOfAll: Orbits | undefined

/** All orbits, a few milliseconds' work, which only patterns that ignore case beyond ASCII need. */
function allOrbits(): Orbits {
  orbitsOfAll ??= findOrbits()
  return orbitsOfAll
}

const DOTTED_CAPITAL_I = 0x130
const DOTLESS_I = 0x131
/** Last code point that can have a case: nothing beyond plane 1 has one. */
const LAST_CASED = 0x1ffff

function findOrbits(): Orbits {
  const isCased = /[\p{Changes_When_Casefolded}\p{Changes_When_Casemapped}]/u
  const orbits = new Map<number, readonly number[]>()
  for (let code = 0; code <= LAST_CASED; code += 1) {
    const letter = String.fromCodePoint(code)
    if (code === DOTTED_CAPITAL_I || code === DOTLESS_I || !isCased.test(letter)) continue
    for (const other of [letter.toLowerCase(), letter.toUpperCase()]) join(orbits, [letter, other])
  }
  return orbits
}

/** Joins two letters. Several code points (SS for ß) are full case mapping, which simple folding leaves out. */
function join(orbits: Map<number, readonly number[]>, texts: readonly string[]): void {
  if (texts.some((text) => [...text].length !== 1)) return
  const codes = texts.map((text) => text.codePointAt(0) ?? 0)
  const merged = [...new Set(codes.flatMap((code) => orbits.get(code) ?? [code]))]
  for (const code of merged) orbits.set(code, merged)
}
