import { toOwnPaths } from '../../../src/config/own-paths.ts'
import type { CookieConfig } from '../../../src/config/sections/cookie.ts'
import type { ProviderConfig } from '../../../src/config/sections/provider.ts'
import type { SignInConfig } from '../../../src/config/sections/sign-in.ts'
import { createKeyRing } from '../../../src/crypto/keys.ts'
import { readCookies } from '../../../src/http/cookies.ts'
import type { CookieChange, Exchange } from '../../../src/http/exchange.ts'
import { createReadFacts } from '../../../src/http/facts.ts'
import { readHead } from '../../../src/http/head.ts'
import { createSite } from '../../../src/http/site.ts'
import { parseTarget } from '../../../src/http/target.ts'
import type { EventFields } from '../../../src/observe/event.ts'
import type { HeaderLines } from '../../../src/platform.ts'
import { type Problem, problem } from '../../../src/problems.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { createProviders } from '../../../src/providers/registry.ts'
import { failed, ok } from '../../../src/result.ts'
import type { Denial } from '../../../src/session/denial.ts'
import type { Session } from '../../../src/session/session.ts'
import type { SignInContext } from '../../../src/signin/context.ts'
import type { LocalUsers } from '../../../src/signin/local/account.ts'
import type { Outcome } from '../../../src/signin/outcome.ts'
import { createSignIn, type SignIn } from '../../../src/signin/sign-in.ts'
import { createFakePlatform, type FakePlatform } from '../../support/fake-platform.ts'
import { type Claims, createFakeProvider, type FakeProvider } from '../../support/fake-provider.ts'
import { anIncomingRequest } from '../../support/incoming-request.ts'
import { CLIENT } from '../../support/session.ts'
import { aProviderConfig } from '../providers/providers-fixture.ts'

export const ORIGIN = 'https://app.example.com'

/** What a test says about a request; everything else is a page load of app.example.com in a browser. */
export interface AnExchange {
  readonly method?: string
  readonly host?: string
  readonly headers?: HeaderLines
  readonly cookies?: string
  readonly form?: string
  readonly peer?: string
  /** Peers that may speak for others. */
  readonly trusted?: readonly string[]
}

const PAGE: HeaderLines = [
  'Accept',
  'text/html',
  'Sec-Fetch-Mode',
  'navigate',
  'Sec-Fetch-Dest',
  'document',
  'Sec-Fetch-Site',
  'none',
]

/** One request, read by the real readers. */
export function anExchange(target: string, given: AnExchange = {}): Exchange {
  const { method = 'GET', host = 'app.example.com', headers = PAGE, cookies, form, trusted = [] } = given
  const lines = [
    ...['Host', host, ...headers],
    ...(cookies === undefined ? [] : ['Cookie', cookies]),
    ...(form === undefined ? [] : ['Content-Type', 'application/x-www-form-urlencoded']),
  ]
  const request = anIncomingRequest({
    method,
    target,
    headers: lines,
    ...(form === undefined ? {} : { body: form }),
    peer: { kind: 'ip', address: given.peer ?? '203.0.113.7' },
  })
  const head = readHead(lines)
  const trust = {
    reverseProxy: trusted.length > 0,
    trustedProxyIps: trusted,
    realClientIpHeader: 'x-real-ip',
    forwardAuthUriHeader: undefined,
  }
  const facts = createReadFacts(trust, true)(request, head)
  const parsed = parseTarget(target)
  if (!facts.ok || !parsed.ok) throw new Error('The test sent a malformed request')
  return {
    request,
    target: parsed.value,
    facts: facts.value,
    cookies: readCookies(cookies),
    requestId: 'request-1',
  }
}

/** A browser's cookies for one test. */
export interface Jar {
  readonly cookies: Map<string, string>
  /** Applies what an outcome changes. */
  take(outcome: Outcome): Outcome
  header(): string
}

export function aJar(): Jar {
  const cookies = new Map<string, string>()
  return {
    cookies,
    take(outcome) {
      for (const change of 'changes' in outcome ? outcome.changes : []) {
        if (change.maxAgeSeconds === 0) cookies.delete(change.name)
        else cookies.set(change.name, change.value)
      }
      return outcome
    },
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  }
}

/** Everything around signing in: a fake provider, a clock, sessions that are readable in the cookie. */
export interface SignInBench {
  readonly op: FakeProvider
  readonly platform: FakePlatform
  readonly signIn: SignIn
  readonly context: SignInContext
  readonly events: { event: string; level: string; fields: EventFields }[]
  readonly denials: Denial[]
  readonly world: {
    refusal: Problem | undefined
    saveProblem: Problem | undefined
    /** What a gateway was told about the session just now. */
    refused: Problem | undefined
  }
  /** Starts a login in a browser; returns what the browser brings back. */
  start(jar: Jar, target?: string): Promise<URL>
  callback(jar: Jar, url: URL | string, given?: AnExchange): Promise<Outcome>
  /** The session in a jar. */
  sessionOf(jar: Jar): Session | undefined
}

export interface Given {
  readonly signIn?: Partial<SignInConfig>
  readonly csrf?: Partial<CookieConfig['csrf']>
  readonly cookie?: Partial<Pick<CookieConfig, 'domains' | 'secure'>>
  readonly localUsers?: LocalUsers
  readonly providers?: readonly Provider[]
  /** A real session store, instead of one whose cookies the bench can read. */
  readonly sessions?: (
    world: Pick<SignInContext, 'clients'> & { readonly platform: FakePlatform },
  ) => Pick<SignInContext, 'sessions' | 'denylist'>
  /** Changes to the settings of the usual provider. */
  readonly provider?: Partial<ProviderConfig>
  /** Changes to the provider's discovery document. */
  readonly metadata?: Claims
}

export async function aSignInBench(given: Given = {}): Promise<SignInBench> {
  const op = await createFakeProvider()
  const platform = createFakePlatform({ provider: op.fetch })
  op.behaviour.now = platform.now
  op.behaviour.metadata = given.metadata ?? {}
  const events: SignInBench['events'] = []
  const denials: Denial[] = []
  const world: SignInBench['world'] = { refusal: undefined, saveProblem: undefined, refused: undefined }
  const log = {
    event: (event: string, level: string, fields: EventFields) => events.push({ event, level, fields }),
    line: () => undefined,
  }
  const providerContext = { platform, log, readSecret: async () => '' }
  const providerConfigs = [aProviderConfig(given.provider)]
  const providers = given.providers ?? createProviders(providerConfigs, providerContext)
  const clients = new Map(providers.map(({ id }) => [id, CLIENT]))
  const context: SignInContext = {
    config: {
      providers: providerConfigs,
      paths: toOwnPaths('/oauth2'),
      cookie: {
        name: '__Host-s',
        domains: [],
        secure: true,
        ...given.cookie,
        csrf: { sameSite: 'lax', expireMs: 900_000, perRequest: false, perRequestLimit: 3, ...given.csrf },
      },
      signIn: {
        redirectUrl: undefined,
        redirectPath: '/oauth2/callback',
        relativeRedirect: false,
        skipProviderButton: false,
        rememberProvider: true,
        signInStatus: 200,
        forceJsonErrors: false,
        whitelistDomains: ['.example.org'],
        htpasswdFile: undefined,
        htpasswdGroups: [],
        displayHtpasswdForm: false,
        signOutAtProvider: false,
        signInPageSignsOut: true,
        formReplayLimitBytes: 16_384,
        ...given.signIn,
      },
    },
    providers,
    clients,
    ring: await createKeyRing({
      secrets: [new Uint8Array(32).fill(7)],
      deployment: 'test',
      purpose: 'transaction',
    }),
    sessions: {
      load: (cookies) => {
        const value = cookies.find(({ name }) => name === '__Host-s')?.value
        // Cast: only this bench writes that cookie.
        return value === undefined
          ? { kind: 'none' }
          : { kind: 'active', session: unpack(value), reference: value, needsWrite: false, changes: [] }
      },
      save: async ({ session }) =>
        world.saveProblem === undefined
          ? ok({
              session,
              reference: pack(session),
              changes: [{ ...SESSION_COOKIE, value: pack(session) }],
              cookieBytes: pack(session).length,
              dropped: [],
            })
          : failed(world.saveProblem),
      clear: (carried) =>
        carried
          .filter(({ name }) => /^__Host-s(?:_\d+)?$/u.test(name))
          .map(({ name }) => ({ ...SESSION_COOKIE, name, value: '', maxAgeSeconds: 0 })),
    },
    denylist: { deny: async (denial) => void denials.push(denial) },
    ...given.sessions?.({ platform, clients }),
    refusals: { find: () => world.refused },
    site: createSite({
      redirectUrl: given.signIn?.redirectUrl,
      cookieDomains: [],
      whitelistDomains: given.signIn?.whitelistDomains ?? ['.example.org'],
    }),
    mayHold: () => (world.refusal === undefined ? ok(undefined) : failed(world.refusal)),
    localUsers: given.localUsers,
    platform,
    log,
  }
  const signIn = createSignIn(context)
  return {
    op,
    platform,
    signIn,
    context,
    events,
    denials,
    world,
    async start(jar, target = '/oauth2/start?rd=%2Fdeep') {
      const outcome = jar.take(await signIn.start(anExchange(target, { cookies: jar.header() })))
      if (outcome.kind !== 'redirect') throw new Error(JSON.stringify(outcome))
      return op.visit(outcome.location)
    },
    async callback(jar, url, more = {}) {
      const target = typeof url === 'string' ? url : `${url.pathname}${url.search}`
      return jar.take(await signIn.callback(anExchange(target, { cookies: jar.header(), ...more })))
    },
    sessionOf(jar) {
      const value = jar.cookies.get('__Host-s')
      return value === undefined ? undefined : unpack(value)
    },
  }
}

const SESSION_COOKIE: CookieChange = { name: '__Host-s', value: '', maxAgeSeconds: 600, purpose: 'session' }

function pack(session: Session): string {
  return Buffer.from(JSON.stringify(session)).toString('base64url')
}

function unpack(value: string): Session {
  return JSON.parse(Buffer.from(value, 'base64url').toString()) as Session
}

/** Short for tables: kind and reason, or where a redirect goes. */
export function shortOf(outcome: Outcome): string {
  if (outcome.kind === 'refused') {
    const { reason, detail } = outcome.problem
    const why = detail?.['why'] ?? detail?.['check'] ?? detail?.['error']
    return why === undefined ? reason : `${reason}/${String(why)}`
  }
  return outcome.kind === 'redirect' ? `to ${outcome.location}` : outcome.kind
}

/** A problem that a test lets happen. */
export const TOO_LARGE = problem('session_too_large')
