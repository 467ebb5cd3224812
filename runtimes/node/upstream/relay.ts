import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Following, ForwardPlan, Share } from '../../../src/platform.ts'
import { problem, type Reason } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import { onClientIdle } from '../stalls.ts'
import type { ConnectionFailure, ConnectionUser, UpstreamConnection } from './connection.ts'
import type { Flaw } from './head-flaw.ts'
import type { Followable, InFlight } from './in-flight.ts'
import type { Pool } from './pool/pool.ts'
import type { Waiter } from './pool/waiting-line.ts'
import { startUpload, type Upload } from './request-body.ts'
import type { ResponseHead } from './response-head.ts'
import { isAccepted, type Tunnels } from './tunnel/websocket.ts'
import { cut, endWith, isRepeatable, requestHead, sendHead, writeHints } from './wire.ts'
import { notePassed } from './young-generation.ts'

/** Parts of one forwarded exchange. */
export interface RelayInput {
  readonly request: NodeRequest
  readonly plan: ForwardPlan
  readonly pool: Pool
  readonly tunnels: Tunnels
  readonly inFlight: InFlight
  /** Called once: the head of the response has left, or why there will be none. */
  readonly settle: (result: Result<Response>) => void
}

/** Idle time up to which a connection is taken for a request that cannot be repeated: it was in use just now. */
const FRESH_MS = 500
const NEW = -1

/** Longest wait in the pool's queue where the upstream itself may take for ever. */
const QUEUE_MS = 30_000

/** Longest wait for a 101, also where the upstream has all the time: a client that waits for one cannot be seen leaving. */
const HANDSHAKE_MS = 30_000

const SENT = ok(RESPONSE_ALREADY_SENT)

/** Carries one request upstream and its answer into the outgoing response. A class: closures would cost more. */
export class Relay implements Waiter, ConnectionUser, Followable {
  place: number | undefined
  readonly #request: NodeRequest
  readonly #plan: ForwardPlan
  readonly #pool: Pool
  readonly #tunnels: Tunnels
  readonly #inFlight: InFlight
  readonly #settle: RelayInput['settle']
  readonly #timeoutMs: number
  #connection: UpstreamConnection | undefined
  #upload: Upload | undefined
  #headTimer: NodeJS.Timeout | undefined
  #following: Following | undefined
  #attempts = 0
  #paused = false
  #watchesClient = false
  #over = false

  constructor({ request, plan, pool, tunnels, inFlight, settle }: RelayInput) {
    this.#request = request
    this.#plan = plan
    this.#pool = pool
    this.#tunnels = tunnels
    this.#inFlight = inFlight
    this.#settle = settle
    const { timeoutMs } = plan
    this.#timeoutMs = plan.websocket ? Math.min(timeoutMs || HANDSHAKE_MS, HANDSHAKE_MS) : timeoutMs
  }

  get share(): Share {
    return this.#plan.share
  }

  /** Starts; everything that follows comes by callback. */
  start(): void {
    const { outgoing } = this.#request
    // The session may have taken time to load, and a client that left then is not announced again.
    if (outgoing.destroyed) return void this.#end('client_gone', {})
    outgoing.on('close', () => {
      if (!this.#over) this.#abandon('client_gone', {})
    })
    if (this.#plan.follow !== undefined) this.#inFlight.add(this)
    this.#startHeadTimer()
    this.#acquire(isRepeatable(this.#request) ? Number.POSITIVE_INFINITY : FRESH_MS)
  }

  /** Follows the session of the exchange from now on. */
  follow(): void {
    this.#following ??= this.#plan.follow?.(() => this.#abandon('sign_in_required', {}))
  }

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection
    this.#attempts += 1
    const { held, incoming, outgoing, method } = this.#request
    connection.begin(this, { method, head: requestHead(this.#request, this.#plan) })
    if (this.#timeoutMs === 0) clearTimeout(this.#headTimer)
    if (!this.#request.hasBody) return
    // However long an upload takes, the upstream's time begins when it has everything, as long as something moves.
    clearTimeout(this.#headTimer)
    this.#upload = startUpload({
      incoming,
      outgoing,
      held,
      connection,
      timeoutMs: this.#plan.timeoutMs,
      onDone: () => this.#startHeadTimer(),
      onStalled: () => this.#abandon('upstream_timeout', { why: 'the upload is not read' }),
    })
    this.#watchClient()
  }

  /** Passes a 103 on with its links (RFC 8297); 100 and 102 were between Sidegate and the upstream. */
  onInterim(head: ResponseHead): void {
    if (head.status === 103) writeHints(this.#request, head)
  }

  onHead(head: ResponseHead): void {
    clearTimeout(this.#headTimer)
    sendHead(this.#request, head, this.#plan.response)
    this.#settle(SENT)
  }

  onSwitch(head: ResponseHead, rest: Buffer): void {
    const connection = this.#connection
    if (connection === undefined) return
    const upstream = connection.detach()
    if (this.#plan.websocket && isAccepted(this.#request, head)) {
      this.#stop()
      this.#pool.detach(connection)
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
    // Without content so far the head still waits in Node for its first bytes: a client of events must see it now.
    if (outgoing.headersSent && this.#request.bytes === 0) outgoing.flushHeaders()
  }

  onEnd(reusable: boolean): void {
    this.#leave()
    const { outgoing } = this.#request
    const connection = this.#connection
    // An upstream that answered before it had read everything may go on reading the next request as content, and one
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
    if (wasStale && isRepeatable(this.#request)) {
      this.#connection = undefined
      this.#acquire(NEW)
    } else {
      const reason = failure.kind === 'connect' ? 'upstream_unreachable' : 'upstream_misbehaved'
      this.#end(reason, { ...failure.flaw })
    }
  }

  #acquire(maxIdleMs: number): void {
    if (!this.#pool.acquire(this, maxIdleMs)) this.#end('overloaded', { why: 'upstream connections' })
  }

  #startHeadTimer(): void {
    // An upload may go on after the answer has begun.
    if (this.#over || this.#request.outgoing.headersSent) return
    const ms = this.#timeoutMs || (this.#connection === undefined ? QUEUE_MS : 0)
    if (ms > 0) this.#headTimer = setTimeout(() => this.#onLate(), ms)
  }

  #onLate(): void {
    if (this.#connection !== undefined) this.#abandon('upstream_timeout', {})
    else this.#abandon('overloaded', { why: 'upstream connections' })
  }

  /** Watches for a client that neither sends what it announced nor reads, and holds a connection for nothing. */
  #watchClient(): void {
    const { timeoutMs } = this.#plan
    if (timeoutMs === 0 || this.#watchesClient) return
    this.#watchesClient = true
    const { outgoing } = this.#request
    onClientIdle(outgoing, timeoutMs, () => {
      if (outgoing.writableLength > 0) outgoing.destroy()
      else if (this.#upload?.isAwaited() === true) this.#abandon('request_timeout', {})
    })
  }

  #pauseUntilDrained(): void {
    if (this.#paused) return
    this.#paused = true
    this.#watchClient()
    const socket = this.#connection?.socket
    socket?.pause()
    this.#request.outgoing.once('drain', () => {
      this.#paused = false
      // Once this response is over, the connection is another request's business.
      if (!this.#over) socket?.resume()
    })
  }

  #abandon(reason: Reason, detail: Partial<Flaw>): void {
    this.#pool.forget(this)
    this.#connection?.destroy()
    this.#upload?.stop()
    this.#end(reason, detail)
  }

  #stop(): void {
    this.#over = true
    clearTimeout(this.#headTimer)
    this.#inFlight.delete(this)
    this.#following?.stop()
  }

  /** Leaves the exchange, which is over, and no tunnel has come of it. */
  #leave(): void {
    this.#stop()
    if (this.#plan.websocket) this.#tunnels.cancel(this.share)
  }

  /** Ends the exchange early: in words while that is possible, by cutting the connection afterwards. */
  #end(reason: Reason, detail: Partial<Flaw>): void {
    if (this.#over) return
    this.#leave()
    if (this.#request.outgoing.headersSent) cut(this.#request.outgoing)
    else this.#settle(failed(problem(reason, detail)))
  }
}
