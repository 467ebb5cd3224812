import type { ForwardPlan, IncomingRequest, Platform, UpstreamAddress } from '../../src/platform.ts'
import { problem } from '../../src/problems.ts'
import { failed, ok, type Result } from '../../src/result.ts'
import { fromBytes } from './bytes.ts'
import { cutAfter, isEndless, remainingOf } from './deadline.ts'
import { hostOf, toRequestHeaders, toResponseHeaders } from './headers.ts'
import { toUpstreamUrl } from './target.ts'
import { relayUntil } from './websocket.ts'

/** What `env` of a Worker holds: text for variables and secrets, objects for bindings. */
export type Bindings = Readonly<Record<string, unknown>>

/** Anything with a `fetch`: a service binding, or the outside world. */
export type Fetches = Pick<Fetcher, 'fetch'>

/** `fetch` insists on being called as a function of the global object. */
const OUTSIDE: Fetches = { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init) }

/** Builds the forwarder of Workers: `fetch` to a URL or to a service binding, bodies passed through untouched. */
export function createForward(bindings: Bindings): Platform['forward'] {
  return async function forward(request, plan) {
    const url = toUpstreamUrl({ origin: originOf(plan), target: plan.target })
    if (url === undefined)
      return failed(problem('target_malformed', { why: 'a Worker cannot send it unchanged' }))
    const sent = await send(fetcherOf(bindings, plan.upstream), { request, plan, url })
    if (!sent.ok) return sent
    const { status, webSocket } = sent.value
    if (!isSendable(status) && webSocket === null) return failed(problem('upstream_misbehaved', { status }))
    return ok(toResponse(sent.value, { request, plan }))
  }
}

interface Sending {
  readonly request: IncomingRequest
  readonly plan: ForwardPlan
  readonly url: URL
}

async function send(to: Fetches, { request, plan, url }: Sending): Promise<Result<Response>> {
  const late = new AbortController()
  const timer = plan.timeoutMs > 0 && !plan.websocket ? setTimeout(() => late.abort(), plan.timeoutMs) : null
  try {
    return ok(
      await to.fetch(url, {
        method: request.method,
        headers: toRequestHeaders(plan.headers, plan),
        // `fetch` throws at a GET with a body; none gets this far that has one.
        body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
        redirect: 'manual',
        signal: late.signal,
        ...(isPersonal(plan) ? { cache: 'no-store' } : {}),
      }),
    )
  } catch (error) {
    return failed(
      late.signal.aborted
        ? problem('upstream_timeout')
        : problem('upstream_unreachable', { why: String(error) }),
    )
  } finally {
    clearTimeout(timer)
  }
}

/** A Response cannot be made for another status: a 101 that nobody asked for, or one of an app's own invention. */
function isSendable(status: number): boolean {
  return status >= 200 && status <= 599
}

/**
 * What is made for one person must neither come from the edge's cache nor stay there; a deadline is there whenever
 * somebody is signed in. `no-store` also tells the app `Cache-Control: no-cache`, so it is not for everything.
 */
function isPersonal({ upstream, closeAtMs }: ForwardPlan): boolean {
  return upstream.kind === 'tcp' && closeAtMs !== undefined
}

function toResponse(
  upstream: Response,
  { request, plan }: { request: IncomingRequest; plan: ForwardPlan },
): Response {
  const { status, statusText, webSocket, body } = upstream
  const headers = toResponseHeaders(upstream, plan.response)
  const remainingMs = remainingOf(plan.closeAtMs, Date.now())
  if (webSocket !== null) {
    const tunnel = remainingMs === undefined ? webSocket : relayUntil(webSocket, remainingMs)
    return new Response(null, { status, statusText, headers, webSocket: tunnel })
  }
  if (body === null || remainingMs === undefined || !isEndless(upstream)) {
    return new Response(body, { status, statusText, headers })
  }
  return new Response(cutAfter(body, { remainingMs, waitUntil: request.waitUntil }), {
    status,
    statusText,
    headers,
  })
}

/** A binding has no address of its own, so the app sees the Host of the plan; towards a URL Workers always send its own. */
function originOf({ upstream, headers }: ForwardPlan): string {
  switch (upstream.kind) {
    case 'tcp': {
      const host = upstream.host.includes(':') ? `[${upstream.host}]` : upstream.host
      return new URL(`${upstream.protocol}//${host}:${upstream.port}`).origin
    }
    case 'binding':
      return new URL(`https://${fromBytes(hostOf(headers) ?? 'localhost')}`).origin
    case 'unix':
      throw new Error('A Worker has no sockets; the configuration refuses this upstream.')
  }
}

function fetcherOf(bindings: Bindings, upstream: UpstreamAddress): Fetches {
  // Checked when the settings were read.
  return upstream.kind === 'binding' ? (bindings[upstream.name] as Fetches) : OUTSIDE
}
