import { didYouMean, quote } from '../../lib/text.ts'
import { warnOfOtherKinds } from '../kind-options.ts'
import type { OptionRows } from '../option.ts'
import type { CheckContext, ProviderKind, ProviderKinds, ProviderTraits } from '../provider-kind.ts'
import type { RawValue } from '../raw.ts'
import type { Report } from '../report.ts'
import { type AnySettings, type SettingsOf, settingsFor } from '../settings.ts'
import { type POLICY_OPTIONS, readAllowedGroups } from './policy.ts'
import { buildClient, type CLIENT_OPTIONS, type ClientConfig } from './provider/client.ts'
import { type ENDPOINT_OPTIONS, type EndpointsConfig, readEndpoints } from './provider/endpoints.ts'
import type { KEY_OPTIONS } from './provider/keys.ts'
import {
  buildLoginParameters,
  type LOGIN_PARAMETER_OPTIONS,
  type LoginParametersConfig,
} from './provider/login-parameters.ts'
import type { LoginUrlParameter } from './provider/login-url-parameters.ts'
import { buildOidc, type OIDC_OPTIONS, type OidcConfig } from './provider/oidc.ts'
import { checkId, type ProviderRules, readEmailDomainsOf } from './provider/provider-rules.ts'
import {
  buildTrustStore,
  type TRUST_STORE_OPTIONS,
  type TrustStoreConfig,
  trustsAlike,
} from './provider/trust.ts'
import { readBackendLogoutUrl, type SIGN_IN_OPTIONS } from './sign-in.ts'

/** Options that every kind of provider has. */
export const PROVIDER_OPTIONS = {
  provider: {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].provider',
    default: '',
    about: 'Where people sign in.',
  },
  'provider-display-name': {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].name',
    default: '',
    about:
      'Name on the sign-in button; empty is the host of oidc-issuer-url or login-url, or the name of the provider.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof PROVIDER_OPTIONS>

/** One place to sign in at. */
export interface ProviderConfig
  extends ClientConfig,
    EndpointsConfig,
    OidcConfig,
    LoginParametersConfig,
    TrustStoreConfig {
  /** Free text that no other provider of the configuration has. */
  readonly id: string
  readonly kind: string
  readonly displayName: string
  /** Host names that are called over https beside those of issuer and endpoints. */
  readonly hosts: readonly string[]
  /** Further addresses that the kind calls. */
  readonly urls: readonly string[]
  /** Files that the kind reads while the program runs. */
  readonly files: readonly string[]
  /** Settings of the kind's own options, which only the kind reads. */
  readonly own: unknown
  /** Called when a session of this provider is signed out. */
  readonly backendLogoutUrl: string | undefined
  /** Domains of e-mail addresses that are sent here from the sign-in page. */
  readonly domains: readonly string[]
}

/** The row of `provider` with what the kinds say of themselves; the first one is the default, as Google is in oauth2-proxy. */
export function describeKinds(kinds: ProviderKinds): OptionRows {
  const list = kinds.map(({ kind, about }) => `\`${kind}\` (${about})`)
  const about = `Where people sign in: ${listed(list)}. Options that belong to another of them have no effect, and are warned about.`
  return { provider: { ...PROVIDER_OPTIONS.provider, default: kinds[0]?.kind ?? '', about } }
}

/** One provider as a source gave it: the options of providers, each with the name that the source has for it. */
export interface RawProvider {
  /** Name of the provider in addresses, cookies and the log; its kind unless it is given. */
  readonly id: RawValue<string>
  readonly settings: AnySettings
  /** Further claims that sessions keep, beside those that header rows name. */
  readonly additionalClaims?: readonly string[]
  /** Domains in place of those of email-domain. */
  readonly emailDomains?: RawValue<readonly string[]>
  /** Domains of e-mail addresses that the provider is trusted for. */
  readonly domains?: RawValue<readonly string[]>
  /** Parameters of the authorization request, checked; they win over those of the options. */
  readonly loginUrlParameters?: readonly LoginUrlParameter[]
}

/** Reads the one provider that the options describe. */
export function readProvider(all: AnySettings): RawProvider {
  return { id: { value: undefined, label: all.raw('provider').label }, settings: all }
}

interface CheckProvidersDeps extends CheckContext {
  readonly kinds: ProviderKinds
  readonly report: Report
}

/** Providers, and the rules about the people of each. */
interface CheckedProviders {
  readonly providers: readonly ProviderConfig[]
  /** By the id of the provider, in the same order. */
  readonly rules: ReadonlyMap<string, ProviderRules>
}

/** Checks providers of any source, and reads the rules about their people. */
export function checkProviders(
  raws: readonly RawProvider[],
  { files, kinds, env, report }: CheckProvidersDeps,
): CheckedProviders {
  const ids = new Set<string>()
  const checked = raws.map((raw) => {
    const { id } = raw
    const { provider, allowedGroups } = toProvider(raw, { files, kinds, env })
    const own = id.value ?? provider.kind
    if (ids.has(own)) report.problem(id.label, `give each provider an id of its own, two have ${quote(own)}`)
    ids.add(own)
    if (raws.length > 1) checkId(own, id.label, report)
    const emailDomains = raw.emailDomains && readEmailDomainsOf(raw.emailDomains, report)
    const domains = raw.domains === undefined ? [] : readEmailDomainsOf(raw.domains, report)
    const rules = { allowedGroups, domains, emailDomains: emailDomains?.length ? emailDomains : undefined }
    return { provider: { ...provider, id: own, domains }, rules, label: id.label }
  })
  const [first] = checked
  const [, vague] = checked.filter(({ rules }) => rules.domains.length === 0)
  if (vague !== undefined) {
    report.warning(
      vague.label,
      'list in "domains" the e-mail domains that each provider is trusted for: an app that knows people by their e-mail address takes those who have the same one at two providers for one person',
    )
  }
  for (const { provider, label } of checked) {
    if (first !== undefined && !trustsAlike(first.provider, provider))
      report.problem(label, 'give all providers the same certificate authorities, one store serves them all')
  }
  return {
    providers: checked.map(({ provider }) => provider),
    rules: new Map(checked.map(({ provider, rules }) => [provider.id, rules])),
  }
}

function toProvider(
  { settings: all, additionalClaims = [], loginUrlParameters }: RawProvider,
  { files, kinds, env }: Omit<CheckProvidersDeps, 'report'>,
): { readonly provider: ProviderConfig; readonly allowedGroups: readonly string[] } {
  const settings = settingsFor<ProviderRows>(all)
  const kind = readKind(settings, kinds)
  const { displayName, traits } = kind
  warnOfOtherKinds(all, { chosen: kind, kinds })
  const {
    own,
    allowedGroups,
    scopes,
    urls = [],
    files: ownFiles = [],
    ownCredentials = false,
  } = kind.check(all, { env, files })
  const client = buildClient(settings, { files, publicClient: traits.publicClient, ownCredentials })
  const groups = readAllowedGroups(settings)
  const provider = {
    ...client,
    id: kind.kind,
    kind: kind.kind,
    displayName: settings.value('provider-display-name') || namedHost(settings, traits) || displayName,
    ...readEndpoints(settings, traits),
    hosts: traits.hosts,
    urls,
    files: ownFiles,
    ...buildTrustStore(settings, files),
    ...buildOidc(settings, kind, { files, additionalClaims }),
    ...buildLoginParameters(settings, { traits, wantsGroups: groups.length > 0, scopes, loginUrlParameters }),
    own,
    backendLogoutUrl: readBackendLogoutUrl(settings),
    domains: [],
  }
  return { provider, allowedGroups: [...groups, ...allowedGroups] }
}

/** Host that the operator named as the provider, which says more than its kind. */
function namedHost(settings: SettingsOf<ProviderRows>, { issuer, endpoints }: ProviderTraits): string {
  const url = settings.value('oidc-issuer-url') || settings.value('login-url')
  return url === issuer || url === endpoints.loginUrl || !URL.canParse(url) ? '' : new URL(url).hostname
}

type ProviderRows = typeof PROVIDER_OPTIONS &
  typeof ENDPOINT_OPTIONS &
  typeof CLIENT_OPTIONS &
  typeof OIDC_OPTIONS &
  typeof KEY_OPTIONS &
  typeof TRUST_STORE_OPTIONS &
  typeof LOGIN_PARAMETER_OPTIONS &
  typeof POLICY_OPTIONS &
  typeof SIGN_IN_OPTIONS

function readKind(settings: SectionSettings, kinds: ProviderKinds): ProviderKind {
  const name = settings.value('provider')
  const found = kinds.find(({ kind }) => kind === name)
  if (found !== undefined) return found
  const names = kinds.map(({ kind }) => kind)
  settings.problem('provider', `give ${listed(names)}, not ${quote(name)}${didYouMean(name, names)}`)
  // One that needs no issuer stands in, so that this one problem does not look like several.
  const standIn = kinds.find(({ traits }) => traits.issuer !== 'any')
  if (standIn === undefined) throw new TypeError('Hand the loader a kind of provider that needs no issuer')
  return standIn
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
