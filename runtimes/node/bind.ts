import { chmodSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type ListenOptions, type Socket } from 'node:net'
import type { ListenAddress } from '../../src/config/config.ts'
import { markUnixSocket } from './arrival.ts'

/** A queue of connections not yet accepted that survives a short pause. */
const BACKLOG = 4096

/** Binds a server to an address and returns its URL; rejects with one sentence that says what to change. */
export async function bind(
  server: Server,
  address: ListenAddress,
  scheme: 'http' | 'https',
): Promise<string> {
  if (address.kind === 'unix') await removeStale(address.path)
  server.on('connection', (socket: Socket) => {
    if (typeof server.address() === 'string') markUnixSocket(socket)
  })
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(new Error(sentence(error, nameOf(address))))
    server.once('error', onError)
    server.listen(optionsOf(address), () => {
      server.off('error', onError)
      resolve()
    })
  })
  if (address.kind === 'unix' && address.mode !== undefined) chmodSync(address.path, address.mode)
  return urlOf(server, scheme)
}

function optionsOf(address: ListenAddress): ListenOptions & { fd?: number } {
  if (address.kind === 'unix') return { path: address.path, backlog: BACKLOG }
  if (address.kind === 'fd') return { fd: address.fd }
  // An empty host is every interface, as in `:4180`.
  return { port: address.port, backlog: BACKLOG, ...(address.host === '' ? {} : { host: address.host }) }
}

/** A killed process leaves its socket file; one that nobody answers on is in the way of the next. */
function removeStale(path: string): Promise<void> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve()
    })
    probe.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') unlinkSync(path)
      resolve()
    })
  })
}

function nameOf(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`
  return address.kind === 'fd' ? `fd:${address.fd}` : `${address.host}:${address.port}`
}

function sentence(error: NodeJS.ErrnoException, name: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Cannot listen on "${name}": another program does already; stop it or change the address`
    case 'EACCES':
      return `Cannot listen on "${name}": this user may not; use a port from 1024 on or a writable folder`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `Cannot listen on "${name}": this machine has no such address`
    default:
      return `Cannot listen on "${name}": ${error.message}`
  }
}

function urlOf(server: Server, scheme: string): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return `unix://${bound ?? ''}`
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return `${scheme}://${host}:${bound.port}`
}
