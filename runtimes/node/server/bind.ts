import { chmodSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net'
import type { ListenAddress } from '../../../src/config/values/listen-address.ts'
import { BACKLOG, CAN_SHARE_PORTS, openAcceptors } from './acceptors.ts'
import { markUnixSocket } from './incoming-request.ts'

/** A server that is bound. */
export interface Bound {
  /** Address to show: `http://127.0.0.1:4180`. */
  readonly url: string
  /** Further sockets on its port, to be closed with it. */
  readonly acceptors: readonly NetServer[]
}

/**
 * Binds a server to an address, with further sockets on its port where that can be; rejects with one sentence that says
 * what to change.
 */
export async function bind(server: Server, address: ListenAddress, scheme: 'http' | 'https'): Promise<Bound> {
  server.on('connection', (socket: Socket) => {
    if (typeof server.address() === 'string') markUnixSocket(socket)
  })
  if (address.kind === 'tcp' && CAN_SHARE_PORTS) {
    // A port that is to be shared can be bound twice, by a second Sidegate too: so it is tried alone first.
    const port = await reserve(address)
    const options = { ...optionsOf(address), port, reusePort: true }
    const isShared = await listenOn(server, { address, options }).then(
      () => true,
      () => false,
    )
    if (isShared) return { url: urlOf(server, scheme), acceptors: await openAcceptors(server, scheme) }
  }
  return { url: await bindAlone(server, address, scheme), acceptors: [] }
}

/** Binds a server to an address with one socket, for few clients; gives the address to show. */
export async function bindAlone(
  server: Server,
  address: ListenAddress,
  scheme: 'http' | 'https',
): Promise<string> {
  if (address.kind === 'unix') await removeStale(address.path)
  await listenOn(server, { address, options: optionsOf(address) })
  if (address.kind === 'unix' && address.mode !== undefined) chmodSync(address.path, address.mode)
  return urlOf(server, scheme)
}

interface Listening {
  readonly address: ListenAddress
  readonly options: Options
}

function listenOn(server: NetServer, { address, options }: Listening): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(new Error(sentence(error, nameOf(address))))
    server.once('error', onError)
    server.listen(options, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

/**
 * Binds the address alone for a moment, so that no other process has it; the port is of the kernel's choice where it is
 * 0.
 */
async function reserve(address: ListenAddress): Promise<number> {
  const trial = createServer()
  await listenOn(trial, { address, options: optionsOf(address) })
  const bound = trial.address()
  await new Promise((resolve) => trial.close(resolve))
  return bound === null || typeof bound === 'string' ? 0 : bound.port
}

type Options = ListenOptions & { readonly fd?: number }

function optionsOf(address: ListenAddress): Options {
  if (address.kind === 'unix') return { path: address.path, backlog: BACKLOG }
  if (address.kind === 'fd') return { fd: address.fd }
  // An empty host is every interface, as in `:4180`.
  return { port: address.port, backlog: BACKLOG, ...(address.host === '' ? {} : { host: address.host }) }
}

/**
 * Removes the socket file of a killed process, which would keep the next from binding: one that no process answers on.
 */
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
