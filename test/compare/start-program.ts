import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FakeProvider } from '../support/fake-provider.ts'
import { freePort, start } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { startSentinel } from '../support/redis-groups.ts'
import type { Scene } from './scene.ts'

/** One of the programs, which listens. */
export interface Program {
  readonly url: string
  stop(): Promise<void>
}

/** What a program is started with. */
export interface ProgramOptions {
  readonly scene: Scene
  readonly origin: string
  readonly appOrigin: string
  readonly provider: FakeProvider
  /** Address of the Redis, or nothing. */
  readonly redis: string
}

const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

/** Starts a program with the flags, variables and files of a scene, on a port and in a folder of its own. */
export async function startProgram(
  [command = '', ...first]: readonly string[],
  { scene, origin, appOrigin, provider, redis }: ProgramOptions,
): Promise<Program> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sidegate-compare-'))
  const values: Readonly<Record<string, string>> = {
    dir,
    app: appOrigin,
    provider: provider.origin,
    client: provider.client.id,
    secret: provider.client.secret,
    redis,
    listen: `127.0.0.1:${port}`,
  }
  const fill = (text: string) => text.replace(/\{(\w+)\}/gu, (whole, name: string) => values[name] ?? whole)
  for (const [name, text] of Object.entries(scene.files ?? {})) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), fill(text))
    // Last-Modified is the same for both programs.
    utimesSync(join(dir, name), 1_700_000_000, 1_700_000_000)
  }
  const args = [...first, ...toFlags(scene, { provider, origin }).map(fill)]
  const filled = Object.entries(scene.env ?? {}).map(([name, text]) => [name, fill(text)])
  const env = { PATH: process.env['PATH'], HOME: dir, ...Object.fromEntries(filled) }
  const clean = () => rmSync(dir, { recursive: true, force: true })
  const running = await start({ command, args, port, env }).catch((error: unknown) => {
    clean()
    throw error
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await running.stop()
      clean()
    },
  }
}

/** All flags of a scene. The provider wants PKCE, which the real program does when it is told. */
function toFlags(
  { base = [], flags, origin: named, structured, upstreams = ['--upstream={app}/'] }: Scene,
  { provider: { client, origin: issuer }, origin }: Pick<ProgramOptions, 'provider' | 'origin'>,
): readonly string[] {
  const own = [`--cookie-secret=${SECRET}`, '--email-domain=example.com']
  if (structured) return [...base, ...own, ...flags]
  const isNamed = named !== undefined || flags.some((flag) => flag.startsWith('--redirect-url='))
  return [
    ...base,
    '--http-address={listen}',
    ...(base.some((flag) => flag.startsWith('--provider=')) ? [] : ['--provider=oidc']),
    `--oidc-issuer-url=${issuer}`,
    `--client-id=${client.id}`,
    `--client-secret=${client.secret}`,
    '--code-challenge-method=S256',
    ...own,
    ...(isNamed ? [] : [`--redirect-url=${origin}/oauth2/callback`]),
    ...upstreams,
    ...flags,
  ]
}

/** Starts the Redis that a scene needs, if any. */
export async function startStore(
  kind: Scene['redis'],
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  if (kind === undefined) return { url: '', stop: () => Promise.resolve() }
  return kind === 'sentinel' ? startSentinel() : startRedis()
}
