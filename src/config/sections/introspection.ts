import { type OptionRows, SERVERS } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import type { Files } from '../sources/files.ts'
import { readClientSecret, readTrimmed } from './provider/client.ts'
import type { ProviderConfig } from './provider.ts'

/** Options of the introspection of bearer tokens. */
export const INTROSPECTION_OPTIONS = {
  'introspection-url': {
    group: 'Bearer tokens',
    kind: 'url',
    default: '',
    about:
      'Endpoint (RFC 7662) that is asked about bearer tokens that are no JWT of a known issuer. Its `aud`, or `client_id` where there is none, has to be client-id, an oidc-extra-audience or, for the client, a bearer-client-id.',
  },
  'introspection-discovery': {
    group: 'Bearer tokens',
    kind: 'boolean',
    default: false,
    about: 'Ask the `introspection_endpoint` that the discovery document of oidc-issuer-url names.',
  },
  'introspection-issuer': {
    group: 'Bearer tokens',
    kind: 'string',
    default: '',
    about:
      'Issuer of the tokens that introspection-url knows, where it is not oidc-issuer-url; an answer with another `iss` is refused.',
  },
  'introspection-client-id': {
    group: 'Bearer tokens',
    kind: 'string',
    default: '',
    about: 'Client that asks the introspection endpoint; client-id with its secret, when empty.',
  },
  'introspection-client-secret': {
    group: 'Bearer tokens',
    kind: 'string',
    default: '',
    secret: true,
    about: 'Secret of introspection-client-id.',
  },
  'introspection-client-secret-file': {
    group: 'Bearer tokens',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'File with the secret of introspection-client-id, read again at each use.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof INTROSPECTION_OPTIONS>

/** Introspection of opaque tokens (RFC 7662). */
export interface IntrospectionConfig extends Pick<ProviderConfig, 'clientId' | 'clientSecret'> {
  /** Introspection endpoint; undefined where discovery names it. */
  readonly url: string | undefined
  /** Issuer of the tokens; undefined where nothing names one. */
  readonly issuer: string | undefined
  /** True for tokens of the first provider, whose rules hold for them. */
  readonly isOfProvider: boolean
}

/** Everything beside the settings that the reader looks at. */
export interface IntrospectionDeps {
  readonly files: Files
  /** The first provider, whose settings hold where no other is named. */
  readonly provider: ProviderConfig | undefined
  /** Restrictions of its kind that are given, which only its own API can check. */
  readonly restrictions: readonly string[]
}

/** Reads who is asked about opaque tokens, and by which client; undefined where no endpoint is. */
export function readIntrospection(
  settings: SectionSettings,
  { files, provider, restrictions }: IntrospectionDeps,
): IntrospectionConfig | undefined {
  const url = settings.value('introspection-url') || undefined
  const discovers = settings.value('introspection-discovery')
  const flag = url === undefined ? 'introspection-discovery' : 'introspection-url'
  if (url === undefined && !discovers) {
    warnOfOrphans(settings)
    return undefined
  }
  if (provider === undefined) return undefined
  if (url !== undefined && discovers)
    settings.warning('introspection-discovery', 'this is not used, because introspection-url is given')
  if (url === undefined && (provider.issuer === undefined || provider.skipDiscovery))
    settings.problem(flag, 'give introspection-url in its place, there is no discovery to ask')
  const named = settings.value('introspection-issuer') || undefined
  if (named !== undefined && url === undefined)
    settings.problem(
      'introspection-issuer',
      'give introspection-url too, discovery is that of oidc-issuer-url',
    )
  const [restriction] = restrictions
  const isOfProvider = named === undefined || named === provider.issuer
  if (restriction !== undefined && isOfProvider)
    settings.problem(
      flag,
      `remove this or --${restriction}: no answer of the endpoint says what that restriction asks`,
    )
  const issuer = named ?? (provider.skipIssuerVerification ? undefined : provider.issuer)
  return { url, issuer, isOfProvider, ...readIntrospectionClient(settings, { files, provider, flag }) }
}

/** Settings that only introspection reads. */
const OF_INTROSPECTION = [
  'introspection-issuer',
  'introspection-client-id',
  'introspection-client-secret',
  'introspection-client-secret-file',
] as const

function warnOfOrphans(settings: SectionSettings): void {
  for (const flag of OF_INTROSPECTION)
    if (settings.value(flag) !== '') settings.warning(flag, 'this has no effect without --introspection-url')
}

/** Reads the client that asks: the provider's, or one of its own with its own secret. */
function readIntrospectionClient(
  settings: SectionSettings,
  {
    files,
    provider,
    flag,
  }: {
    readonly files: Files
    readonly provider: ProviderConfig
    readonly flag: 'introspection-url' | 'introspection-discovery'
  },
): Pick<ProviderConfig, 'clientId' | 'clientSecret'> {
  const clientId = readTrimmed(settings, 'introspection-client-id')
  const clientSecret = readClientSecret(
    settings,
    { value: 'introspection-client-secret', file: 'introspection-client-secret-file' },
    files,
  )
  if (clientId !== '') {
    if (clientSecret === undefined)
      settings.problem('introspection-client-secret', 'give the secret of introspection-client-id')
    return { clientId, clientSecret }
  }
  if (clientSecret !== undefined)
    settings.problem('introspection-client-id', 'give the client that the introspection secret belongs to')
  // RFC 7662 §2.1: the endpoint must know who asks.
  else if (provider.clientSecret === undefined)
    settings.problem(flag, 'give introspection-client-id and its secret, client-id has none to ask with')
  return { clientId: provider.clientId, clientSecret: provider.clientSecret }
}
