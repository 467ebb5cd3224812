import type { Option } from '../option.ts'

/** A value as one source gave it, not parsed yet. */
export type Unparsed =
  | { readonly form: 'text'; readonly text: string }
  /** `split` where one text was split at its commas. */
  | { readonly form: 'items'; readonly items: readonly string[]; readonly split?: boolean }

/** One setting that a source gave. */
export interface Given {
  readonly raw: Unparsed
  readonly source: 'flag' | 'variable' | 'file'
  /** Its name in the form in which the person wrote it: `--upstream`, `OAUTH2_PROXY_UPSTREAMS`, `upstreams in FILE`. */
  readonly label: string
}

/** Settings of one source, by flag. */
export type OptionSource = ReadonlyMap<string, Given>

/** A value from a variable or a TOML text: lists are split at every comma, without quoting. */
export function splitRaw(option: Option, text: string): Unparsed {
  if (option.kind !== 'list') return { form: 'text', text }
  return { form: 'items', items: text === '' ? [] : text.split(','), split: true }
}
