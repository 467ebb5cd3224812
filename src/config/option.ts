/** Runtime that the program runs on. */
export type RuntimeName = 'node' | 'deno' | 'workers'

/** Runtimes with files, sockets and a TLS stack: all but Workers. */
export const SERVERS = ['node', 'deno'] as const satisfies readonly RuntimeName[]

/** The headings of `--help` and of docs/options.md, in their order; those of the kinds of providers stand behind OpenID Connect. */
export const GROUPS = [
  'Program',
  'Listeners',
  'Paths and forwarded headers',
  'Provider',
  'OpenID Connect',
  'Who may sign in',
  'Sign-in',
  'Requests without a sign-in',
  'Bearer tokens',
  'Cookies',
  'Sessions',
  'Upstreams',
  'Headers',
  'Pages',
  'Logging',
] as const

interface OptionBase {
  /** Exact effect, and where that differs from oauth2-proxy. */
  readonly about: string
  /** TOML key where it is not the flag with underscores; null when the option is a flag only. */
  readonly key?: string | null
  /**
   * Place of its value in the structured file, where `[]` is an entry of a list. An option that has one counts there only,
   * and is refused beside such a file, as in oauth2-proxy.
   */
  readonly structured?: string
  /** Further TOML keys that mean the same. */
  readonly oldKeys?: readonly string[]
  /** Marks a value that is never shown, neither in a message nor in a log. */
  readonly secret?: true
  /** Marks a list of patterns, whose entries count as they are, blanks included. */
  readonly exact?: true
  /** Marks HTML: line breaks at its end and quotes around it are part of it. */
  readonly markup?: true
  /**
   * Accepts values that look like a forgotten placeholder: they are meant, or the reader of the option has a rule for
   * them.
   */
  readonly placeholders?: 'meant'
  /** Runtimes that can honour it; all when absent. */
  readonly runtimes?: readonly RuntimeName[]
  /** Reason why other runtimes cannot honour it, where it is not files or sockets. */
  readonly whyNotElsewhere?: string
  /** Values that switch it off, beside its default: they ask for nothing, so they are taken on every runtime. */
  readonly off?: readonly string[]
  /** Marks an option that decides who may sign in: an empty list of names must not mean everybody. */
  readonly restricts?: true
  /** Marks an option that is accepted and checked but changes nothing; `about` says why. */
  readonly inert?: true
}

/** Definition of an option, wherever it is listed. Defaults are written the way a person writes them in a flag. */
export type BareOption = OptionBase &
  (
    | { readonly kind: 'boolean'; readonly default: boolean }
    | {
        readonly kind: 'integer'
        readonly default: number
        readonly min?: number
        readonly max?: number
        /** Takes what is below zero as zero, with a warning: to oauth2-proxy both are off. */
        readonly negativeIsZero?: true
      }
    | { readonly kind: 'duration'; readonly default: string; readonly max?: string; readonly negative?: true }
    | { readonly kind: 'enum'; readonly default: string; readonly values: readonly string[] }
    | { readonly kind: 'list'; readonly default: readonly string[] }
    /** `url` is absolute http(s); `file` is a path on this machine. */
    | { readonly kind: 'string' | 'url' | 'file'; readonly default: string }
  )

/** One row of the option table: an option under its heading. */
export type Option = BareOption & {
  readonly group: string
  /** The option of the same group that this one, and what follows it in its section, is listed behind. */
  readonly after?: string
}

/** The options of one section by flag, in the order in which they are listed. */
export type OptionRows = Readonly<Record<string, Option & { readonly group: (typeof GROUPS)[number] }>>

/** Type of an option's value once it is read: durations are milliseconds, `url` and `file` are text. */
type ValueOf<Row extends BareOption> = Row extends { kind: 'boolean' }
  ? boolean
  : Row extends { kind: 'integer' | 'duration' }
    ? number
    : Row extends { kind: 'list' }
      ? readonly string[]
      : Row extends { kind: 'enum'; values: readonly (infer Value)[] }
        ? Value
        : string

/** The values of the rows that have a reader, by flag. */
export type ValuesOf<Rows extends Readonly<Record<string, BareOption>>> = {
  readonly [Flag in keyof Rows as Rows[Flag] extends { inert: true } ? never : Flag]: ValueOf<Rows[Flag]>
}

/** The TOML key of an option; undefined for options that are flags only. */
export function keyOf(flag: string, option: BareOption): string | undefined {
  if (option.key === null) return undefined
  return option.key ?? flag.replaceAll('-', '_')
}

/** The environment variable that belongs to a TOML key: list options are plural in both. */
export function variableOf(key: string): string {
  return `OAUTH2_PROXY_${key.toUpperCase()}`
}

/** Every TOML key that sets an option, the current one first. */
export function keysOf(flag: string, option: BareOption): readonly string[] {
  const key = keyOf(flag, option)
  return key === undefined ? [] : [key, ...(option.oldKeys ?? [])]
}

/** The default of an option as a person writes it; empty when there is none. */
export function renderDefault(option: BareOption): string {
  return Array.isArray(option.default) ? option.default.join(',') : String(option.default)
}
