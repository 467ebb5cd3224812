/** TextPlace in a text; both count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** A value of a YAML document with its place: aliases are followed, merge keys are merged, tags are resolved. */
export type Entry =
  | {
      readonly kind: 'nothing' | 'boolean' | 'number' | 'text'
      readonly text: string
      readonly place: TextPlace
    }
  | { readonly kind: 'list'; readonly entries: readonly Entry[]; readonly place: TextPlace }
  | { readonly kind: 'map'; readonly members: readonly Member[]; readonly place: TextPlace }

/** A key of a map with its value; the place is that of the key. */
export interface Member {
  readonly key: string
  readonly value: Entry
  readonly place: TextPlace
}

/** A mistake in a text, with its place. */
export interface Fault {
  readonly sentence: string
  readonly place: TextPlace
}

/** A place as messages name it. */
export function renderPlace({ line, column }: TextPlace): string {
  return `line ${line}, column ${column}`
}
