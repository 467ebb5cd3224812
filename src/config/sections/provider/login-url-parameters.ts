/** A parameter of the authorization request that a sign-in may change (oauth2-proxy's loginURLParameters). */
export interface LoginUrlParameter {
  readonly name: string
  /** Values that are sent unless the start endpoint was given allowed ones; empty sends none. */
  readonly values: readonly string[]
  /** Rules, of which one has to fit a value in the query of the start endpoint; none lets nothing change. */
  readonly allow: readonly LoginUrlRule[]
}

/** This value, or every value in which a pattern (RE2, checked) matches. */
export type LoginUrlRule = { readonly value: string } | { readonly pattern: string }
