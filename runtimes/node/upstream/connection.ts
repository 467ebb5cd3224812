import type { Socket } from 'node:net'
import type { Share } from '../../../src/platform.ts'
import type { Flaw } from './head-flaw.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseParser, type ResponseSink } from './response-parser.ts'
import { isEncrypted, openSocket, type SocketAddress } from './socket.ts'

/** Reason why a connection was of no use to a request. */
export interface ConnectionFailure {
  /** `connect`: the request was not taken. `closed`: the connection ended. `broken`: the bytes are not HTTP. */
  readonly kind: 'connect' | 'closed' | 'broken'
  readonly flaw: Flaw
  /** True when some byte of a response had come. */
  readonly responded: boolean
}

/** One request and its response, as a connection sees it. */
export interface ConnectionUser {
  onInterim(head: ResponseHead): void
  onHead(head: ResponseHead): void
  onSwitch(head: ResponseHead, rest: Buffer): void
  onContent(bytes: Buffer, last: boolean): void
  /** Called when everything that has arrived was handed over; more may come much later. */
  onPause(): void
  /** Called when the response is complete; `reusable` when the connection may carry the next request. */
  onEnd(reusable: boolean): void
  /** Called when the connection is gone, and the response not complete. */
  onFailure(failure: ConnectionFailure): void
}

/** Longest time for connecting; beyond it the connection counts as refused. */
const CONNECT_MS = 10_000

/**
 * One connection to an upstream, one request at a time. A class, because there is one for each socket and its parts
 * call each other both ways: socket to parser, parser to user, user to socket.
 */
export class UpstreamConnection implements ResponseSink {
  readonly socket: Socket
  /** True when it has carried a request before, so that the upstream may have closed it unnoticed. */
  wasUsed = false
  /** Account of the request that has it; undefined while it is idle. */
  share: Share | undefined
  /** Time since which it is in the pool, and until which it may stay; ms since the epoch. */
  idleSinceMs = 0
  idleUntilMs = 0
  /** Seconds that the upstream keeps an idle connection, if the last response said so. */
  keepAliveSeconds: number | undefined
  readonly #parser: ResponseParser
  readonly #readyEvent: string
  #user: ConnectionUser | undefined
  #ready = false
  #responded = false
  #persistent = false
  #error: string | undefined
  #outlives = false
  /** True when nothing can be written any more, so that the end that is read is not the upstream's word. */
  #severed = false

  /** Starts to connect. `onGone` is called once, when the socket has closed from either side. */
  constructor(address: SocketAddress, onGone: () => void) {
    this.#parser = new ResponseParser(this)
    this.#readyEvent = isEncrypted(address) ? 'secureConnect' : 'connect'
    this.socket = openSocket(address)
    const timer = setTimeout(() => this.#fail('connect', { why: 'timeout' }), CONNECT_MS)
    this.socket.on(this.#readyEvent, () => {
      this.#ready = true
      clearTimeout(timer)
    })
    this.socket.on('data', this.#onData)
    this.socket.on('end', this.#onFin)
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? error.name
    })
    this.socket.on('close', () => {
      clearTimeout(timer)
      this.#fail('closed', { why: this.#error ?? 'closed' })
      onGone()
    })
  }

  /** Sends a request head, one character a byte; what comes back goes to `user`. */
  begin(user: ConnectionUser, request: { readonly method: string; readonly head: string }): void {
    this.#user = user
    this.#responded = false
    this.#parser.begin(request.method)
    this.socket.write(request.head, 'latin1')
  }

  /** Calls back once the connection is made, TLS included; at once when it is. */
  whenReady(callback: () => void): void {
    if (this.#ready) callback()
    else this.socket.once(this.#readyEvent, callback)
  }

  /**
   * An upstream that refuses content and closes resets the connection behind its answer, which then lies in the local
   * kernel while the next write fails. A write that fails therefore only ends the writing: the reading goes on to its
   * own end.
   */
  outliveWrites(): void {
    if (this.#outlives) return
    this.#outlives = true
    const { socket } = this
    const hold = (done: (error?: Error | null) => void) => (error?: Error | null) => {
      if (error == null || socket.destroyed) return done(error)
      this.#error = (error as NodeJS.ErrnoException).code ?? error.name
      this.#severed = true
    }
    const write = socket._write
    const writev = socket._writev
    socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, hold(done))
    if (writev !== undefined) socket._writev = (chunks, done) => writev.call(socket, chunks, hold(done))
  }

  /** Leaves the socket to its user: what arrives is no longer read as HTTP. */
  detach(): Socket {
    this.#user = undefined
    this.socket.off('data', this.#onData)
    this.socket.off('end', this.#onFin)
    return this.socket
  }

  /** Closes it without telling its user. */
  destroy(): void {
    this.#user = undefined
    this.socket.destroy()
  }

  onInterim(head: ResponseHead): void {
    this.#user?.onInterim(head)
  }

  onHead(head: ResponseHead): void {
    this.#persistent = head.persistent
    this.keepAliveSeconds = head.keepAliveSeconds
    this.#user?.onHead(head)
  }

  onSwitch(head: ResponseHead, rest: Buffer): void {
    this.#user?.onSwitch(head, rest)
  }

  onContent(bytes: Buffer, last: boolean): void {
    this.#user?.onContent(bytes, last)
  }

  onEnd(clean: boolean): void {
    const user = this.#user
    this.#user = undefined
    user?.onEnd(clean && this.#persistent && !this.#severed && !this.socket.destroyed)
  }

  onBroken(flaw: Flaw): void {
    this.#fail('broken', flaw)
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#responded = true
    this.#parser.push(bytes)
    this.#user?.onPause()
  }

  readonly #onFin = (): void => {
    if (this.#user !== undefined && this.#responded && !this.#severed) this.#parser.finish()
    this.#fail('closed', { why: this.#error ?? 'closed' })
  }

  #fail(kind: ConnectionFailure['kind'], flaw: Flaw): void {
    const user = this.#user
    this.#user = undefined
    this.socket.destroy()
    user?.onFailure({ kind: this.#ready ? kind : 'connect', flaw, responded: this.#responded })
  }
}
