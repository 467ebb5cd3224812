import { utf8 } from './bytes.ts'

/**
 * Turns A to Z into lower case and leaves every other character. Unicode's mapping would make one name of another: U+212A
 * (KELVIN SIGN) becomes `k`.
 */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/gu, (letters) => letters.toLowerCase())
}

/** A value as messages show it: quoted, on one line, bounded, and without the password of a URL. */
export function quote(value: string): string {
  const shown = value.replaceAll(/\/\/\S*@/gu, '//…@')
  return JSON.stringify(shown.length > 120 ? `${shown.slice(0, 120)}…` : shown)
}

/** Control characters, line breaks included: never part of a header, cookie attribute or URL. */
export function hasControls(text: string): boolean {
  return /[\x00-\x1f\x7f]/u.test(text)
}

/** Text without the optional whitespace of HTTP at its ends (RFC 9110 §5.6.3): SP and HTAB, and nothing else that `trim` takes. */
export function trimOws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start += 1
  while (end > start && isOws(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** The known name that a misspelt one most likely meant; undefined when none is close. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 5)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(name, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Insertions, deletions and replacements that turn one text into the other (Levenshtein). */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** One of a few names that a person may have meant, for messages: `; did you mean "x"?` or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/**
 * Copy of a text, for what is kept longer than a request: engines make a slice a view of the text it was cut from, and
 * keep the whole of that for as long.
 */
export function copyText(text: string): string {
  return decoder.decode(utf8(text))
}
