import { randomBytes } from 'node:crypto'
import { startApp } from './app.ts'
import { type RunningGate, startGate } from './gate.ts'
import { close, findPort } from './listen.ts'
import { type Client, startProvider } from './provider.ts'

/** Which ports to prefer (0 lets the system choose), and what differs from the demo's usual flags. */
export interface DemoOptions {
  readonly ports: { readonly gate: number; readonly app: number; readonly provider: number }
  readonly flags?: readonly string[]
  readonly onOutput: (text: string) => void
}

/** The three processes of the demo: provider, app, and the gate between them. */
export interface Demo {
  /** Where a browser goes. */
  readonly url: string
  readonly issuer: string
  readonly appUrl: string
  readonly gate: RunningGate
  stop(): Promise<void>
}

/** Starts provider, app and gate on this machine. */
export async function startDemo({ flags = [], onOutput, ports }: DemoOptions): Promise<Demo> {
  const gatePort = await findPort(ports.gate)
  // Cookies do not know ports: the gate is `localhost` and the provider is `127.0.0.1`, so that they stay apart.
  const url = `http://localhost:${gatePort}`
  const client = toClient(url)
  const provider = await startProvider({ port: ports.provider, client })
  const app = await startApp(ports.app)
  const servers = [provider.server, app.server]
  const closeServers = () => Promise.all(servers.map(close))
  const settings = { port: gatePort, issuer: provider.issuer, upstream: app.url, client, flags, onOutput }
  const gate = await startGate(settings).catch(async (error: unknown) => {
    await closeServers()
    throw error
  })
  const stop = async () => {
    await gate.stop()
    await closeServers()
  }
  return { url, issuer: provider.issuer, appUrl: app.url, gate, stop }
}

function toClient(url: string): Client {
  return {
    id: 'demo',
    secret: randomBytes(24).toString('base64url'),
    redirectUri: `${url}/oauth2/callback`,
    postLogoutRedirectUris: [`${url}/oauth2/signed_out`, `${url}/`],
  }
}

/** `npm run demo`: everything on this machine until Ctrl-C. */
async function main(): Promise<void> {
  const ports = { gate: 4180, app: 8080, provider: 9000 }
  const demo = await startDemo({ ports, onOutput: (text) => process.stdout.write(text) })
  const leave = (code: number) => {
    process.exitCode = code
    void demo.stop()
  }
  demo.gate.process.once('exit', (code, signal) => {
    if (process.exitCode === undefined) {
      console.error(`The gate ended unexpectedly (${signal ?? `code ${code}`}); the demo stops`)
      leave(1)
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave(0))
  console.log(greeting(demo))
}

function greeting({ appUrl, issuer, url }: Demo): string {
  return `
  Open  ${url}/   and sign in as  alice  with the password  demo

  App       ${appUrl}   (what the gate protects)
  Provider  ${issuer}   (also knows bob, and carol, who may not enter)
  Ctrl-C ends all three. The log lines of the gate follow.
`
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
