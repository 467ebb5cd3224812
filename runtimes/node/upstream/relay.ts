import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { hasBody } from '../../../src/http/body.ts'
import { headerValues } from '../../../src/http/head.ts'
import type { ForwardPlan } from '../../../src/platform.ts'
import { problem, type Reason } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import type { ConnectionFailure, ConnectionUser, UpstreamConnection } from './connection.ts'
import type { Pool, Waiter } from './pool.ts'
import { startUpload, type Upload } from './request-body.ts'
import type { ResponseHead } from './response-head.ts'
import { delayUntil, isAccepted, type Tunnels } from './websocket.ts'
import { endWith, requestHead, responseLines } from './wire.ts'
import { notePassed } from './young-generation.ts'

/** What one forwarded request is made from. */
export interface RelayInput {
  readonly request: NodeRequest
  readonly plan: ForwardPlan
  readonly pool: Pool
  readonly tunnels: Tunnels
  /** Told once: the head of the answer has left, or why there will be none. */
  readonly settle: (result: Result<Response>) => void
}

/** Methods that may be sent again when a connection turns out to be dead (RFC 9110 §9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** A request that cannot be repeated takes only a connection that was in use just now. */
const FRESH_MS = 500
const NEW = -1

/** A client that waits for a 101 cannot be seen leaving, so the wait is bounded whatever the upstream's timeout says. */
const HANDSHAKE_MS = 30_000

const SENT = ok(RESPONSE_ALREADY_SENT)

/**
 * Carries one request upstream and its answer back, straight into the outgoing response. A class, because one is made
 * for each request and closures for a dozen callbacks would cost more than the rest of it.
 */
export class Relay implements Waiter, ConnectionUser {
  readonly #request: NodeRequest
  readonly #plan: ForwardPlan
  readonly #pool: Pool
  readonly #tunnels: Tunnels
  readonly #settle: RelayInput['settle']
  readonly #hasContent: boolean
  #connection: UpstreamConnection | undefined
  #upload: Upload | undefined
  #headTimer: NodeJS.Timeout | undefined
  #closeTimer: NodeJS.Timeout | undefined
  #attempts = 0
  #paused = false
  #over = false

  constructor({ request, plan, pool, tunnels, settle }: RelayInput) {
    this.#request = request
    this.#plan = plan
    this.#pool = pool
    this.#tunnels = tunnels
    this.#settle = settle
    this.#hasContent = hasBody(request.headers)
  }

  /** Begins; everything that follows comes by callback. */
  start(): void {
    const { outgoing } = this.#request
    // The session may have taken time to load, and a client that left then is not announced again.
    if (outgoing.destroyed) this.#end('client_gone', {})
    else {
      outgoing.on('close', () => {
        if (!this.#over) this.#abandon('client_gone', {})
      })
      this.#startHeadTimer()
      this.#acquire(this.#isRepeatable() ? Number.POSITIVE_INFINITY : FRESH_MS)
    }
  }

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection
    this.#attempts += 1
    const { incoming, outgoing, method } = this.#request
    connection.begin(this, { method, head: requestHead(this.#request, this.#plan) })
    if (!this.#hasContent) return
    // However long an upload takes, the upstream's time begins when it has everything.
    clearTimeout(this.#headTimer)
    this.#upload = startUpload({ incoming, outgoing, connection, onDone: () => this.#startHeadTimer() })
  }

  /** 103 is passed on with its links (RFC 8297); 100 and 102 were between us and the upstream. */
  onInterim(head: ResponseHead): void {
    const { outgoing, httpVersion } = this.#request
    if (head.status !== 103 || httpVersion !== '1.1') return
    const link = headerValues(head.lines, 'link')
    try {
      if (link.length > 0) outgoing.writeEarlyHints({ link: [...link] })
    } catch {
      // Node takes only links of a certain form; a hint is worth no failure.
    }
  }

  onHead(head: ResponseHead): void {
    clearTimeout(this.#headTimer)
    const { outgoing } = this.#request
    this.#request.bytes = 0
    outgoing.sendDate = false
    outgoing.writeHead(head.status, head.reason, responseLines(head, this.#plan.response))
    this.#settle(SENT)
  }

  onSwitch(head: ResponseHead, rest: Buffer): void {
    const upstream = this.#connection?.detach()
    if (upstream === undefined) return
    if (this.#plan.websocket && isAccepted(this.#request, head)) {
      this.#over = true
      clearTimeout(this.#headTimer)
      this.#tunnels.accept({ request: this.#request, plan: this.#plan, head, rest, upstream })
      this.#settle(SENT)
    } else {
      upstream.destroy()
      this.#end('upstream_misbehaved', { why: 'unexpected 101' })
    }
  }

  onContent(bytes: Buffer, last: boolean): void {
    const request = this.#request
    const { outgoing } = request
    request.bytes = (request.bytes ?? 0) + bytes.length
    notePassed(bytes.length)
    if (last) endWith(outgoing, bytes)
    else if (!outgoing.write(bytes)) this.#pauseUntilDrained()
  }

  onPause(): void {
    const { outgoing } = this.#request
    if (!outgoing.headersSent) return
    // Without content so far the head still waits in Node for its first bytes: a client of events must see it now.
    if (this.#request.bytes === 0) outgoing.flushHeaders()
    this.#closeTimer ??= this.#startCloseTimer()
  }

  onEnd(reusable: boolean): void {
    this.#over = true
    clearTimeout(this.#closeTimer)
    const { outgoing } = this.#request
    const connection = this.#connection
    // An upstream that answered before it had read everything may go on reading our next request as content, and one
    // that was asked to switch protocols may believe that it has.
    if (reusable && !this.#plan.websocket && (this.#upload?.isDone() ?? true)) {
      connection?.socket.resume()
      if (connection !== undefined) this.#pool.release(connection)
    } else connection?.destroy()
    this.#upload?.stop()
    if (!outgoing.writableEnded) outgoing.end()
  }

  onFailure(failure: ConnectionFailure): void {
    const connection = this.#connection
    this.#upload?.stop()
    const wasStale = connection?.wasUsed === true && !failure.responded && this.#attempts === 1
    if (wasStale && this.#isRepeatable()) this.#acquire(NEW)
    else {
      const reason = failure.kind === 'connect' ? 'upstream_unreachable' : 'upstream_misbehaved'
      this.#end(reason, { why: failure.why })
    }
  }

  #acquire(maxIdleMs: number): void {
    if (!this.#pool.acquire(this, maxIdleMs)) this.#end('overloaded', { why: 'upstream connections' })
  }

  #isRepeatable(): boolean {
    return !this.#hasContent && REPEATABLE.has(this.#request.method)
  }

  #startHeadTimer(): void {
    const timeoutMs = this.#plan.websocket ? HANDSHAKE_MS : this.#plan.timeoutMs
    // An upload may go on after the answer has begun.
    if (timeoutMs === 0 || this.#over || this.#request.outgoing.headersSent) return
    this.#headTimer = setTimeout(() => this.#abandon('upstream_timeout', {}), timeoutMs)
  }

  #startCloseTimer(): NodeJS.Timeout | undefined {
    const { closeAtMs } = this.#plan
    if (closeAtMs === undefined) return undefined
    const cut = (): void => this.#abandon('sign_in_required', {})
    return setTimeout(cut, delayUntil(closeAtMs))
  }

  #pauseUntilDrained(): void {
    if (this.#paused) return
    this.#paused = true
    const socket = this.#connection?.socket
    socket?.pause()
    this.#request.outgoing.once('drain', () => {
      this.#paused = false
      // Once this response is over, the connection is another request's business.
      if (!this.#over) socket?.resume()
    })
  }

  #abandon(reason: Reason, detail: { why?: string }): void {
    this.#pool.forget(this)
    this.#connection?.destroy()
    this.#upload?.stop()
    this.#end(reason, detail)
  }

  /** No answer, or no more of it: said in words while that is possible, by cutting the connection afterwards. */
  #end(reason: Reason, detail: { why?: string }): void {
    this.#over = true
    clearTimeout(this.#headTimer)
    clearTimeout(this.#closeTimer)
    const { outgoing } = this.#request
    if (outgoing.headersSent) this.#cut()
    else this.#settle(failed(problem(reason, detail)))
  }

  /**
   * Node holds writes back until the end of the tick. Without them the client would see a connection that died before
   * any answer, which browsers take as leave to send the request again.
   */
  #cut(): void {
    const { outgoing } = this.#request
    outgoing.flushHeaders()
    process.nextTick(() => outgoing.destroy())
  }
}
