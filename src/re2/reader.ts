/** `(?i)`, `(?m)`, `(?s)` and `(?U)`; the last changes which match is found, and not whether there is one. */
export interface Flags {
  readonly ignoreCase: boolean
  readonly multiLine: boolean
  readonly dotAll: boolean
  readonly ungreedy: boolean
}

/** A pattern that is being read, and the place that the reading has come to. */
export interface Reader {
  readonly text: string
  /** Index into `text`, in UTF-16 units. */
  at: number
  /** Flags that hold at this place. */
  flags: Flags
}

/** Moves over what a sticky expression matches here; undefined, without a move, when it does not. */
export function take(reader: Reader, sticky: RegExp): RegExpExecArray | undefined {
  sticky.lastIndex = reader.at
  const found = sticky.exec(reader.text)
  if (found === null) return undefined
  reader.at += found[0].length
  return found
}

/** Moves over one code point; undefined at the end. */
export function takeCodePoint(reader: Reader): number | undefined {
  const code = reader.text.codePointAt(reader.at)
  if (code !== undefined) reader.at += code > 0xffff ? 2 : 1
  return code
}
