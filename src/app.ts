import { type Context, Hono } from 'hono'
import type { Config } from './config/config.ts'
import { createOverloadResponder, type OverloadResponder } from './endpoints/overload.ts'
import { createOwnEndpoints } from './endpoints/own-endpoints.ts'
import { createSessionEndpoints } from './endpoints/session.ts'
import { createUnparsedResponder, type UnparsedResponder } from './endpoints/unparsed.ts'
import { createGate } from './gate.ts'
import type { Exchange } from './http/exchange.ts'
import { toHttps } from './http/force-https.ts'
import { createReadExchange } from './http/read-exchange.ts'
import type { MaybePromise } from './lib/async.ts'
import { type AccessEntry, logAccess } from './observe/access.ts'
import type { IncomingRequest, Platform } from './platform.ts'
import { problem } from './problems.ts'
import { createServices, type ServicesOptions } from './services.ts'

/** The program as a fetch handler. `env` is what the runtime passes beside the Request. */
export interface App {
  fetch(request: Request, env: unknown): MaybePromise<Response>
  /** Turns a request away that there is no time to read: an access line, and an answer that was made beforehand. */
  readonly respondOverloaded: OverloadResponder
  /** Answers what the server of the runtime could not read as a request: an access line, and an answer with its id. */
  readonly respondUnparsed: UnparsedResponder
  /** Paths of health checks, which nobody may keep waiting. */
  readonly probes: readonly string[]
}

/** Endpoints that answer over plain http whatever the settings. */
const STAYS_ON_HTTP: ReadonlySet<string> = new Set(['ping', 'ready', 'callback'])

/** What App Engine and load balancers of Google Cloud ask for (gcp-healthchecks). */
const GOOGLE_PATHS = ['/liveness_check', '/readiness_check']

type Env = { Bindings: { request: IncomingRequest } }
type Handle = (exchange: Exchange, entry: AccessEntry) => MaybePromise<Response>

/** Builds every part once and says, in order, what happens to a request. */
export async function createApp(
  config: Config,
  platform: Platform,
  options: ServicesOptions = {},
): Promise<App> {
  const services = await createServices(config, platform, options)
  const { log, respond } = services
  const readExchange = createReadExchange(config)
  const gate = createGate(services)
  const own = createOwnEndpoints(services, gate)
  const about = createSessionEndpoints(services)

  /** With force-https everything moves but probes, and callbacks, whose query must not travel in the open a second time. */
  const secured = (exchange: Exchange): Response | undefined => {
    const location = config.listen.forceHttps ? toHttps(exchange, config.listen) : undefined
    return location === undefined ? undefined : respond.moved(exchange, location)
  }

  /** Observed: every request gets an id, a timing and one access line. What cannot be read as a request ends here. */
  const observed = (name: string, handle: Handle) => (c: Context<Env>) => {
    const { request } = c.env
    const entry: AccessEntry = { verdict: name, user: undefined, upstream: undefined }
    const read = readExchange(request)
    const requestId = read.ok ? read.value.requestId : crypto.randomUUID()
    logAccess({ log, now: platform.now }, { request, read, entry, requestId })
    if (!read.ok) return respond.malformed(read.problem, requestId)
    const elsewhere = STAYS_ON_HTTP.has(name) ? undefined : secured(read.value)
    return elsewhere ?? handle(read.value, entry)
  }

  const app = new Hono<Env>({ getPath: (_, options) => pathOf(options?.env?.request.target) })
  const { prefix, ping, ready, googleHealth } = config.paths

  // Answered without a session.
  if (ping !== undefined) app.all(ping, observed('ping', own.ping))
  if (ready !== undefined) app.all(ready, observed('ready', own.ready))
  const googlePaths = googleHealth ? GOOGLE_PATHS : []
  for (const path of googlePaths) app.all(path, observed('ping', own.googlePing))
  app.all('/robots.txt', observed('robots', own.robots))
  app.all(`${prefix}/sign_in`, observed('sign_in', own.signIn))
  app.all(`${prefix}/start`, observed('start', own.start))
  app.all(`${prefix}/callback`, observed('callback', own.callback))
  app.all(`${prefix}/sign_out`, observed('sign_out', own.signOut))
  app.all(`${prefix}/signed_out`, observed('signed_out', own.signedOut))
  app.all(`${prefix}/signed_in`, observed('signed_in', own.signedIn))
  app.all(`${prefix}/backchannel_logout`, observed('backchannel_logout', own.backchannel))
  app.all(`${prefix}/static/fragment.js`, observed('static', own.fragmentScript))
  // About the session, for gateways and apps.
  app.all(`${prefix}/auth`, observed('auth', about.auth))
  app.all(`${prefix}/userinfo`, observed('userinfo', about.userinfo))
  app.all(`${prefix}/session`, observed('session', about.session))
  app.all(`${prefix}/session/refresh`, observed('session_refresh', about.refreshSession))
  // Everything else is for the app behind us.
  app.all('*', observed('gate', gate))

  app.onError((error, c) => {
    log.line('error', 'Bug: a handler threw', { why: String(error), target: pathOf(c.env.request.target) })
    return respond.malformed(problem('bug'))
  })
  return {
    fetch: (request, env) => app.fetch(request, { request: platform.incomingRequest(request, env) }),
    respondOverloaded: createOverloadResponder(services),
    respondUnparsed: createUnparsedResponder(services),
    probes: [ping, ready, ...googlePaths].filter((path) => path !== undefined),
  }
}

/**
 * The path as it is on the wire: own endpoints match byte for byte, so `/oauth2/%63allback` is not one. An absolute target
 * (RFC 9112 §3.2.2) names the same endpoint; whether it names our host is checked when the request is opened.
 */
function pathOf(target = ''): string {
  const named = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/iu, '') || '/'
  const end = named.indexOf('?')
  return end === -1 ? named : named.slice(0, end)
}
