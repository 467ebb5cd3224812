import type { HeadersConfig } from '../config/sections/headers.ts'
import type { UpstreamConfig } from '../config/sections/upstreams.ts'
import { hasBody } from '../http/body.ts'
import type { Exchange, Target } from '../http/exchange.ts'
import type {
  FilePlan,
  Follow,
  HeaderLines,
  IncomingRequest,
  Platform,
  Share,
  UpstreamAddress,
} from '../platform.ts'
import { problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Session } from '../session/session.ts'
import { slashRedirect, staticAnswer } from './answers.ts'
import type { OwnsCookie } from './cookie-lines.ts'
import { toFilePath } from './file-path.ts'
import { createGatewayHeaders } from './gateway-headers.ts'
import { createIdentityHeaders } from './identity-headers.ts'
import { createRequestHeaders } from './request-headers.ts'
import { cacheAndCookieLines, createResponseEdit } from './response-edit.ts'
import type { PathAndQuery } from './rewrite/rule.ts'
import type { CompileRewrites } from './rewrite/rules.ts'
import { createSign } from './signature.ts'
import { compileUpstreams } from './upstreams.ts'
import { isWebSocketHandshake } from './websocket-request.ts'

/** One authorized request, with everything that goes along. */
export interface ForwardRequest {
  readonly exchange: Exchange
  /** Session whose identity is sent along; undefined on routes that need no sign-in. */
  readonly session: Session | undefined
  readonly share: Share
  /** Complete Set-Cookie values for the answer. */
  readonly setCookies: readonly string[]
  /** Keeps what outlasts this judgement in step with the session; undefined without one. */
  readonly follow: Follow | undefined
  /** Drops the client's Authorization header, which was for Sidegate. */
  readonly dropAuthorization?: boolean
  /** Entry of the access line, which gets the upstream that took the request. */
  readonly entry?: { upstream: string | undefined }
}

/** Forwards requests to the upstreams. */
export interface Forwarder {
  /**
   * Forwards a request. Fails with `no_upstream`, `request_malformed`, or what the platform reports of the upstream.
   */
  forward(request: ForwardRequest): Promise<Result<Response>>
  /** True when Sidegate itself answers this target, so that the client is a gateway that reads the status. */
  isStatic(target: Target): boolean
  /** The header lines of a yes to a gateway: identity, our cookies. */
  answerLines(request: Pick<ForwardRequest, 'session' | 'setCookies'>): HeaderLines
}

/** Creates the forwarder: tables and rules are compiled once, a request only looks things up. */
export function createForwarder(parts: {
  upstreams: readonly UpstreamConfig[]
  headers: HeadersConfig
  platform: Platform
  ownsCookie: OwnsCookie
  /** Present where an upstream rewrites. */
  compileRewrites?: CompileRewrites | undefined
}): Forwarder {
  const { platform, headers, ownsCookie } = parts
  const policy = { headers, ownsCookie, identity: createIdentityHeaders(headers, platform) }
  const pick = compileUpstreams(parts.upstreams, parts.compileRewrites)
  const requestHeaders = createRequestHeaders(policy)
  const responseEdit = createResponseEdit(policy)
  const { hmac } = platform
  const sign = headers.signature && hmac && createSign(headers.signature, { hmac })
  const gatewayHeaders = createGatewayHeaders(headers, policy.identity)
  const answerLines = (request: Pick<ForwardRequest, 'session' | 'setCookies'>) => [
    ...gatewayHeaders(request.session),
    ...cacheAndCookieLines(request),
  ]

  const send = ({ request, upstream, target, path }: Sending, address: UpstreamAddress) => {
    const { exchange, session, follow, dropAuthorization = false } = request
    const websocket = exchange.facts.websocket && upstream.websockets
    if (websocket && !isWebSocketHandshake(exchange.request)) {
      return Promise.resolve(failed(problem('request_malformed', { why: 'websocket handshake' })))
    }
    const plan = {
      upstream: address,
      share: request.share,
      target,
      headers: requestHeaders({ exchange, session, upstream, dropAuthorization }),
      response: responseEdit(request),
      timeoutMs: upstream.timeoutMs,
      websocket,
      ...(follow === undefined ? {} : { follow }),
    }
    const signed = sign && { ...plan, ...sign(withPath(exchange, path), session, plan.headers) }
    return platform.forward(exchange.request, signed ?? plan)
  }

  /**
   * Forwards a GET with a body, if that is empty. Upstreams that do not expect a body would read it as the next
   * request, which nothing has judged.
   */
  const sendOddGet = async (sending: Sending, address: UpstreamAddress) => {
    const { request, upstream } = sending
    const isRefused = !upstream.getBody && (await request.exchange.request.hasContent())
    return isRefused ? failed(problem('get_with_body')) : send(sending, address)
  }

  const forward = (request: ForwardRequest): Promise<Result<Response>> => {
    const { exchange } = request
    const route = pick(exchange.target)
    if (route === undefined) return Promise.resolve(failed(problem('no_upstream')))
    if (route.kind === 'redirect') {
      return Promise.resolve(ok(slashRedirect(route.location, responseEdit(request).add)))
    }
    const { upstream } = route
    const { id, target, timeoutMs } = upstream
    if (request.entry !== undefined) request.entry.upstream = id
    if (target.kind === 'static') {
      return Promise.resolve(ok(staticAnswer(target.status, answerLines(request))))
    }
    const rewritten = route.rewrite?.()
    if (rewritten?.ok === false) return Promise.resolve(rewritten)
    if (target.kind !== 'file') {
      const { path = exchange.target.path } = rewritten?.value ?? {}
      const sending = { request, upstream, path, target: rawOf(rewritten?.value) ?? exchange.target.raw }
      return isOddGet(exchange.request) ? sendOddGet(sending, target) : send(sending, target)
    }
    const path = toFilePath({
      path: rewritten?.value.path ?? exchange.target.path,
      // What was rewritten is a path within the directory.
      prefix: rewritten === undefined ? upstream.path : '/',
      directory: target.directory,
    })
    return serveFile(platform, request, { path, response: responseEdit(request), timeoutMs })
  }

  const isStatic = (target: Target): boolean => {
    const route = pick(target)
    return route?.kind === 'upstream' && route.upstream.target.kind === 'static'
  }

  return { forward, isStatic, answerLines }
}

/** A request on its way to an upstream with the target that it is asked for. */
interface Sending {
  readonly request: ForwardRequest
  readonly upstream: UpstreamConfig
  readonly target: string
  /** Path of that target. */
  readonly path: string
}

/** The exchange as it is signed: as in oauth2-proxy with the path that the upstream sees, and the query of the client. */
function withPath(exchange: Exchange, path: string): Exchange {
  return path === exchange.target.path ? exchange : { ...exchange, target: { ...exchange.target, path } }
}

/** Serves a file; without a path, or where there are no files, there is none. */
function serveFile(
  platform: Platform,
  { exchange, follow }: ForwardRequest,
  plan: Omit<FilePlan, 'path'> & { readonly path: string | undefined },
): Promise<Result<Response>> {
  const { path } = plan
  if (path === undefined || platform.serveFile === undefined) {
    return Promise.resolve(failed(problem('not_found')))
  }
  const complete = { ...plan, path }
  return platform.serveFile(exchange.request, follow === undefined ? complete : { ...complete, follow })
}

function rawOf(target: PathAndQuery | undefined): string | undefined {
  return target === undefined ? undefined : `${target.path}${target.query}`
}

/** True for a GET or HEAD whose head announces a body, which has no meaning (RFC 9110 §9.3.1) and may be empty. */
function isOddGet({ method, headers }: IncomingRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && hasBody(headers)
}
