import { fromBase64 } from '../../lib/bytes.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Credentials, LocalGrant, LocalUsers } from './account.ts'
import { createComparisonQueue, type Turn } from './comparison-queue.ts'
import { MAX_PASSWORD_LENGTH } from './password.ts'
import { createRememberedPasswords } from './remembered-passwords.ts'
import { createLoginThrottle } from './throttle.ts'
import { type LocalUser, openUserFile, type UserFileDeps } from './user-file.ts'

export interface LocalUsersDeps extends UserFileDeps {
  readonly platform: Pick<Platform, 'now' | 'readFile' | 'watch' | 'bcrypt'>
  readonly log: Pick<Log, 'line'>
}

/** Issuer of local identities: no OpenID provider can have this name. */
const ISSUER = 'htpasswd'

/** Reads the file and answers for its users. */
export async function createLocalUsers(deps: LocalUsersDeps): Promise<LocalUsers> {
  const { groups, platform, log } = deps
  const table = await openUserFile(deps)
  const throttle = createLoginThrottle({ now: platform.now, log })
  const queue = createComparisonQueue(platform.now)
  const remembered = createRememberedPasswords(platform.now)
  const underWay = new Map<string, Promise<Result<LocalGrant>>>()

  async function verify(credentials: Credentials): Promise<Result<LocalGrant>> {
    const { username, password, client } = credentials
    if (username === '' || password === '') return failed(problem('credentials_missing'))
    if (password.length > MAX_PASSWORD_LENGTH) return failed(problem('credentials_wrong'))
    const name = await remembered.nameOf(username, password)
    // What one client sends several times at once is one attempt: a page with ten pictures is not ten guesses.
    const key = `${client} ${name}`
    const verdict = underWay.get(key) ?? attempt(credentials, name).finally(() => underWay.delete(key))
    underWay.set(key, verdict)
    return verdict
  }

  async function attempt(credentials: Credentials, name: string): Promise<Result<LocalGrant>> {
    const { username } = credentials
    const begun = throttle.begin(credentials)
    if (begun.kind === 'throttled') return failed(tooManyAttempts(begun.limit, begun.waitMs))
    let result: 'right' | 'wrong' | 'untried' = 'wrong'
    try {
      const known = table().users.get(username)
      const isRemembered = known !== undefined && remembered.has(name, known.fingerprint)
      const user = isRemembered ? known : await compare(credentials, begun)
      if (user === 'queue full') {
        result = 'untried'
        return failed(tooManyAttempts('queue', queue.retryAfterMs()))
      }
      // A record that was replaced during the comparison does not count any more.
      if (user === undefined || table().users.get(username)?.fingerprint !== user.fingerprint)
        return failed(problem('credentials_wrong'))
      result = 'right'
      if (!isRemembered) remembered.add(name, user.fingerprint)
      return ok(toGrant(username, { groups, localRecord: user.fingerprint }))
    } finally {
      begun.end(result)
    }
  }

  /** Finds the user whose password it is; undefined for a wrong one. */
  async function compare(
    { username, password }: Credentials,
    turn: Turn,
  ): Promise<LocalUser | 'queue full' | undefined> {
    const compared = queue.run(turn, async () => {
      const { users, comparePassword } = table()
      const user = users.get(username)
      return (await comparePassword(password, user?.record)) ? user : undefined
    })
    return compared ?? 'queue full'
  }

  return {
    verify,
    async readBasic(authorization, client) {
      const credentials = readBasicCredentials(authorization)
      return credentials === undefined ? undefined : verify({ ...credentials, client })
    },
    nameIn: (authorization) => readBasicCredentials(authorization)?.username ?? '',
    holds: ({ subject, record }) => table().users.get(subject)?.fingerprint === record,
  }
}

/**
 * Reads Basic credentials (RFC 7617): one space, base64, the first colon ends the name. Undefined for anything else.
 */
export function readBasicCredentials(authorization: string): Omit<Credentials, 'client'> | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/iu.exec(authorization)?.[1]
  const bytes = encoded === undefined ? undefined : fromBase64(encoded)
  if (bytes === undefined) return undefined
  const text = new TextDecoder().decode(bytes)
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

function tooManyAttempts(limit: string, waitMs: number): Problem {
  return { ...problem('too_many_attempts', { limit }), retryAfterSeconds: Math.ceil(waitMs / 1000) }
}

function toGrant(
  username: string,
  { groups, localRecord }: { readonly groups: readonly string[]; readonly localRecord: string },
): LocalGrant {
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
    localRecord,
  }
}
