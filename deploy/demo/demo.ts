import { randomBytes } from 'node:crypto'
import { startApp } from './app.ts'
import { onNpmGone } from './end-with-npm.ts'
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

const PORTS: DemoOptions['ports'] = { gate: 4180, app: 8080, provider: 9000 }

/** `npm run demo`: everything on this machine until Ctrl-C. */
async function main(): Promise<void> {
  const output = holdOutput()
  const flags = process.stdout.isTTY ? ['--log-format=text'] : []
  const demo = await startDemo({ ports: PORTS, flags, onOutput: output.take }).catch((error: unknown) => {
    output.release()
    throw error
  })
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
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => leave(0))
  onNpmGone(() => leave(0))
  console.log(greeting(demo))
  output.release()
}

/** What the gate writes stands below the greeting, which says where to go. */
function holdOutput(): { readonly take: (text: string) => void; readonly release: () => void } {
  let held: string[] | undefined = []
  return {
    take: (text) => void (held === undefined ? process.stdout.write(text) : held.push(text)),
    release: () => {
      for (const text of held ?? []) process.stdout.write(text)
      held = undefined
    },
  }
}

function greeting({ appUrl, issuer, url }: Demo): string {
  const moved = toMoves({ gate: url, app: appUrl, provider: issuer })
  return `
  Open  ${url}/   and sign in as  alice  with the password  demo
${moved === '' ? '' : `\n  ${moved}\n`}
  App       ${appUrl}   (what the gate protects)
  Provider  ${issuer}   (also knows bob, and carol, who may not enter)
  Ctrl-C ends all three. The log lines of the gate follow.
`
}

/** One sentence about the ports that other programs have; empty when there is nothing to say. */
function toMoves(urls: Readonly<Record<keyof typeof PORTS, string>>): string {
  const moved = (['gate', 'app', 'provider'] as const)
    .map((part) => ({ part, wanted: PORTS[part], port: Number(new URL(urls[part]).port) }))
    .filter(({ port, wanted }) => port !== wanted)
  if (moved.length === 0) return ''
  const wanted = join(moved.map((move) => String(move.wanted)))
  const taken =
    moved.length === 1 ? `Another program has port ${wanted}` : `Other programs have the ports ${wanted}`
  const places = moved.map(({ part, port }, at) => `the ${part} ${at === 0 ? 'listens ' : ''}on ${port}`)
  return `${taken}, so ${join(places)}.`
}

function join(items: readonly string[]): string {
  return items.length === 1 ? `${items[0]}` : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
