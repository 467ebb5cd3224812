import type { HeadersConfig } from '../../../src/config/sections/headers.ts'
import type { UpstreamConfig } from '../../../src/config/sections/upstreams.ts'
import type { Exchange, Facts } from '../../../src/http/exchange.ts'
import type { ForwardPlan, HeaderLines, Share } from '../../../src/platform.ts'
import { createForwarder, type ForwardRequest } from '../../../src/proxy/forward.ts'
import type { Result } from '../../../src/result.ts'
import { createFakePlatform, type FakePlatform } from '../../support/fake-platform.ts'
import { headersOf } from '../../support/headers.ts'
import { anIncomingRequest, type RequestTraits } from '../../support/incoming-request.ts'

/** A client on a public route. */
export const STRANGER: Share = { holder: '203.0.113.7', anonymous: true }

export const UPSTREAM: UpstreamConfig = {
  id: 'app',
  path: '/',
  rewriteTarget: undefined,
  target: { kind: 'tcp', protocol: 'http:', host: '127.0.0.1', port: 8080, verifyTls: true, keepAlive: true },
  passHostHeader: true,
  websockets: true,
  getBody: false,
  timeoutMs: 30_000,
}

/** What one test says about a request and the configuration; everything else is ordinary. */
export interface Given extends RequestTraits, Partial<Omit<ForwardRequest, 'exchange'>> {
  readonly config?: Partial<HeadersConfig>
  readonly upstreams?: readonly UpstreamConfig[]
  readonly platform?: FakePlatform
  readonly facts?: Partial<Facts>
  /** Lines after Host. */
  readonly lines?: HeaderLines
}

/** Forwards one request through a platform without a network: what went out, and what came of it. */
export async function forwarded(given: Given): Promise<{ plan: ForwardPlan; result: Result<Response> }> {
  const { platform = createFakePlatform() } = given
  const forwarder = createForwarder({
    upstreams: given.upstreams ?? [UPSTREAM],
    headers: { ...headersOf(), ...given.config },
    platform,
    ownsCookie: (name) => name.startsWith('__Host-s') || name.startsWith('__Host-l'),
  })
  const { session, setCookies = [], follow, dropAuthorization = false } = given
  const result = await forwarder.forward({
    exchange: anExchange(given),
    session,
    share: given.share ?? STRANGER,
    setCookies,
    follow,
    dropAuthorization,
  })
  return { plan: platform.plans[0]!, result }
}

/** The request lines that go upstream. */
export async function requestLines(given: Given): Promise<HeaderLines> {
  return (await forwarded(given)).plan.headers
}

/** All values of one header by its exact name in any case. */
export function values(lines: HeaderLines, name: string): string[] {
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name.toLowerCase())
}

function anExchange(given: Given): Exchange {
  const request = anIncomingRequest({
    ...given,
    headers: given.headers ?? ['Host', 'app.example.com', ...(given.lines ?? [])],
  })
  const mark = request.target.indexOf('?')
  const facts: Facts = {
    client: '203.0.113.7',
    scheme: 'https',
    host: 'app.example.com',
    origin: 'https://app.example.com',
    trusted: false,
    navigation: false,
    wantsHtml: false,
    websocket: false,
    preflight: false,
    originHeader: undefined,
    fetchSite: undefined,
    userAgent: '',
    authorization: undefined,
    forwarded: { request: undefined, redirect: undefined },
    ...given.facts,
  }
  return {
    request,
    facts,
    cookies: [],
    requestId: 'request-1',
    target: {
      raw: request.target,
      path: mark < 0 ? request.target : request.target.slice(0, mark),
      query: mark < 0 ? '' : request.target.slice(mark),
      ambiguous: false,
    },
  }
}
