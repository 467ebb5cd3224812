import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { UpstreamAddress } from '../../../src/platform.ts'

/** Address that a socket can be opened to. */
export type SocketAddress = Exclude<UpstreamAddress, { kind: 'binding' }>

/** TLS sessions of each upstream: a resumed handshake costs a fraction of a full one. */
const tlsSessions = new WeakMap<SocketAddress, Buffer>()

/** True when a socket to this address speaks TLS. */
export function isEncrypted(address: SocketAddress): boolean {
  return address.kind === 'tcp' && address.protocol === 'https:'
}

/**
 * Opens a socket to an upstream. Half-open is allowed, because a tunnel carries one direction on when the other has
 * ended; who opens it has to close it.
 */
export function openSocket(address: SocketAddress): Socket {
  if (address.kind === 'unix') return connect({ path: address.path, allowHalfOpen: true })
  const { host, port } = address
  if (!isEncrypted(address)) return connect({ host, port, noDelay: true, allowHalfOpen: true })
  const session = tlsSessions.get(address)
  const socket = connectTls({
    host,
    port,
    // SNI is for names only (RFC 6066 §3).
    ...(/^[\d.]+$|:/u.test(host) ? {} : { servername: host }),
    rejectUnauthorized: address.verifyTls,
    ALPNProtocols: ['http/1.1'],
    ...(session === undefined ? {} : { session }),
  })
  socket.setNoDelay(true)
  socket.on('session', (next) => tlsSessions.set(address, next))
  return socket
}
