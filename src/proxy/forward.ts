import type { HeadersConfig } from '../config/sections/headers.ts'
import type { UpstreamConfig } from '../config/sections/upstreams.ts'
import { hasBody } from '../http/body.ts'
import type { Exchange, Target } from '../http/exchange.ts'
import type { HeaderLines, IncomingRequest, Platform, UpstreamAddress } from '../platform.ts'
import { problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Session } from '../session/session.ts'
import { slashRedirect, staticAnswer } from './answers.ts'
import type { OwnsCookie } from './cookie-lines.ts'
import { toFilePath } from './file-path.ts'
import { compileHeaderRules } from './header-rules.ts'
import { createIdentityHeaders } from './identity-headers.ts'
import { createRequestHeaders } from './request-headers.ts'
import { addedLines, createResponseEdit } from './response-edit.ts'
import { compileUpstreams } from './upstreams.ts'
import { isWebSocketHandshake } from './websocket-request.ts'

/** One request that may pass, with everything that goes along. */
export interface ForwardRequest {
  readonly exchange: Exchange
  /** Whose identity is sent along; undefined on routes that need no sign-in. */
  readonly session: Session | undefined
  /** Complete Set-Cookie values for the answer. */
  readonly setCookies: readonly string[]
  /** When a tunnel or a never-ending answer must be cut, in ms since the epoch. */
  readonly closeAtMs: number | undefined
  /** The client's Authorization header was for us and does not travel on. */
  readonly dropAuthorization?: boolean
  /** Told which upstream took the request, for the access line. */
  readonly entry?: { upstream: string | undefined }
}

/** Sends requests to the app behind us. */
export interface Forwarder {
  /** Fails with `no_upstream`, `request_malformed`, or what the platform reports of the upstream. */
  forward(request: ForwardRequest): Promise<Result<Response>>
  /** The gate itself answers this target, so whoever asks is a gateway that reads the status. */
  isStatic(target: Target): boolean
  /** The header lines that answer an auth_request with: identity on 202, our cookies. */
  answerLines(request: Pick<ForwardRequest, 'session' | 'setCookies'>): HeaderLines
}

/** Builds the forwarder: tables and rules are compiled once, a request only looks things up. */
export function createForwarder(parts: {
  upstreams: readonly UpstreamConfig[]
  headers: HeadersConfig
  platform: Platform
  ownsCookie: OwnsCookie
}): Forwarder {
  const { platform, headers, ownsCookie } = parts
  const policy = {
    headers,
    ownsCookie,
    ruleOf: compileHeaderRules(headers.requestIdHeader),
    identity: createIdentityHeaders(headers),
  }
  const pick = compileUpstreams(parts.upstreams)
  const requestHeaders = createRequestHeaders(policy)
  const responseEdit = createResponseEdit(policy)

  const send = (request: ForwardRequest, upstream: UpstreamConfig, address: UpstreamAddress) => {
    const { exchange, session, closeAtMs, dropAuthorization = false } = request
    const websocket = exchange.facts.websocket && upstream.websockets
    const why = whyRefused(exchange.request, websocket)
    if (why !== undefined) return Promise.resolve(failed(problem('request_malformed', { why })))
    return platform.forward(exchange.request, {
      upstream: address,
      target: exchange.target.raw,
      headers: requestHeaders({ exchange, session, upstream, dropAuthorization }),
      response: responseEdit(request),
      timeoutMs: upstream.timeoutMs,
      websocket,
      ...(closeAtMs === undefined ? {} : { closeAtMs }),
    })
  }

  const forward = (request: ForwardRequest): Promise<Result<Response>> => {
    const { exchange } = request
    const route = pick(exchange.target)
    if (route === undefined) return Promise.resolve(failed(problem('no_upstream')))
    if (route.kind === 'redirect') {
      return Promise.resolve(ok(slashRedirect(route.location, responseEdit(request))))
    }
    const { id, target, path } = route.upstream
    if (request.entry !== undefined) request.entry.upstream = id
    if (target.kind === 'static') {
      return Promise.resolve(ok(staticAnswer(target.status, responseEdit(request))))
    }
    if (target.kind !== 'file') return send(request, route.upstream, target)
    const file = toFilePath({ path: exchange.target.path, prefix: path, directory: target.directory })
    if (file === undefined || platform.serveFile === undefined) {
      return Promise.resolve(failed(problem('not_found')))
    }
    return platform.serveFile(exchange.request, file, responseEdit(request))
  }

  const isStatic = (target: Target): boolean => {
    const route = pick(target)
    return route?.kind === 'upstream' && route.upstream.target.kind === 'static'
  }

  return { forward, isStatic, answerLines: (request) => addedLines(policy, request) }
}

/**
 * A GET or HEAD with a body is refused: the upstreams that do not expect one would read it as the next request, which
 * nobody has judged (RFC 9110 §9.3.1).
 */
function whyRefused(request: IncomingRequest, websocket: boolean): string | undefined {
  if (websocket) return isWebSocketHandshake(request) ? undefined : 'websocket handshake'
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  return hasBody(request.headers) ? 'body of a GET' : undefined
}
