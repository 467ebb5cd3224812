import { fromBase64, hmacSha256, randomBytes, toBase64Url } from '../../lib/bytes.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import { readHtpasswd } from './htpasswd.ts'
import { passwordFits } from './password.ts'
import { createLoginThrottle } from './throttle.ts'

/** A name and a password, and who sent them. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** Client address, for the pause after wrong guesses; undefined when nobody trustworthy tells. */
  readonly client: string | undefined
}

/** People from an htpasswd file. */
export interface LocalUsers {
  /** `credentials_missing`, `credentials_wrong` or `too_many_attempts`. */
  verify(credentials: Credentials): Promise<Result<Grant>>
  /** `Basic` credentials in an Authorization header; undefined for another scheme. */
  readBasic(authorization: string, client: string | undefined): Promise<Result<Grant> | undefined>
}

/** What local users are made from. */
export interface LocalUsersDeps {
  /** The htpasswd file; read at start, and again whenever it changes. */
  readonly path: string
  /** Groups that every local user has. */
  readonly groups: readonly string[]
  readonly platform: Pick<Platform, 'now' | 'readFile' | 'watch'>
  readonly log: Pick<Log, 'line'>
}

/** Issuer of local identities: nothing that a provider could be called. */
const ISSUER = 'htpasswd'
const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 1_000

/** Reads the file and answers for its people. Lines that cannot be used are logged, all of them. */
export function createLocalUsers({ path, groups, platform, log }: LocalUsersDeps): LocalUsers {
  const attempts = createLoginThrottle(platform.now)
  const remembered = createRememberedAnswers(platform.now)
  let users = read(platform.readFile?.(path) ?? '')
  platform.watch?.({
    path,
    onChange: (text) => {
      users = read(text)
      remembered.clear()
    },
  })

  function read(text: string): ReturnType<typeof readHtpasswd>['users'] {
    const file = readHtpasswd(text)
    for (const line of file.problems) log.line('error', `htpasswd-file: ${line}`)
    return file.users
  }

  async function verify({ username, password, client }: Credentials): Promise<Result<Grant>> {
    if (username === '' || password === '') return failed(problem('credentials_missing'))
    const guesser = client ?? `user ${username}`
    if (attempts.mustWait(guesser)) return failed(problem('too_many_attempts'))
    const fits = await remembered.ask([username, password], () => passwordFits(password, users.get(username)))
    if (!fits) {
      attempts.failed(guesser)
      return failed(problem('credentials_wrong'))
    }
    attempts.succeeded(guesser)
    return ok(toGrant(username, groups))
  }

  return {
    verify,
    async readBasic(authorization, client) {
      const credentials = readBasicCredentials(authorization)
      return credentials === undefined ? undefined : verify({ ...credentials, client })
    },
  }
}

/** RFC 7617: one space, base64, the first colon ends the name. Undefined for anything else. */
export function readBasicCredentials(authorization: string): Omit<Credentials, 'client'> | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/iu.exec(authorization)?.[1]
  const bytes = encoded === undefined ? undefined : fromBase64(encoded)
  if (bytes === undefined) return undefined
  const text = new TextDecoder().decode(bytes)
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

function toGrant(username: string, groups: readonly string[]): Grant {
  return {
    identity: {
      issuer: ISSUER,
      subject: username,
      user: username,
      email: undefined,
      preferredUsername: undefined,
      groups,
      sid: undefined,
    },
    tokens: { access: undefined, id: undefined, refresh: undefined, accessExpiresAtMs: undefined },
  }
}

interface RememberedAnswers {
  ask(credentials: readonly string[], verify: () => Promise<boolean>): Promise<boolean>
  clear(): void
}

/**
 * Basic credentials come with every request, and bcrypt is slow on purpose: a right answer is kept for a minute under an
 * HMAC with a key that never leaves this process.
 */
function createRememberedAnswers(now: () => number): RememberedAnswers {
  const key = randomBytes(32)
  const until = new Map<string, number>()
  return {
    clear: () => until.clear(),
    async ask(credentials, verify) {
      const name = toBase64Url(await hmacSha256(key, JSON.stringify(credentials)))
      if ((until.get(name) ?? 0) > now()) return true
      if (!(await verify())) return false
      until.delete(name)
      until.set(name, now() + REMEMBER_MS)
      for (const oldest of until.keys()) {
        if (until.size <= MAX_REMEMBERED) break
        until.delete(oldest)
      }
      return true
    },
  }
}
