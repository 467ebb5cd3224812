import { type PasswordRecord, readHtpasswd } from '../../config/values/htpasswd.ts'
import { sha256, toBase64Url } from '../../lib/bytes.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import { type ComparePassword, createComparePassword } from './password.ts'

/** A local user as the file has it now. */
export interface LocalUser {
  readonly record: PasswordRecord
  /** Changes with the record and with the groups; sessions carry it. */
  readonly fingerprint: string
}

/** The users of one version of the file. */
export interface UserTable {
  readonly users: ReadonlyMap<string, LocalUser>
  readonly comparePassword: ComparePassword
}

export interface UserFileDeps {
  /** The htpasswd file; read at start, and again whenever it changes. */
  readonly path: string
  /** Groups that every local user has. */
  readonly groups: readonly string[]
  readonly platform: Pick<Platform, 'readFile' | 'watch' | 'bcrypt'>
  readonly log: Pick<Log, 'line'>
}

const FINGERPRINT_BYTES = 16

/**
 * Reads the file and follows its changes; returns a function that gives the newest table. Configuration told what is
 * wrong with it at start.
 */
export async function openUserFile({ path, groups, platform, log }: UserFileDeps): Promise<() => UserTable> {
  let table = await toTable(platform.readFile?.(path) ?? '')
  let newest = 0

  async function toTable(text: string): Promise<UserTable> {
    const { users } = readHtpasswd(text)
    const entries = [...users].map(
      async ([name, record]): Promise<[string, LocalUser]> => [
        name,
        { record, fingerprint: await fingerprintOf({ name, record, groups }) },
      ],
    )
    return {
      users: new Map(await Promise.all(entries)),
      comparePassword: createComparePassword(users.values(), platform.bcrypt),
    }
  }

  async function replace(text: string): Promise<void> {
    newest += 1
    const turn = newest
    const next = await toTable(text)
    // Two changes in quick succession: the later one wins, whichever is ready first.
    if (turn === newest) table = next
  }

  function tell(text: string): void {
    const { problems, users } = readHtpasswd(text)
    for (const sentence of problems) log.line('warn', `htpasswd-file: ${sentence}`)
    if (users.size === 0) log.line('error', 'htpasswd-file: add a line user:hash, no local user can sign in')
    else log.line('info', 'htpasswd-file was read again', { users: users.size })
  }

  platform.watch?.({
    path,
    onChange(text) {
      tell(text)
      return replace(text).catch((error: unknown) =>
        log.line('error', 'htpasswd-file stays as it was', { why: String(error) }),
      )
    },
  })
  return () => table
}

/**
 * A short hash of everything that a session of this user depends on. Without a key, so that replicas and later
 * processes agree whatever the cookie secrets are; it leaves the process in sealed cookies only.
 */
async function fingerprintOf({
  name,
  record,
  groups,
}: {
  name: string
  record: PasswordRecord
  groups: readonly string[]
}): Promise<string> {
  const digest = await sha256(JSON.stringify(['local user', name, record.text, ...groups]))
  return toBase64Url(digest.subarray(0, FINGERPRINT_BYTES))
}
