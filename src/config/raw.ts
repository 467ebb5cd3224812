/**
 * A value as one source gave it, whatever the source: a raw record has one for each of its fields, so that the check of
 * a section can complain about any of them, also about one that is missing.
 */
export interface RawValue<Value> {
  /** Undefined when no source gave it and there is no default. */
  readonly value: Value | undefined
  /** Name in the form in which the person wrote it: `--upstream`, a variable, `key in FILE`, or a path with its line. */
  readonly label: string
  /** The whole text, where the value is only a part of it. */
  readonly written?: string
}
