import { loadConfig } from '../../../src/config/load.ts'
import { randomToken } from '../../../src/lib/bytes.ts'
import type { Platform } from '../../../src/platform.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'
import { createServices } from '../../../src/services.ts'
import type { Session } from '../../../src/session/session.ts'
import type { SessionStore } from '../../../src/session/store.ts'
import { aSession } from '../../support/session.ts'
import { type Deployment, gateFlags, gateSecrets } from './deployment.ts'

/** Seals sessions as the gates of a deployment do. */
export interface Mint {
  /** Cookie header values of that many users, each about so many bytes long. */
  cookies(users: number, bytes: number): Promise<readonly string[]>
}

/** Builds the parts of a gate in this process, from the same flags and secrets, and uses its session store. */
export async function createMint(deployment: Deployment): Promise<Mint> {
  const input = {
    args: gateFlags(deployment, 1),
    env: gateSecrets(deployment),
    readFile: undefined,
    runtime: 'node',
    version: '0.0.0',
  } as const
  const loaded = loadConfig(input, PROVIDER_KINDS)
  if (loaded.kind !== 'config') throw new Error(`The flags of the bench are wrong: ${loaded.text}`)
  const { sessions } = await createServices(loaded.config, platform)
  return {
    async cookies(users, bytes) {
      const tokenLength = await fittingLength(sessions, deployment, bytes)
      const numbers = Array.from({ length: users }, (_, number) => number)
      return Promise.all(
        numbers.map((number) => cookieOf(sessions, session(deployment, number, tokenLength))),
      )
    },
  }
}

/** Nothing is forwarded, fetched or logged here. */
const platform: Platform = {
  runtime: 'node',
  incomingRequest: unused,
  forward: unused,
  fetch: unused,
  now: Date.now,
  write: () => undefined,
}

function unused(): never {
  throw new Error('Minting needs no network')
}

/** Somebody who signed in just now; an ID token of so many characters, kept for the sign-out, gives the cookie its size. */
function session({ issuer }: Deployment, number: number, tokenLength: number): Session {
  const now = Date.now()
  return aSession({
    id: randomToken(16),
    issuer,
    subject: `user-${number}`,
    user: `user-${number}`,
    email: `user-${number}@example.com`,
    tokens: {
      access: undefined,
      id: randomToken(tokenLength),
      refresh: undefined,
      accessExpiresAtMs: undefined,
    },
    signedInAtMs: now,
    refreshedAtMs: now,
    seenAtMs: now,
    expiresAtMs: now + 86_400_000,
  })
}

async function cookieOf(sessions: SessionStore, whose: Session): Promise<string> {
  const saved = await sessions.save({ session: whose, carried: [] })
  if (!saved.ok) throw new Error(`A session could not be sealed: ${saved.problem.reason}`)
  return saved.value.changes.map(({ name, value }) => `${name}=${value}`).join('; ')
}

/** Random bytes in the token for a cookie of this size: what is missing grows by about 4/3 twice, as token and as JWE. */
async function fittingLength(sessions: SessionStore, deployment: Deployment, bytes: number): Promise<number> {
  let length = 16
  for (let turn = 0; turn < 8; turn += 1) {
    const cookie = await cookieOf(sessions, session(deployment, 1000, length))
    length = Math.max(16, length + Math.round(((bytes - cookie.length) * 9) / 16))
  }
  return length
}
