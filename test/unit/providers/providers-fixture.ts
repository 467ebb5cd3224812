import type { ProviderConfig } from '../../../src/config/sections/provider.ts'
import type { EventFields } from '../../../src/observe/event.ts'
import type { ProviderContext } from '../../../src/providers/context.ts'
import { OIDC_TRAITS } from '../../../src/providers/oidc/traits.ts'
import type { LoginResponse, Provider } from '../../../src/providers/provider.ts'
import { createProviders, PROVIDER_KINDS, type RegisteredKinds } from '../../../src/providers/registry.ts'
import type { Result } from '../../../src/result.ts'
import type { Grant, Session } from '../../../src/session/session.ts'
import { createFakePlatform, type FakePlatform } from '../../support/fake-platform.ts'
import { createFakeProvider, type FakeProvider } from '../../support/fake-provider.ts'
import type { FakeService } from '../../support/fake-server.ts'
import { aSession } from '../../support/session.ts'

/** A provider of the usual settings and of what its kind brings along, which is generic OpenID unless another is given. */
export function aProviderConfig(
  given: Partial<ProviderConfig> = {},
  kinds: RegisteredKinds = PROVIDER_KINDS,
): ProviderConfig {
  const { kind = 'oidc' } = given
  const traits = kinds.find((each) => each.kind === kind)?.traits ?? OIDC_TRAITS
  return {
    id: kind,
    kind,
    displayName: 'OpenID Connect',
    clientId: 'sidegate',
    clientSecret: { value: 's3cret:+/% é' },
    issuer: traits.issuer === 'none' ? undefined : 'https://op.test',
    skipDiscovery: false,
    loginUrl: traits.endpoints.loginUrl,
    redeemUrl: traits.endpoints.redeemUrl,
    profileUrl: traits.endpoints.profileUrl,
    validateUrl: traits.endpoints.validateUrl,
    jwksUrl: undefined,
    publicKeyFiles: [],
    hosts: traits.hosts,
    urls: [],
    backendLogoutUrl: undefined,
    domains: [],
    files: [],
    scope: traits.scope,
    claims: {
      email: 'email',
      groups: 'groups',
      audience: ['aud'],
      extraAudiences: [],
      otherAudiences: false,
      additional: [],
      told: [],
      skipProfileUrl: false,
      allowUnverifiedEmail: false,
    },
    signingAlgs: [],
    skipIssuerVerification: false,
    skipNonce: false,
    codeChallengeMethod: 'S256',
    insecureTls: false,
    caFiles: [],
    systemTrust: false,
    loginUrlParameters: [],
    own: undefined,
    ...given,
    loginParameters: { ...traits.loginParameters, ...given.loginParameters },
  }
}

/** What a provider is lent in tests; log lines are kept. */
export function someTools(
  platform: FakePlatform,
  files: Readonly<Record<string, string>> = {},
): ProviderContext & { readonly lines: { level: string; msg: string; fields: EventFields | undefined }[] } {
  const lines: { level: string; msg: string; fields: EventFields | undefined }[] = []
  return {
    lines,
    platform,
    log: { line: (level, msg, fields) => lines.push({ level, msg, fields }) },
    async readSecret(path) {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT')
      return text
    },
  }
}

/** A provider under test in front of the fake one, with a clock. */
export interface Bench {
  readonly op: FakeProvider
  readonly platform: FakePlatform
  readonly context: ReturnType<typeof someTools>
  readonly provider: Provider
  /** Goes to the authorization endpoint and comes back with what the callback would hand over. */
  visit(): Promise<LoginResponse>
  /** Visits and redeems. */
  signIn(): Promise<Result<Grant>>
  /** Signs in and makes a session of it. */
  session(): Promise<Session>
}

/**
 * Builds a bench; the settings win over `aProviderConfig`. Files may change while it runs; `apis` are other services
 * that the provider calls.
 */
export async function aBench(
  given: Partial<ProviderConfig> = {},
  files: Readonly<Record<string, string>> = {},
  { origin, apis = [] }: { readonly origin?: string; readonly apis?: readonly FakeService[] } = {},
): Promise<Bench> {
  const op = await createFakeProvider(origin)
  const platform = createFakePlatform({
    provider: (url, init) => (apis.find((api) => url.startsWith(`${api.origin}/`)) ?? op).fetch(url, init),
  })
  op.behaviour.now = platform.now
  const context = someTools(platform, files)
  const [provider] = createProviders([aProviderConfig(given)], context)
  if (provider === undefined) throw new Error('No provider')
  const bench: Bench = {
    op,
    platform,
    context,
    provider,
    async visit() {
      const login = {
        redirectUri: 'https://app.example.com/oauth2/callback',
        nonce: 'n'.repeat(43),
        codeVerifier: 'v'.repeat(43),
      }
      const url = await provider.authorizationUrl({ ...login, state: 'the-state', extra: {} })
      if (!url.ok) throw new Error(url.problem.reason)
      const callback = await op.visit(url.value)
      return { ...login, parameters: callback.searchParams }
    },
    signIn: async () => provider.redeem(await bench.visit()),
    async session() {
      const grant = await bench.signIn()
      if (!grant.ok) throw new Error(JSON.stringify(grant.problem))
      return aSession({ ...grant.value.identity, tokens: grant.value.tokens })
    },
  }
  return bench
}

/** Reason and check of a failure, for tables: `id_token_invalid/exp`; `ok` for success. */
export function verdictOf(result: Result<unknown>): string {
  if (result.ok) return 'ok'
  const { reason, detail } = result.problem
  const why =
    detail?.['check'] ?? detail?.['why'] ?? detail?.['error'] ?? detail?.['claim'] ?? detail?.['rule']
  return why === undefined ? reason : `${reason}/${String(why)}`
}
