import type { ForwardPlan, IncomingRequest, Platform, UpstreamAddress } from '../../src/platform.ts'
import { problem, type Reason } from '../../src/problems.ts'
import { failed, ok, type Result } from '../../src/result.ts'
import { fromBytes } from './bytes.ts'
import { cuttable, watchStream } from './follow.ts'
import { hostOf, toRequestHeaders, toResponseHeaders } from './headers.ts'
import { toUpstreamUrl } from './target.ts'
import { relay } from './websocket.ts'

/** Bindings in `env` of a Worker: text for variables and secrets, objects for services. */
export type Bindings = Readonly<Record<string, unknown>>

/** Target of a `fetch`: a service binding, or the outside world. */
export type Fetches = Pick<Fetcher, 'fetch'>

/** Global `fetch`, which insists on being called as a function of the global object. */
const OUTSIDE: Fetches = { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init) }

/** Reads sign-outs of other isolates, as far as that is due. */
export type CatchUp = (waitUntil: (work: Promise<unknown>) => void) => Promise<void>

/** Builds the forwarder of Workers: `fetch` to a URL or to a service binding, bodies passed through untouched. */
export function createForward(bindings: Bindings, catchUp: CatchUp): Platform['forward'] {
  return async function forward(request, plan) {
    const url = toUpstreamUrl({ origin: originOf(plan), target: plan.target })
    if (url === undefined)
      return failed(problem('target_malformed', { why: 'a Worker cannot send it unchanged' }))
    const exchange = { request, plan, url, catchUp: () => catchUp(request.waitUntil) }
    const sent = await send(fetcherOf(bindings, plan.upstream), exchange)
    if (!sent.ok) return sent
    const { status, webSocket } = sent.value
    if (!isSendable(status) && webSocket === null) return failed(problem('upstream_misbehaved', { status }))
    return ok(toResponse(sent.value, exchange))
  }
}

interface ForwardExchange {
  readonly request: IncomingRequest
  readonly plan: ForwardPlan
  readonly url: URL
  readonly catchUp: () => Promise<void>
}

async function send(to: Fetches, exchange: ForwardExchange): Promise<Result<Response>> {
  const { request, plan, url, catchUp } = exchange
  const cut = new AbortController()
  let why: Reason | undefined
  const abort = (reason: Reason): void => {
    why ??= reason
    cut.abort()
  }
  const isBounded = plan.timeoutMs > 0
  const timer = isBounded ? setTimeout(() => abort('upstream_timeout'), plan.timeoutMs) : null
  const stop = plan.follow && watchStream(plan.follow, { catchUp, end: () => abort('sign_in_required') })
  try {
    return ok(
      await to.fetch(url, {
        method: request.method,
        headers: toRequestHeaders(plan.headers, plan),
        // `fetch` throws at a GET with a body; none gets this far that has one.
        body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
        redirect: 'manual',
        signal: cut.signal,
        ...(isPersonal(plan) ? { cache: 'no-store' } : {}),
      }),
    )
  } catch (error) {
    return failed(why === undefined ? problem('upstream_unreachable', { why: String(error) }) : problem(why))
  } finally {
    clearTimeout(timer)
    stop?.()
  }
}

/** False for a status that no Response can be made for: an uninvited 101, or one of an app's own invention. */
function isSendable(status: number): boolean {
  return status >= 200 && status <= 599
}

/**
 * True for a request of a person, whose answer must neither come from the edge's cache nor stay there. `no-store` also
 * tells the app `Cache-Control: no-cache`, so it is not for everything.
 */
function isPersonal({ upstream, follow }: ForwardPlan): boolean {
  return upstream.kind === 'tcp' && follow !== undefined
}

/** Length up to which answers are over before anything could end them. */
const SHORT = 64 * 1024

function toResponse(upstream: Response, exchange: ForwardExchange): Response {
  const { request, plan, catchUp } = exchange
  const { status, statusText, webSocket, body } = upstream
  const headers = toResponseHeaders(upstream, plan.response)
  const { follow } = plan
  if (webSocket !== null) {
    if (follow === undefined) return new Response(null, { status, statusText, headers, webSocket })
    const tunnel = relay(webSocket, () => stop())
    const stop = watchStream(follow, { catchUp, end: tunnel.close })
    return new Response(null, { status, statusText, headers, webSocket: tunnel.client })
  }
  // An encoded answer has to pass untouched, since a Worker that touches it unpacks it and packs it again.
  const length = upstream.headers.get('content-length')
  const isShort = length !== null && Number(length) <= SHORT
  if (body === null || follow === undefined || isShort || upstream.headers.has('content-encoding')) {
    return new Response(body, { status, statusText, headers })
  }
  const { waitUntil } = request
  const carried = cuttable(body, { length: length === null ? undefined : Number(length), waitUntil })
  const stop = watchStream(follow, { catchUp, end: carried.cut })
  waitUntil(carried.done.then(stop))
  return new Response(carried.body, { status, statusText, headers })
}

/**
 * Origin of the upstream URL. A binding has no address of its own, so the app sees the Host of the plan; towards a URL
 * Workers always send its own.
 */
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
