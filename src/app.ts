import type { Context } from 'hono'
import { HonoBase } from 'hono/hono-base'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import type { Config } from './config/config.ts'
import type { Endpoint, Handler } from './endpoints/handler.ts'
import { createOverloadResponder, type OverloadResponder } from './endpoints/overload.ts'
import { createEndpoints } from './endpoints/table.ts'
import { createUnparsedResponder, type UnparsedResponder } from './endpoints/unparsed.ts'
import { createGate } from './gate.ts'
import type { Exchange } from './http/exchange.ts'
import { checkSchemeTold, toHttps } from './http/force-https.ts'
import { findHeader } from './http/head.ts'
import { createReadExchange } from './http/read-exchange.ts'
import type { MaybePromise } from './lib/async.ts'
import { type AccessEntry, logAccess, openAccessEntry } from './observe/access.ts'
import type { IncomingRequest, Platform } from './platform.ts'
import { type Problem, problem } from './problems.ts'
import type { Result } from './result.ts'
import { createServices, type ServicesOptions } from './services.ts'
import { adviseOperator } from './signin/failure/advice.ts'

/** The program as a fetch handler. `env` is what the runtime passes beside the Request. */
export interface App {
  fetch(request: Request, env: unknown): MaybePromise<Response>
  /** Refuses a request that there is no time to read: an access line, and an answer that was made beforehand. */
  readonly respondOverloaded: OverloadResponder
  /** Answers what the server of the runtime could not read as a request: an access line, and an answer with its id. */
  readonly respondUnparsed: UnparsedResponder
  /** Paths of health checks, which never wait in line. */
  readonly probes: readonly string[]
  /** Asks the providers for what sign-ins need; the log has a line for each. True when all are good. */
  checkProviders(): Promise<boolean>
}

type Env = { Bindings: { request: IncomingRequest } }

/** Creates every part of the program once and routes requests: endpoints by the table, everything else to the gate. */
export async function createApp(
  config: Config,
  platform: Platform,
  options: ServicesOptions = {},
): Promise<App> {
  const services = await createServices(config, platform, options)
  const { log, respond } = services
  const readExchange = createReadExchange(config)
  const endpoints = createEndpoints(services)
  // Everything that is no endpoint of Sidegate's is for the upstreams.
  const gate: Handler = { name: 'gate', path: '*', handle: createGate(services) }

  /** Gives every request an id, a timing and one access line. */
  function receive(request: IncomingRequest, endpoint: Endpoint): MaybePromise<Response> {
    const entry = openAccessEntry(endpoint.name)
    const read = readExchange(request)
    const requestId = read.ok ? read.value.requestId : crypto.randomUUID()
    logAccess({ log, now: platform.now }, { request, read, entry, requestId })
    const health = 'probe' in endpoint && isWellFramed(read) ? endpoint.probe(request) : undefined
    if (health !== undefined) {
      entry.path = endpoint.path
      return health
    }
    if (!read.ok) {
      entry.verdict = read.problem.reason
      return respond.malformed(read.problem, { requestId, wantsHtml: acceptsHtml(request) })
    }
    return answer(read.value, entry, 'probe' in endpoint ? gate : endpoint)
  }

  /** Redirects a request to https first where it has to, then passes it to its endpoint or to the gate. */
  function answer(exchange: Exchange, entry: AccessEntry, endpoint: Handler): MaybePromise<Response> {
    const location =
      config.listen.forceHttps && endpoint.overHttp !== true ? toHttps(exchange, config.listen) : undefined
    if (location === undefined) return endpoint.handle(exchange, entry)
    const why = checkSchemeTold(exchange)
    if (why === undefined) return respond.moved(exchange, location)
    entry.verdict = why.reason
    tellOnce(why)
    return respond.problem(exchange, why, { changes: [], returnTo: '/' })
  }

  let isTold = false
  /** Strangers can send what browsers send, so one line has to do. */
  function tellOnce(why: Problem): void {
    if (!isTold)
      log.line('error', 'Requests over https are redirected to https', { advice: adviseOperator(why) })
    isTold = true
  }

  const app = new HonoBase<Env>({
    // Paths are literals and one ending each, which is all that this router takes; the others stay out.
    router: new RegExpRouter(),
    getPath: (_, options) => pathOf(options?.env?.request.target),
  })
  for (const endpoint of [...endpoints, gate]) {
    app.all(endpoint.path, (c: Context<Env>) => receive(c.env.request, endpoint))
  }
  app.onError((error, c) => {
    log.line('error', 'Bug: a handler threw', { why: String(error), target: pathOf(c.env.request.target) })
    return respond.malformed(problem('bug'))
  })
  return {
    fetch: (request, env) => app.fetch(request, { request: platform.incomingRequest(request, env) }),
    respondOverloaded: createOverloadResponder(services),
    checkProviders: services.providerCheck.run,
    respondUnparsed: createUnparsedResponder(services),
    probes: endpoints.filter((endpoint) => 'probe' in endpoint).map(({ path }) => path),
  }
}

/**
 * True when the framing of a request is certain. A load balancer that asks without a Host must not take the service
 * down, and a health check needs none. How a message is framed, though, concerns the next one on its connection.
 */
function isWellFramed(read: Result<Exchange>): boolean {
  return read.ok || read.problem.reason === 'host_malformed' || read.problem.reason === 'target_malformed'
}

/** True for a request of a browser that cannot be read: it says that it takes pages. */
function acceptsHtml({ headers }: IncomingRequest): boolean {
  return findHeader(headers, 'accept')?.includes('text/html') === true
}

/**
 * The path as it is on the wire: own endpoints match byte for byte, so `/oauth2/%63allback` is not one. An absolute
 * target (RFC 9112 §3.2.2) names the same endpoint; whether it names this host is checked when the request is read.
 */
function pathOf(target = ''): string {
  const named = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/iu, '') || '/'
  const end = named.indexOf('?')
  return end === -1 ? named : named.slice(0, end)
}
