import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { STAFF } from './accounts.ts'
import { LOOPBACK } from './listen.ts'
import type { Client } from './provider.ts'

/** What the gate is started with; `flags` come last and win. */
export interface GateSettings {
  readonly port: number
  readonly issuer: string
  readonly upstream: string
  readonly client: Client
  readonly flags: readonly string[]
  /** Receives the gate's log and error output. */
  readonly onOutput: (text: string) => void
}

/** The gate as its own process. */
export interface RunningGate {
  readonly process: ChildProcess
  /** Ends it the way a container runtime does, and waits. */
  stop(): Promise<void>
}

const ENTRYPOINT = join(import.meta.dirname, '../../runtimes/node.ts')
const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href

/** Starts `runtimes/node.ts` with flags that oauth2-proxy has too, and waits until it answers. */
export async function startGate(settings: GateSettings): Promise<RunningGate> {
  const child = spawn(process.execPath, ['--import', END_WITH_PARENT, ENTRYPOINT, ...toFlags(settings)], {
    // Nothing else of the environment: a variable that is set for another proxy must not change this one.
    env: {
      PATH: process.env['PATH'],
      OAUTH2_PROXY_CLIENT_SECRET: settings.client.secret,
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(32).toString('base64url'),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', settings.onOutput)
  await untilReady(child, settings.port)
  return { process: child, stop: () => stop(child) }
}

function toFlags({ client, flags, issuer, port, upstream }: GateSettings): readonly string[] {
  return [
    `--http-address=${LOOPBACK}:${port}`,
    `--upstream=${upstream}/`,
    '--provider=oidc',
    '--provider-display-name=Demo provider',
    `--oidc-issuer-url=${issuer}`,
    `--client-id=${client.id}`,
    `--redirect-url=${client.redirectUri}`,
    '--scope=openid email profile groups offline_access',
    '--email-domain=*',
    `--allowed-group=${STAFF}`,
    '--cookie-secure=false',
    '--cookie-refresh=4m',
    '--sign-out-at-provider',
    '--silence-ping-logging',
    ...flags,
  ]
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new Error(`The gate ended with code ${child.exitCode} before it was ready`)
    const answer = await fetch(`http://${LOOPBACK}:${port}/ready`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(50)
  }
  await stop(child)
  throw new Error('The gate was not ready within 20 seconds')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(timer)
}
