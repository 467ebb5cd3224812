import { closeSync, existsSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { startWorker } from '../../support/workerd.ts'
import { adopt, PROXY_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { type Deployment, gateFlags, gateSecrets } from './deployment.ts'
import { type Door, type DoorInput, doorOf } from './target.ts'

const DENO_PROGRAM = resolve(import.meta.dirname, '../../../dist/sidegate-deno.mjs')

/** Variables of the lists among the flags of the bench: their names are in the plural. */
const PLURALS: Readonly<Record<string, string>> = {
  'email-domain': 'EMAIL_DOMAINS',
  'skip-auth-route': 'SKIP_AUTH_ROUTES',
  upstream: 'UPSTREAMS',
}

/** Starts the gate on Deno. Permissions cost the same whether they are few or many, so it has all. */
export async function startDenoGate(
  deployment: Deployment,
  { upstreamPort, accessLog }: DoorInput,
): Promise<Door> {
  if (!existsSync(DENO_PROGRAM))
    throw new Error(`Run "npm run build:deno" first: there is no ${DENO_PROGRAM}`)
  const port = await freePort()
  const log = openSync(accessLog, 'a')
  const own = [...gateFlags(deployment, upstreamPort), `--http-address=127.0.0.1:${port}`]
  const child = start({
    core: PROXY_CORE,
    command: denoBinary(),
    args: ['run', '--no-config', '--no-lock', '-A', DENO_PROGRAM, ...own],
    env: gateSecrets(deployment),
    stdout: log,
  })
  closeSync(log)
  await untilListening(port, 30_000)
  return doorOf(child, port)
}

/** Deno itself: the npm package's command is a Node program that starts it, and would be measured in its place. */
function denoBinary(): string {
  return createRequire(import.meta.url).resolve(`@deno/linux-${process.arch}-glibc/deno`)
}

/** Starts the gate in workerd. Its access lines go through a pipe to us, as they go through one at Cloudflare. */
export async function startWorkerGate(deployment: Deployment, { upstreamPort }: DoorInput): Promise<Door> {
  const variables = { ...variablesOf(gateFlags(deployment, upstreamPort)), ...gateSecrets(deployment) }
  const worker = await startWorker({ variables })
  const adopted = adopt(worker.pid, PROXY_CORE)
  const stop = async (): Promise<void> => {
    await worker.stop()
    adopted.release()
  }
  return { port: Number(new URL(worker.urls[0] ?? '').port), pid: worker.pid, stop }
}

function variablesOf(flags: readonly string[]): Readonly<Record<string, string>> {
  const pairs = flags.map((flag) => {
    const [, name = '', value = ''] = /^--([^=]+)=(.*)$/u.exec(flag) ?? []
    return [`OAUTH2_PROXY_${PLURALS[name] ?? name.replaceAll('-', '_').toUpperCase()}`, value]
  })
  return Object.fromEntries(pairs)
}
