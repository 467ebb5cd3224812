import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { WebSocket } from 'ws'
import { type EchoApp, startEchoApp } from './echo-app.ts'
import { createFakeProvider, type FakeProvider } from './fake-provider.ts'
import { type Gateway, type Places, prepare } from './gateways.ts'
import { freePort, type Running, start } from './processes.ts'
import { type Asking, createVisitor, type Visitor } from './visitor.ts'

/** A gateway with its shipped recipe, the gate that it asks, the app behind it, and the provider. */
export interface Edge {
  readonly provider: FakeProvider
  readonly app: EchoApp
  readonly gate: Running
  /** A browser that believes to be on https://app.example.com. */
  readonly visitor: () => Visitor
  /** Opens a WebSocket and says what came back for `hello`; the status when it was refused. */
  readonly webSocket: (visitor: Visitor) => Promise<string | number>
  readonly close: () => Promise<void>
}

const ORIGIN = 'https://app.example.com'
const root = join(import.meta.dirname, '../..')

/** Starts everything; `settings` are variables of the gate on top of the recipe's own. */
export async function startEdge(gateway: Gateway, settings: Record<string, string>): Promise<Edge> {
  const folder = mkdtempSync(join(tmpdir(), `${gateway.name}-`))
  const [app, provider] = await Promise.all([startEchoApp(), createFakeProvider()])
  const idp = await provider.listen()
  const [gatePort, edgePort] = [await freePort(), await freePort()]
  const ports = { folder, edge: edgePort, gate: gatePort, app: app.port }
  const env = gateEnvironment(folder, { gateway, gatePort, provider, settings })
  const gate = await start({
    command: process.execPath,
    args: [join(root, 'runtimes/node.ts')],
    port: gatePort,
    env: { ...env, PATH: process.env['PATH'] },
  })
  const proxy = await startGateway(gateway, ports)
  const cookiesOf = (visitor: Visitor) =>
    [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    provider,
    app,
    gate,
    visitor: () => createVisitor(networkOf(edgePort)),
    webSocket: (visitor) => tryWebSocket(edgePort, cookiesOf(visitor)),
    async close() {
      await Promise.all([proxy.stop(), gate.stop(), idp.close()])
      app.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A gateway with its shipped recipe, between a gate that says yes to everything and an app; both remember. */
export interface RecordedEdge {
  /** What the gate was asked. */
  readonly asked: EchoApp['received']
  /** Header lines of the gate's yes. */
  readonly says: Record<string, string>
  readonly app: EchoApp
  /** One request of a client to the gateway. */
  readonly send: (path: string, asking: Asking) => Promise<Response>
  readonly close: () => Promise<void>
}

/** Starts a gateway without a gate of ours: what it asks is all that counts. */
export async function recordEdge(gateway: Gateway): Promise<RecordedEdge> {
  const folder = mkdtempSync(join(tmpdir(), `${gateway.name}-`))
  const app = await startEchoApp()
  const says: Record<string, string> = { 'X-Forwarded-User': 'alice', 'X-Auth-Request-User': 'alice' }
  const gate = await startEchoApp((url) => ({
    status: url === '/oauth2/auth' ? 202 : 200,
    headers: says,
  }))
  const port = await freePort()
  const proxy = await startGateway(gateway, { folder, edge: port, gate: gate.port, app: app.port })
  gate.received.length = 0
  return {
    asked: gate.received,
    says,
    app,
    send: (path, asking) => ask(port, path, asking),
    async close() {
      await proxy.stop()
      gate.close()
      app.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Starts the program with the recipe and waits until the gate's pages come through. */
async function startGateway(gateway: Gateway, ports: Ports): Promise<Running> {
  const args = prepare(gateway, ports)
  const { folder, edge } = ports
  const proxy = await start({
    command: gateway.program() ?? gateway.name,
    args,
    port: edge,
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  })
  await untilItAnswers(edge)
  return proxy
}

type Ports = Pick<Places, 'folder' | 'edge' | 'gate' | 'app'>

interface GateInput {
  readonly gateway: Gateway
  readonly gatePort: number
  readonly provider: FakeProvider
  readonly settings: Record<string, string>
}

/** The recipe's own variables, with what differs on this machine. */
function gateEnvironment(
  folder: string,
  { gateway, gatePort, provider, settings }: GateInput,
): NodeJS.ProcessEnv {
  const [clientSecret, cookieSecret] = [join(folder, 'client-secret'), join(folder, 'cookie-secret')]
  writeFileSync(clientSecret, provider.client.secret)
  writeFileSync(cookieSecret, 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n')
  return {
    ...parseEnv(readFileSync(join(root, 'deploy', gateway.name, 'sidegate.env'), 'utf8')),
    OAUTH2_PROXY_HTTP_ADDRESS: `127.0.0.1:${gatePort}`,
    OAUTH2_PROXY_OIDC_ISSUER_URL: provider.origin,
    OAUTH2_PROXY_CLIENT_ID: provider.client.id,
    OAUTH2_PROXY_CLIENT_SECRET_FILE: clientSecret,
    OAUTH2_PROXY_COOKIE_SECRET_FILE: cookieSecret,
    ...settings,
  }
}

/** Some open their port before they have read what to do with it. */
async function untilItAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const status = await ask(port, '/oauth2/sign_in', { headers: ['Host', 'app.example.com'] }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('The gateway does not hand out the sign-in page')
}

function networkOf(port: number) {
  return {
    gateOrigin: ORIGIN,
    gate: (target: string, asking: Asking) => ask(port, target, asking),
    elsewhere: (url: string, init: RequestInit) => fetch(url, init),
  }
}

/** One request over TLS, header lines as they are given. */
function ask(port: number, path: string, { method = 'GET', headers = [], body }: Asking): Promise<Response> {
  const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const options = {
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: [...headers, ...length],
    servername: 'app.example.com',
    rejectUnauthorized: false,
    agent: false,
    timeout: 15_000,
  } as const
  return new Promise((resolve, reject) => {
    const sent = request(options, async (incoming) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const lines = new Headers()
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
        lines.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '')
      }
      const { statusCode = 500 } = incoming
      const content = [204, 304].includes(statusCode) ? null : Buffer.concat(chunks)
      resolve(new Response(content, { status: statusCode, headers: lines }))
    })
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took too long`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

function tryWebSocket(port: number, cookie: string): Promise<string | number> {
  const headers = { Host: 'app.example.com', Cookie: cookie }
  const options = { headers, origin: ORIGIN, servername: 'app.example.com', rejectUnauthorized: false }
  const socket = new WebSocket(`wss://127.0.0.1:${port}/socket`, { ...options, handshakeTimeout: 10_000 })
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('hello'))
    socket.on('message', (message) => {
      resolve(message.toString())
      socket.close()
    })
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}
