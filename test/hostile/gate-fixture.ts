import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeaderLines } from '../../src/platform.ts'
import { createFakeProvider, type FakeProvider } from '../support/fake-provider.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'
import { dial, type RawClient, type RawResponse, rawRequest, tell } from './client.ts'
import { type Recorder, startRecorder } from './recorder.ts'

/** The test bed: provider, app that speaks bytes, and an address that nobody may ever ask. */
export interface Rig {
  readonly provider: FakeProvider
  readonly app: Recorder
  readonly canary: Canary
  /** Starts the real program with these flags beside the usual ones. */
  gate(...flags: readonly string[]): Promise<Gate>
  close(): Promise<void>
}

/** A listener that must never be contacted. */
export interface Canary {
  readonly port: number
  readonly visits: () => number
}

/** The program under attack. */
export interface Gate {
  readonly port: number
  /** Memory that it occupies, in KiB. */
  readonly memoryKb: () => number
  /** Files and sockets that it has open. */
  readonly descriptors: () => number
  /** Everything that it wrote so far, both streams. */
  readonly output: () => string
  /** Parsed log lines. */
  readonly log: () => Record<string, unknown>[]
  /** Settles when the log holds everything that has happened so far. */
  written(): Promise<void>
  readonly isAlive: () => boolean
  /** One request as text on a connection of its own; undefined when the gate closed it without an answer. */
  tell(request: string, from?: string): Promise<RawResponse | undefined>
  /** A connection to be used as the test likes. */
  dial(timeoutMs?: number): RawClient
  /** A browser that believes to be on https://app.example.com. */
  visitor(): Visitor
  /** Signs in as the provider's user; the Cookie header that a browser sends then. */
  signIn(): Promise<string>
  stop(): Promise<void>
}

export const ORIGIN = 'https://app.example.com'
export const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'
export const SESSION = '__Host-_oauth2_proxy'
export const CSRF = `${SESSION}_csrf`
export const TURNS = `${SESSION}_turns`

const root = join(import.meta.dirname, '../..')

/** Starts provider, app and canary; the tests of a file share them. */
export async function startRig(): Promise<Rig> {
  const [provider, app, canary] = await Promise.all([createFakeProvider(), startRecorder(), startCanary()])
  const listening = await provider.listen()
  const gates: Gate[] = []
  return {
    provider,
    app,
    canary,
    async gate(...flags) {
      const gate = await startGate(provider, [`--upstream=http://127.0.0.1:${app.port}/`, ...flags])
      gates.push(gate)
      return gate
    },
    async close() {
      await Promise.all(gates.map((gate) => gate.stop()))
      await Promise.all([app.close(), canary.close(), listening.close()])
    },
  }
}

async function startGate(provider: FakeProvider, flags: readonly string[]): Promise<Gate> {
  const child = runProgram(
    [
      '--http-address=127.0.0.1:0',
      '--provider=oidc',
      `--oidc-issuer-url=${provider.origin}`,
      `--client-id=${provider.client.id}`,
      ...flags,
      ...(flags.some((flag) => flag.startsWith('--email-domain')) ? [] : ['--email-domain=example.com']),
    ],
    { OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret, OAUTH2_PROXY_COOKIE_SECRET: SECRET },
  )
  const port = await portOf(child)
  const { pid } = child.process
  const gate: Gate = {
    port,
    memoryKb: () => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    output: child.output,
    log: () =>
      child
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    async written() {
      const mark = `/${randomUUID()}`
      await tell(port, rawRequest(mark))
      for (let tries = 0; tries < 200 && !child.output().includes(mark); tries += 1) await sleep(10)
    },
    isAlive: () => child.process.exitCode === null && child.process.signalCode === null,
    tell: (request, from) => tell(port, request, from === undefined ? {} : { from }),
    dial: (timeoutMs) => dial(port, timeoutMs === undefined ? {} : { timeoutMs }),
    visitor: () => createVisitor(networkOf(port)),
    async signIn() {
      const visitor = gate.visitor()
      const seen = await visitor.browse('/oauth2/start?rd=/oauth2-is-not-here')
      if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
      return cookieHeader(visitor)
    },
    stop: () => child.stop(),
  }
  return gate
}

/** The Cookie header of a browser. */
export function cookieHeader(visitor: Visitor): string {
  return [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

/** A program that runs, and everything that it says. */
export interface Child {
  readonly process: ChildProcess
  readonly output: () => string
  /** Exit status once it has ended. */
  readonly exited: Promise<number | null>
  stop(): Promise<void>
}

/** Runs the program from its sources, with nothing in its environment but what is given. */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  const child = spawn(process.execPath, [join(root, 'runtimes/node.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Hundreds of starts: what was compiled once is not compiled again.
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(tmpdir(), 'sidegate-compiled'), ...env },
  })
  let output = ''
  const keep = (bytes: Buffer): void => {
    output += bytes.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = once(child, 'close').then(([status]) => status)
  return {
    process: child,
    output: () => output,
    exited,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await exited
      clearTimeout(timer)
    },
  }
}

async function portOf(child: Child): Promise<number> {
  const { stdout } = child.process
  const deadline = AbortSignal.timeout(20_000)
  for (;;) {
    const port = /"msg":"Sidegate is listening","url":"http:\/\/127\.0\.0\.1:(\d+)"/u.exec(
      child.output(),
    )?.[1]
    if (port !== undefined) return Number(port)
    if (child.process.exitCode !== null || stdout === null) throw new Error(`It ended: ${child.output()}`)
    await Promise.race([once(stdout, 'data', { signal: deadline }), child.exited])
  }
}

function networkOf(port: number): Parameters<typeof createVisitor>[0] {
  return {
    gateOrigin: ORIGIN,
    async gate(target, { method = 'GET', headers = [], body }) {
      const request = rawRequest(target, {
        method,
        lines: toLines(headers),
        ...(body === undefined ? {} : { body }),
      })
      const answer = await tell(port, request)
      if (answer === undefined) throw new Error(`${method} ${target}: no answer`)
      return toResponse(answer)
    },
    elsewhere: (url, init) => fetch(url, init),
  }
}

/** Complete lines without Host, which `rawRequest` writes. */
function toLines(headers: HeaderLines): string[] {
  const lines: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() !== 'host') lines.push(`${headers[at]}: ${headers[at + 1]}`)
  }
  return lines
}

function toResponse({ status, lines, body }: RawResponse): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  const content = [204, 205, 304].includes(status) ? null : Buffer.from(body, 'latin1')
  return new Response(content, { status, headers })
}

async function startCanary(): Promise<Canary & { close(): Promise<void> }> {
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  return {
    port: address.port,
    visits: () => visits,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
