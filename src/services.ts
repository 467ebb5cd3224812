import type { Config } from './config/config.ts'
import { createAddressSet } from './http/addresses.ts'
import { attributeBytes } from './http/cookies.ts'
import { createRespond, type Respond } from './http/respond.ts'
import { createSite, type Site, type SiteOptions } from './http/site.ts'
import type { Sink } from './observe/event.ts'
import { createLog, type Log } from './observe/log.ts'
import { createLogLines } from './observe/log-lines.ts'
import { createAccent } from './pages/accent.ts'
import { createPages, type Pages } from './pages/pages.ts'
import type { Platform } from './platform.ts'
import { compileRules, type Rules } from './policy/rules.ts'
import type { ProviderContext } from './providers/context.ts'
import { createBearerReader } from './providers/oidc/bearer.ts'
import type { Provider } from './providers/provider.ts'
import { createProviders, PROVIDER_KINDS, type RegisteredKinds } from './providers/registry.ts'
import { createForwarder, type Forwarder } from './proxy/forward.ts'
import type { SessionStore } from './session/cookie/store.ts'
import { createSessions } from './session/sessions.ts'
import {
  type Authenticate,
  bearerCredentials,
  createAuthenticate,
  localCredentials,
} from './signin/authenticate.ts'
import { createProviderCheck, type ProviderCheck } from './signin/failure/provider-check.ts'
import { createRefusals, type Refusals } from './signin/failure/refusals.ts'
import { createAccountCheck, createLocalUsers, type LocalUsers } from './signin/local/local-users.ts'
import { createSignIn, type SignIn } from './signin/sign-in.ts'

/** Every part of the program, built once. */
export interface Services {
  readonly config: Config
  readonly log: Log
  readonly pages: Pages
  readonly respond: Respond
  readonly providers: readonly Provider[]
  readonly providerCheck: ProviderCheck
  readonly rules: Rules
  readonly site: Site
  /** What gateways were told no about just now. */
  readonly refusals: Refusals
  readonly sessions: SessionStore
  readonly authenticate: Authenticate
  readonly signIn: SignIn
  readonly forwarder: Forwarder
}

export interface ServicesOptions {
  /** Receivers of events beside the log. */
  readonly sinks?: readonly Sink[]
  /** Kinds of providers that the configuration was loaded with. */
  readonly kinds?: RegisteredKinds
}

/** Builds the parts, each from its slice of the configuration, in the order in which they need each other. */
export async function createServices(
  config: Config,
  platform: Platform,
  { sinks = [], kinds = PROVIDER_KINDS }: ServicesOptions = {},
): Promise<Services> {
  const log = createLog([createLogLines(config.log, platform), ...sinks])
  const pages = await createColoredPages(config)
  const context = toTools(platform, log)
  const providers = createProviders(config.providers, context, kinds)
  const rules = compileRules({
    policy: config.policy,
    trustedAddresses: createAddressSet(config.policy.trustedIps),
    platform,
  })
  const localUsers = await createUsers(config, platform, log)
  const { sessions, ring, denylist, refresher } = await createSessions(config, {
    platform,
    log,
    providers,
    attributeBytes: attributeBytes(config.cookie),
    hasAccount: createAccountCheck(localUsers),
  })
  const site = createSite(toSiteOptions(config))
  const refusals = createRefusals(platform.now)
  const signIn = createSignIn({
    config,
    providers,
    formPost: config.providers.some(answersByFormPost),
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
  const bearer = createBearerReader({
    bearer: config.bearer,
    providers,
    settings: mainProvider(config),
    context,
  })
  const authorization = [
    bearerCredentials(bearer, config.bearer, { log, platform }),
    ...(localUsers === undefined ? [] : [localCredentials(localUsers, { log, platform })]),
  ]
  return {
    config,
    log,
    pages,
    respond: createRespond({ cookie: config.cookie, pages, paths: config.paths }),
    providers,
    providerCheck: createProviderCheck({ providers, log }),
    rules,
    site,
    refusals,
    sessions,
    authenticate: createAuthenticate({
      sessions,
      refresher,
      authorization,
    }),
    signIn,
    forwarder: createForwarder({
      upstreams: config.upstreams,
      headers: config.headers,
      platform,
      ownsCookie: sessions.owns,
    }),
  }
}

function answersByFormPost({ loginParameters }: Config['providers'][number]): boolean {
  return loginParameters['response_mode'] === 'form_post'
}

async function createColoredPages(config: Config): Promise<Pages> {
  const { accentColor } = config.pages
  return createPages(config, accentColor === undefined ? undefined : await createAccent(accentColor))
}

function toSiteOptions({ signIn, cookie }: Config): SiteOptions {
  const { redirectUrl, whitelistDomains } = signIn
  return { redirectUrl, whitelistDomains, cookieDomains: cookie.domains }
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

/** Local users of the htpasswd file, which is read again when it changes. */
async function createUsers(config: Config, platform: Platform, log: Log): Promise<LocalUsers | undefined> {
  const { htpasswdFile, htpasswdGroups } = config.signIn
  return htpasswdFile === undefined
    ? undefined
    : createLocalUsers({ path: htpasswdFile, groups: htpasswdGroups, platform, log })
}

/** The provider whose settings hold where no other is named. Configuration makes sure that there is one. */
function mainProvider({ providers }: Config): Config['providers'][number] {
  const [first] = providers
  if (first === undefined) throw new TypeError('Configure at least one provider')
  return first
}
