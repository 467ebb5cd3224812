import type { Config } from './config/config.ts'
import { createAddressSet } from './http/addresses.ts'
import { attributeBytes } from './http/cookies.ts'
import { createRespond, type Respond } from './http/respond.ts'
import { createSite, type Site, type SiteOptions } from './http/site.ts'
import { thenMaybe } from './lib/async.ts'
import type { Sink } from './observe/event.ts'
import { createLog, type Log } from './observe/log.ts'
import { loadLogLines } from './observe/log-lines.ts'
import { createCustomPages, type TemplateEngine } from './pages/custom-pages.ts'
import type { Pages } from './pages/pages.ts'
import type { CustomTemplates } from './pages/templates/load.ts'
import type { Platform } from './platform.ts'
import { compileRules, type Rules } from './policy/rules.ts'
import type { ProviderContext } from './providers/context.ts'
import type { Provider } from './providers/provider.ts'
import { createProviders, PROVIDER_KINDS, type RegisteredKinds } from './providers/registry.ts'
import { createForwarder, type Forwarder } from './proxy/forward.ts'
import type { Result } from './result.ts'
import { createLiveStreams, type LiveStreams } from './session/live-streams.ts'
import { createSessions } from './session/sessions.ts'
import type { SessionStore } from './session/store.ts'
import { type Authenticate, createAuthenticate, type ReadAuthorization } from './signin/authenticate.ts'
import { createProviderCheck, type ProviderCheck } from './signin/failure/provider-check.ts'
import { createRefusals, type Refusals } from './signin/failure/refusals.ts'
import { createAccountCheck, type LocalUsers } from './signin/local/account.ts'
import { compileSignInNames } from './signin/login/csrf-cookie.ts'
import { loadProviderChoice } from './signin/provider/load-choice.ts'
import { createRejudge, type Rejudge } from './signin/rejudge.ts'
import { createSignIn, type SignIn } from './signin/sign-in.ts'

/** Every part of the program, created once. */
export interface Services {
  readonly config: Config
  readonly log: Log
  readonly pages: Pages
  /** Templates of the operator, where there are any. */
  readonly templates: CustomTemplates | undefined
  readonly respond: Respond
  readonly providers: readonly Provider[]
  readonly providerCheck: ProviderCheck
  readonly rules: Rules
  readonly site: Site
  /** Refusals that gateways got just now. */
  readonly refusals: Refusals
  readonly sessions: SessionStore
  readonly authenticate: Authenticate
  /** Streams that are open, and how each is judged again. */
  readonly streams: LiveStreams
  readonly rejudge: Rejudge
  readonly signIn: SignIn
  readonly forwarder: Forwarder
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** New requests may be sent here: everything listens, and the process does not end. */
  readonly isReady: () => boolean
  /** Asks whether the store of sessions answers; absent where sessions are in cookies. */
  readonly checkStore: (() => Promise<Result<undefined>>) | undefined
}

export interface ServicesOptions {
  /** Receivers of events beside the log. */
  readonly sinks?: readonly Sink[]
  /** Kinds of providers that the configuration was loaded with. */
  readonly kinds?: RegisteredKinds
  /** A further rule about who may make which request, beside those of the settings. */
  readonly permits?: Rules['permits'] | undefined
  /** The renderer of the operator's templates; none where there are no files. */
  readonly templateEngine?: TemplateEngine | undefined
}

/** Creates the parts, each from its slice of the configuration, in the order in which they need each other. */
export async function createServices(
  config: Config,
  runtime: Platform,
  { sinks = [], kinds = PROVIDER_KINDS, permits, templateEngine }: ServicesOptions = {},
): Promise<Services> {
  const log = createLog([await loadLogLines(config.log, runtime), ...sinks])
  const streams = createLiveStreams({ platform: runtime, log })
  const platform = withReload(runtime, streams)
  const { pages, templates } = await createCustomPages(config, { log, platform: runtime, templateEngine })
  const context = toTools(platform, log)
  const providers = createProviders(config.providers, context, kinds)
  const rules = createRules(config, platform, permits)
  const localUsers = await createUsers(config, platform, log)
  const { sessions, ring, clients, denylist, refresher } = await createSessions(config, {
    platform,
    log,
    providers,
    attributeBytes: attributeBytes(config.cookie),
    streams,
    hasAccount: createAccountCheck(localUsers),
  })
  const site = createSite(toSiteOptions(config))
  const refusals = createRefusals(platform.now)
  const signIn = createSignIn({
    config,
    providers,
    choice: await loadProviderChoice({ config, providers }),
    clients,
    ring,
    sessions,
    denylist,
    mayHold: rules.mayHold,
    site,
    refusals,
    localUsers,
    platform,
    log,
  })
  const authorization = await readersOf(config, { providers, context, localUsers, log })
  const authenticate = createAuthenticate({ sessions, refresher, authorization, log })
  return {
    config,
    log,
    pages,
    templates,
    respond: createRespond({ cookie: config.cookie, pages, paths: config.paths }),
    providers,
    providerCheck: createProviderCheck({ providers, log }),
    rules,
    site,
    refusals,
    sessions,
    authenticate,
    streams,
    rejudge: createRejudge({ authenticate, refresher, sessions, rules }),
    signIn,
    forwarder: await buildForwarder(config, platform, sessions),
    now: platform.now,
    isReady: () => isReady(runtime),
    checkStore: runtime.entries?.check,
  }
}

function createRules({ policy }: Config, platform: Platform, permits: ServicesOptions['permits']): Rules {
  return compileRules({
    policy,
    trustedAddresses: createAddressSet(policy.trustedIps),
    platform,
    permits,
  })
}

/** Creates the forwarder; the compiler of rewriteTargets is loaded where there are some, which is seldom. */
async function buildForwarder(
  config: Config,
  platform: Platform,
  sessions: SessionStore,
): Promise<Forwarder> {
  const { upstreams, headers } = config
  const rewrites = upstreams.some(({ rewriteTarget }) => rewriteTarget !== undefined)
  return createForwarder({
    upstreams,
    headers,
    platform,
    ownsCookie: compileOwnsCookie(config, sessions),
    compileRewrites: rewrites ? (await import('./proxy/rewrite/rules.ts')).compileRewrites : undefined,
  })
}

function isReady({ isListening, ending }: Platform): boolean {
  return isListening?.() !== false && ending?.aborted !== true
}

/** Has open streams judged again whenever a file changes (e-mail lists, local users, secrets). */
function withReload(platform: Platform, streams: LiveStreams): Platform {
  const { watch } = platform
  if (watch === undefined) return platform
  return {
    ...platform,
    watch: ({ path, onChange }) =>
      watch({
        path,
        onChange: (text) => thenMaybe(onChange(text), () => streams.denied()),
      }),
  }
}

function compileOwnsCookie({ cookie }: Config, sessions: SessionStore): (name: string) => boolean {
  const isOfSignIn = compileSignInNames(cookie.name)
  return (name) => sessions.owns(name) || isOfSignIn(name)
}

/** Readers of an Authorization header: the first that recognises it decides. */
async function readersOf(
  config: Config,
  parts: {
    readonly providers: readonly Provider[]
    readonly context: ProviderContext
    readonly localUsers: LocalUsers | undefined
    readonly log: Log
  },
): Promise<readonly ReadAuthorization[]> {
  const { providers, context, localUsers, log } = parts
  const deps = { log, platform: context.platform }
  const local =
    localUsers === undefined
      ? []
      : [(await import('./signin/local/local-credentials.ts')).localCredentials(localUsers, deps)]
  const { bearer } = config
  if (!bearer.enabled) return local
  const { bearerCredentials } = await import('./signin/bearer-credentials.ts')
  const given = { bearer, providers, settings: mainProvider(config), context }
  return [bearerCredentials(given, deps), ...local]
}

function toSiteOptions({ signIn, cookie }: Config): SiteOptions {
  const { redirectUrl, whitelistDomains } = signIn
  const cookieDomains = cookie.domains.map((domain) => domain.replace(/^\./u, ''))
  return { redirectUrl, whitelistDomains, cookieDomains }
}

function toTools(platform: Platform, log: Log): ProviderContext {
  return {
    platform,
    log,
    async readSecret(path) {
      if (platform.readFile === undefined) throw new Error('This runtime has no files')
      return platform.readFile(path)
    },
  }
}

/** Creates the local users of the htpasswd file, which is read again when it changes; loaded for those who have one. */
async function createUsers(config: Config, platform: Platform, log: Log): Promise<LocalUsers | undefined> {
  const { htpasswdFile, htpasswdGroups } = config.signIn
  if (htpasswdFile === undefined) return undefined
  const { createLocalUsers } = await import('./signin/local/local-users.ts')
  return createLocalUsers({ path: htpasswdFile, groups: htpasswdGroups, platform, log })
}

/** Provider whose settings hold where no other is named. Configuration makes sure that there is one. */
function mainProvider({ providers }: Config): Config['providers'][number] {
  const [first] = providers
  if (first === undefined) throw new TypeError('Configure at least one provider')
  return first
}
