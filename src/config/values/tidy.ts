import type { Option } from '../option.ts'
import type { Given, Unparsed } from '../sources/source.ts'

/** A value without what people leave around it, and a sentence for each thing that was dropped or looks odd. */
export interface Tidied {
  readonly raw: Unparsed
  readonly remarks: readonly string[]
}

/**
 * Drops what cannot be meant: line breaks at the end (an env file with Windows line ends, `echo` into a Secret) and blanks
 * beside the commas of a list. Patterns keep their blanks, and so do lists whose items stood alone: TOML arrays, quoted CSV.
 */
export function tidy(option: Option, given: Given): Tidied {
  const { raw, source } = given
  if (option.markup) return { raw, remarks: [] }
  const texts = raw.form === 'items' ? raw.items : [raw.text]
  const unbroken = texts.map((text) => text.replace(/[\r\n]+$/u, ''))
  const isSplit = raw.form === 'items' && raw.split === true
  const isTrimmed = isSplit && option.kind === 'list' && !option.exact
  const trimmed = isTrimmed ? unbroken.map(trimBlanks) : unbroken
  const clean = raw.form === 'items' ? withoutEmpty(option, trimmed) : trimmed
  const remarks = [
    ...remarkOnBreaks(texts),
    ...remarkOnBlanks({ unbroken, clean: trimmed, isSplit }),
    ...(clean.length < trimmed.length
      ? ['remove the empty entry, a stray comma makes one too; it counts for nothing']
      : []),
    ...(source === 'variable' && clean.some(isQuoted)
      ? ['remove the quotes around the value, they are part of it here']
      : []),
  ]
  return { raw: withTexts(raw, clean), remarks }
}

/**
 * A list without its empty entries, which oauth2-proxy passes over. Where names decide who may sign in, one that has no
 * others stays as it is, and is refused: it would let in everybody.
 */
function withoutEmpty(option: Option, items: readonly string[]): readonly string[] {
  const named = items.filter((item) => item !== '')
  return named.length === 0 && option.restricts === true ? items : named
}

function withTexts(raw: Unparsed, texts: readonly string[]): Unparsed {
  return raw.form === 'items' ? { ...raw, items: texts } : { form: 'text', text: texts[0] ?? '' }
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/gu, '')
}

function remarkOnBreaks(texts: readonly string[]): readonly string[] {
  if (texts.some((text) => /\r\n?$/u.test(text))) {
    return [
      'remove the carriage return at the end, it comes from Windows line ends; the value counts without it',
    ]
  }
  return texts.some((text) => text.endsWith('\n'))
    ? ['remove the line break at the end; the value counts without it']
    : []
}

interface Blanks {
  readonly unbroken: readonly string[]
  readonly clean: readonly string[]
  readonly isSplit: boolean
}

function remarkOnBlanks({ unbroken, clean, isSplit }: Blanks): readonly string[] {
  if (clean.some((text, at) => text !== unbroken[at])) {
    return ['remove the space beside a comma; the entry counts without it']
  }
  return isSplit && clean.some((text) => text !== trimBlanks(text))
    ? ['remove the space beside a comma, it is part of the pattern']
    : []
}

/**
 * True when quotes of an env file are still around the value: Docker and systemd treat them differently, and they are
 * never meant.
 */
function isQuoted(text: string): boolean {
  return /^(["']).+\1$/su.test(text)
}
