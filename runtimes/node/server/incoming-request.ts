import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { hasBody } from '../../../src/http/body.ts'
import type { Completion, HeaderLines, IncomingRequest, Peer } from '../../../src/platform.ts'

/** Environment that the listener passes to the app beside the Request. */
export interface NodeEnv {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

const UNIX: Peer = { kind: 'unix' }
const UNKNOWN: Peer = { kind: 'unknown' }

/** Longest wait of an endpoint for the body that it reads; forwarded bodies have no such limit. */
const OWN_BODY_MS = 10_000

/** Sockets that were accepted on a unix socket: they have no address, and neither has a TCP socket that is gone. */
const unixSockets = new WeakSet<Socket>()

/** Records that a socket came in through a unix socket. */
export function markUnixSocket(socket: Socket): void {
  unixSockets.add(socket)
}

/** Called with work that outlives an answer. */
export type WaitUntil = (work: Promise<unknown>) => void

/**
 * An incoming request with what it came from: the forwarder writes into `outgoing` directly. A class, because an object literal
 * with getters gets a hidden class of its own each time, which costs more than the rest of a request.
 */
export class NodeRequest implements IncomingRequest, NodeEnv {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly method: string
  readonly target: string
  readonly headers: HeaderLines
  readonly waitUntil: WaitUntil
  /** Content bytes of a forwarded response, for the access line. */
  bytes: number | undefined
  /** Content that was read before it is sent upstream. */
  held: Readable | undefined
  #isEmpty = false

  constructor({ incoming, outgoing }: NodeEnv, defer: WaitUntil) {
    this.incoming = incoming
    this.outgoing = outgoing
    this.method = incoming.method ?? ''
    this.target = incoming.url ?? ''
    this.headers = incoming.rawHeaders
    this.waitUntil = defer
    this.bytes = undefined
    this.held = undefined
  }

  get httpVersion(): IncomingRequest['httpVersion'] {
    const { httpVersion } = this.incoming
    return httpVersion === '1.1' || httpVersion === '1.0' ? httpVersion : '0.9'
  }

  get encrypted(): boolean {
    return 'encrypted' in this.incoming.socket
  }

  /** Peer of the socket, by the socket alone. An IPv4 client on a dual-stack socket is reported by its IPv4 address. */
  get peer(): Peer {
    const { socket } = this.incoming
    const address = socket.remoteAddress
    if (address === undefined) return unixSockets.has(socket) ? UNIX : UNKNOWN
    return { kind: 'ip', address: address.startsWith('::ffff:') ? address.slice(7) : address }
  }

  get peerPort(): number | undefined {
    return this.incoming.socket.remotePort
  }

  get answerBytes(): number | undefined {
    const { outgoing } = this
    // Node keeps the head that it wrote, and has no other way to ask what was in it.
    const head = '_header' in outgoing && typeof outgoing._header === 'string' ? outgoing._header : ''
    const length = /\r\ncontent-length: (?<bytes>\d+)\r\n/iu.exec(head)?.groups?.['bytes']
    return length === undefined ? undefined : Number(length)
  }

  /** True when a body follows the head, as the head says; not when it has turned out to be empty. */
  get hasBody(): boolean {
    return !this.#isEmpty && hasBody(this.headers)
  }

  async hasContent(): Promise<boolean> {
    const { incoming } = this
    const { headers } = incoming
    // A client that waits for 100 Continue sends nothing before it is asked, and it would not wait to send nothing.
    const isSaid = headers['transfer-encoding'] === undefined || headers.expect !== undefined
    this.#isEmpty = isSaid ? Number(headers['content-length'] ?? 1) === 0 : !(await arrives(incoming))
    return !this.#isEmpty
  }

  get body(): ReadableStream<Uint8Array> | null {
    const { incoming } = this
    if (!this.hasBody) return null
    boundBody(incoming)
    return toStream(incoming)
  }

  onFinished(listener: (completion: Completion) => void): void {
    let gone = false
    this.outgoing.on('close', () => {
      // A response that lost its socket to a tunnel is closed by hand, and Node may have closed it before.
      if (gone) return
      gone = true
      listener(completionOf(this))
    })
  }
}

function completionOf({ outgoing, bytes }: NodeRequest): Completion {
  const status = outgoing.statusCode
  // A tunnel ends when one side leaves: that is no abortion.
  const aborted = !outgoing.writableFinished && status !== 101
  return bytes === undefined ? { status, aborted } : { status, aborted, bytes }
}

/** Resolves to false when a body ends without a byte; nothing of it is lost. */
function arrives(incoming: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (content: boolean): void => {
      clearTimeout(timer)
      incoming.off('readable', look).off('end', onEnd).off('close', onClose)
      resolve(content)
    }
    const look = (): void => {
      const first: Buffer | null = incoming.read()
      if (first === null) return
      incoming.unshift(first)
      settle(true)
    }
    const onEnd = (): void => settle(false)
    const onClose = (): void => settle(true)
    const timer = setTimeout(onClose, OWN_BODY_MS)
    incoming.on('end', onEnd).on('close', onClose).on('readable', look)
  })
}

/** Converts to a stream that can be given up half read: the connection stays, because the answer has to leave on it. */
function toStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Buffer> = incoming.iterator({ destroyOnReturn: false })
  return new ReadableStream({
    async pull(controller) {
      const { done = false, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** Cuts the connection of a client that announces a body and does not deliver it. */
function boundBody(incoming: IncomingMessage): void {
  if (incoming.complete || bounded.has(incoming)) return
  bounded.add(incoming)
  const timer = setTimeout(() => incoming.destroy(), OWN_BODY_MS)
  timer.unref()
  incoming.on('close', () => clearTimeout(timer))
}
const bounded = new WeakSet<IncomingMessage>()
