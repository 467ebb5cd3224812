import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { createFakeProvider, type FakeProvider } from '../../support/fake-provider.ts'
import type { Asking } from '../../support/visitor.ts'
import { ask, toResponse } from '../client.ts'
import type { Profile } from '../profiles.ts'
import { type SoakApp, startSoakApp } from './app.ts'
import { type GateStart, type SoakGate, startSoakGate } from './gate.ts'
import { type Link, openLink } from './link.ts'
import { CROWD, createPeople, ORIGIN, type People, passwordOf } from './people.ts'
import { type SoakRedis, startSoakRedis } from './redis.ts'

/** Addresses and files that a profile can name. */
export interface Places {
  readonly issuer: string
  readonly appOrigin: string
  readonly redisUrl: string
  readonly htpasswdFile: string
  readonly emailsFile: string
}

/** Everything around the gate, and the gate that serves at the moment. */
export interface World {
  readonly places: Places
  readonly provider: FakeProvider
  readonly providerLink: Link
  readonly app: SoakApp
  readonly appLink: Link
  readonly redis: SoakRedis
  readonly people: People
  /** All gates that ran, the one that serves last. */
  readonly gates: SoakGate[]
  gate(): SoakGate
  /** Starts a further gate with the same settings, which does not serve yet. */
  startGate(): Promise<SoakGate>
  /** Rewrites the files of users without those that are named. */
  writeFiles(without: readonly string[]): void
  close(): Promise<void>
}

/** Life of the provider's access tokens in seconds: a session is refreshed after three quarters of it. */
export const TOKEN_SECONDS = 30

/** The gate's `upstream-timeout`, in seconds. */
export const UPSTREAM_SECONDS = 5

const COOKIE_SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

/** What a comparison costs is not what is tried here. */
const BCRYPT_COST = 6

/** Starts everything, and one gate. */
export async function startWorld(program: string, profile: Profile): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-soak-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  // Whoever builds again meanwhile does not change what runs.
  cpSync(dirname(program), join(folder, 'program'), { recursive: true })
  const files = join(folder, 'files')
  mkdirSync(files)
  const [provider, app, redis] = await Promise.all([
    createFakeProvider(),
    startSoakApp(),
    startSoakRedis(mkdtempSync(join(folder, 'redis-'))),
  ])
  provider.behaviour.accessTokenSeconds = TOKEN_SECONDS
  const listener = await provider.listen()
  const providerLink = await openLink(Number(new URL(provider.origin).port))
  provider.origin = providerLink.origin
  const appLink = await openLink(app.port)
  const places: Places = {
    issuer: providerLink.origin,
    appOrigin: appLink.origin,
    redisUrl: redis.url,
    htpasswdFile: join(files, 'htpasswd'),
    emailsFile: join(files, 'emails'),
  }
  const writeFiles = createFileWriter(places)
  writeFiles([])
  const start: GateStart = {
    program: join(folder, 'program', basename(program)),
    folder,
    flags: [...flagsOf(places, provider.client.id), ...profile(places)],
    secrets: {
      OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret,
      OAUTH2_PROXY_COOKIE_SECRET: COOKIE_SECRET,
    },
  }
  const gates: SoakGate[] = []
  // Cast: there is one before anything asks for it.
  const gate = (): SoakGate => gates.at(-1) as SoakGate
  const world: World = {
    places,
    provider,
    providerLink,
    app,
    appLink,
    redis,
    people: createPeople(networkTo(gate, provider)),
    gates,
    gate,
    startGate: () => startSoakGate(start),
    writeFiles,
    async close() {
      redis.thaw()
      await Promise.all(gates.filter((one) => one.outcome() === undefined).map((one) => one.stop()))
      await Promise.all([redis.kill(), providerLink.close(), appLink.close()])
      await Promise.all([app.close(), listener.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    gates.push(await startSoakGate(start))
    return world
  } catch (error) {
    await world.close()
    throw error
  }
}

function flagsOf(
  { issuer, appOrigin, htpasswdFile, emailsFile }: Places,
  clientId: string,
): readonly string[] {
  return [
    '--http-address=127.0.0.1:0',
    '--provider=oidc',
    `--oidc-issuer-url=${issuer}`,
    `--client-id=${clientId}`,
    `--authenticated-emails-file=${emailsFile}`,
    `--htpasswd-file=${htpasswdFile}`,
    '--skip-auth-route=^/public/',
    '--set-xauthrequest',
    `--upstream=${appOrigin}/`,
    `--upstream-timeout=${UPSTREAM_SECONDS}s`,
  ]
}

/** Files with everybody of the crowd in them, and a probe's own name. */
function createFileWriter({ htpasswdFile, emailsFile }: Places): World['writeFiles'] {
  const locals = Array.from({ length: CROWD.local }, (_, number) => `local-${number}`)
  const hashes = new Map(locals.map((name) => [name, hashSync(passwordOf(name), BCRYPT_COST)]))
  const users = [...Array.from({ length: CROWD.provider }, (_, number) => `user-${number}`), 'probe']
  return (without) => {
    const kept = [...hashes].filter(([name]) => !without.includes(name))
    replaceFile(htpasswdFile, kept.map((pair) => `${pair.join(':')}\n`).join(''))
    const emails = users.filter((name) => !without.includes(name)).map((name) => `${name}@example.com\n`)
    replaceFile(emailsFile, emails.join(''))
  }
}

/** Replaces a file as a whole, so that no half of it is ever read. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.next`, text)
  renameSync(`${path}.next`, path)
}

/** Ways of one person to the gate that serves at the moment, and to the provider, where nobody is asked for a password. */
export function networkTo(gate: () => SoakGate, provider: FakeProvider) {
  return ({ name, address, sid }: { readonly name: string; readonly address: string; sid(): string }) => ({
    gateOrigin: ORIGIN,
    gate: async (target: string, { body, headers = [], method = 'GET' }: Asking) => {
      const more = body === undefined ? {} : { body }
      return toResponse(await ask(gate().port, { method, target, headers, localAddress: address, ...more }))
    },
    elsewhere: async (url: string) => {
      const email = `${name}@example.com`
      // Nothing is waited for between these two, so that parallel sign-ins keep apart.
      provider.user = { sub: name, email, email_verified: true, groups: ['staff'], sid: sid() }
      return provider.app.fetch(new Request(url))
    },
  })
}
