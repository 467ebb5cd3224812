/** A checked pattern, translated from RE2 to JavaScript syntax: `new RegExp(source, flags)` cannot throw. */
export interface Pattern {
  readonly source: string
  readonly flags: 'u' | 'iu'
}

/** One skip-auth rule: METHOD=regex, METHOD!=regex, regex. */
export interface RouteRule {
  /** Upper case; undefined matches all. */
  readonly method: string | undefined
  readonly negate: boolean
  readonly pattern: Pattern
}
