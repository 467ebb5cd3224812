import type { OptionRows } from './option.ts'

/** What the configuration has to know of a kind of provider. */
export interface ProviderKind {
  /** Value of the option `provider` that chooses it. */
  readonly kind: string
  readonly displayName: string
  /** Options that only this kind has. */
  readonly options?: OptionRows
}
