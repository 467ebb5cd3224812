import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Following, ForwardPlan, Share, StreamEnd } from '../../../../src/platform.ts'
import type { NodeRequest } from '../../server/incoming-request.ts'
import { createShares, sharesOf } from '../pool/shares.ts'
import type { ResponseHead } from '../response-head.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

/** GUID of the Sec-WebSocket-Accept key (RFC 6455 §1.3). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Close code of a server that goes away (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001

/** Close codes by what the client should do next: policy violation (RFC 6455 §7.4.1), service restart (IANA registry). */
const CLOSE_CODES: Readonly<Record<StreamEnd, readonly [code: number, reason: string]>> = {
  'sign-in': [1008, 'session ended'],
  reconnect: [1012, 'connect again to renew the session'],
}

/** The tunnels that are open now, and the handshakes that may become some. */
export interface Tunnels {
  /** Reserves a place for a handshake; false when there is none left, or none for this holder. */
  reserve(share: Share): boolean
  /** Gives back the place of a handshake that came to nothing. */
  cancel(share: Share): void
  /** Turns an accepted handshake into a tunnel, which takes the place that was kept for it. */
  accept(handshake: Handshake): void
  /** Closes every tunnel with 1001: the server is going away. */
  closeAll(): void
  readonly count: () => number
}

/** Both ends of a handshake that the upstream has accepted. */
export interface Handshake {
  readonly request: NodeRequest
  readonly plan: ForwardPlan
  readonly head: ResponseHead
  /** Bytes that the upstream sent after its head. */
  readonly rest: Buffer
  readonly upstream: Socket
}

/** Bytes that a client sent right after its handshake; known only for requests that can become a tunnel. */
const early = new WeakMap<IncomingMessage, Buffer>()

/** Remembers that a request came as an upgrade, and the bytes that came with it. */
export function markUpgrade(incoming: IncomingMessage, bytes: Buffer): void {
  early.set(incoming, bytes)
}

/** True when the connection of a request was handed over to become a tunnel. */
export function isUpgrade(incoming: IncomingMessage): boolean {
  return early.has(incoming)
}

/** True when a 101 is the answer to this very handshake (RFC 6455 §4.1, client steps 2 to 4). */
export function isAccepted({ incoming }: NodeRequest, head: ResponseHead): boolean {
  const key = incoming.headers['sec-websocket-key']
  const at = head.lines.findIndex((line, index) => index % 2 === 0 && /^sec-websocket-accept$/iu.test(line))
  if (head.upgrade !== 'websocket' || key === undefined || at < 0) return false
  return (
    head.lines[at + 1] ===
    createHash('sha1')
      .update(key + ACCEPT_GUID)
      .digest('base64')
  )
}

/** Tunnels for each MiB of memory: an idle one takes 24 KiB, and 128 MiB hold all of them beside the program. */
const TUNNELS_PER_MIB = 16
const MAX_TUNNELS = 16_384
/** Limit where the runtime does not tell the limit on memory: they fit 256 MiB. */
const TUNNELS_OF_UNKNOWN = 4096

/** Limit on tunnels of a process with a memory limit in bytes; 0 or an absurd one when it has none. */
export function tunnelsIn(memoryLimit: number | undefined): number {
  if (memoryLimit === undefined) return TUNNELS_OF_UNKNOWN
  const mebibytes = Math.floor((memoryLimit || Number.POSITIVE_INFINITY) / 2 ** 20)
  return Math.min(MAX_TUNNELS, mebibytes * TUNNELS_PER_MIB)
}

/**
 * Creates the list of open tunnels, whatever the upstream. They are shared out like its connections, and do not count as
 * such.
 */
export function createTunnels(limit: number): Tunnels {
  const open = new Set<Tunnel>()
  const places = createShares(sharesOf(limit))
  let taken = 0
  const cancel = (share: Share): void => {
    taken -= 1
    places.give(share)
  }
  const accept = (handshake: Handshake): void => {
    const { request, plan, rest, upstream } = handshake
    const client = request.incoming.socket
    let following: Following | undefined
    request.outgoing.statusCode = 101
    request.outgoing.detachSocket(client)
    client.write(switchHead(handshake), 'latin1')
    const tunnel = openTunnel({
      client,
      upstream,
      stallMs: plan.timeoutMs,
      onClose: () => {
        open.delete(tunnel)
        cancel(plan.share)
        following?.stop()
        // The response object has lost its socket: a listener for the completion would wait for ever.
        request.outgoing.emit('close')
      },
    })
    open.add(tunnel)
    following = plan.follow?.((why) => tunnel.close(...CLOSE_CODES[why]))
    upstream.write(early.get(request.incoming) ?? '')
    if (rest.length > 0) upstream.unshift(rest)
  }
  return {
    reserve: (share) => {
      if (taken >= limit || !places.admits(share)) return false
      taken += 1
      places.take(share)
      return true
    },
    cancel,
    accept,
    closeAll: () => {
      for (const tunnel of [...open]) tunnel.close(GOING_AWAY, 'going away')
    },
    count: () => open.size,
  }
}

function switchHead({ head, plan }: Handshake): string {
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  for (let at = 0; at + 1 < head.lines.length; at += 2) {
    const name = head.lines[at] ?? ''
    const value = plan.response.rewrite(name, head.lines[at + 1] ?? '')
    if (value !== undefined) text += `${name}: ${value}\r\n`
  }
  const { add } = plan.response
  for (let at = 0; at + 1 < add.length; at += 2) text += `${add[at]}: ${add[at + 1]}\r\n`
  return `${text}\r\n`
}
