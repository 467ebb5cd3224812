import type { BareOption } from './option.ts'
import type { AnySettings } from './settings.ts'
import type { Files } from './sources/files.ts'

/** An option of a kind of provider; it is listed under the display name of the kind. */
export type KindOption = BareOption

/** The options of a kind by flag. Kinds that share a flag share its row. */
export type KindOptions = Readonly<Record<string, KindOption>>

/** Defaults and capabilities of every provider of a kind, as plain data. Settings win over it. */
export interface ProviderTraits {
  /** `any` is the one that oidc-issuer-url names, `none` is plain OAuth 2.0; a URL is used unless oidc-issuer-url is given. */
  readonly issuer: 'any' | 'none' | `https://${string}`
  /** Accepts clients without a secret (RFC 6749 §2.1). */
  readonly publicClient: boolean
  /** Scopes that are asked for unless `scope` is given, separated by spaces. */
  readonly scope: string
  /** Scope that is added to these when allowed-group is given; undefined where groups come without one. */
  readonly groupsScope: string | undefined
  /** Endpoints that are used unless settings or discovery name others. */
  readonly endpoints: ProviderEndpoints
  /** Authorization parameters beside those of the protocol. */
  readonly loginParameters: Readonly<Record<string, string>>
  /** Host names of further endpoints over https, such as those that discovery names. */
  readonly hosts: readonly string[]
}

/** Endpoints by the option that names each. */
export interface ProviderEndpoints {
  readonly loginUrl?: string
  readonly redeemUrl?: string
  readonly profileUrl?: string
  /**
   * Endpoint that says, given the access token, whether the person still belongs here; sessions then keep that token.
   */
  readonly validateUrl?: string
}

/** A kind of provider as the loader of the configuration sees it; each has a file in `src/providers/kinds/`. */
export interface ProviderKind {
  /** Value of `--provider`. */
  readonly kind: string
  /** On the sign-in button unless provider-display-name is given. */
  readonly displayName: string
  /** Accounts that it is for, in a few words: `--help` has it behind the kind. */
  readonly about: string
  readonly traits: ProviderTraits
  readonly options: KindOptions
  /** Reads the options of the kind and reports what is wrong with them. */
  check(settings: AnySettings, context: CheckContext): CheckedKind<unknown>
}

/** Every kind of provider. The first one is the default of `--provider`. */
export type ProviderKinds = readonly ProviderKind[]

/** Everything beside the settings that a kind may look at. */
export interface CheckContext {
  /** Variables of the environment, for what the field names there whatever program reads it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: Files
}

/** Result of a kind's check. */
export interface CheckedKind<Own> {
  /** Settings of the kind's own, plain data: `ProviderConfig.own`, and what its maker is given. */
  readonly own: Own
  /** Groups that its options demand; a person needs one of these or of allowed-group. */
  readonly allowedGroups: readonly string[]
  /** Scopes that its options need, which are asked for beside those of `scope` as well. */
  readonly scopes?: readonly string[]
  /** True when the client shows who it is without a client secret. */
  readonly ownCredentials?: boolean
  /** Addresses that the kind calls beside endpoints and hosts of its traits. */
  readonly urls?: readonly string[]
  /** Files that the kind reads while the program runs. */
  readonly files?: readonly string[]
}
