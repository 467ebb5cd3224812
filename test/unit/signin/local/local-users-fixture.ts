import { createHash } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import type { Platform } from '../../../../src/platform.ts'
import type { LocalUsers } from '../../../../src/signin/local/account.ts'
import { createLocalUsers } from '../../../../src/signin/local/local-users.ts'
import { createFakePlatform, type FakePlatform } from '../../../support/fake-platform.ts'
import { someTools } from '../../providers/providers-fixture.ts'

/** Users of a file, with the comparisons that bcrypt was asked for. */
export interface SomeUsers {
  readonly users: LocalUsers
  readonly platform: FakePlatform
  readonly lines: ReturnType<typeof someTools>['lines']
  /** The hashes of each comparison that has begun. */
  readonly compared: (readonly string[])[]
  /** Most comparisons that ever ran at the same time. */
  readonly mostAtOnce: () => number
}

/** The `{SHA}` form of a password. */
export function sha(password: string): string {
  return `{SHA}${createHash('sha1').update(password).digest('base64')}`
}

/** An Authorization header. */
export function basic(text: string, scheme = 'Basic'): string {
  return `${scheme} ${Buffer.from(text).toString('base64')}`
}

/** What a test decides beside the file. */
export interface Given {
  readonly groups?: readonly string[]
  /** Instead of the real comparison. */
  readonly bcrypt?: Platform['bcrypt']
}

/** Reads a file of this text. Each comparison with bcrypt takes a turn of the event loop, so that others can come between. */
export async function someUsers(text: string, given: Given = {}): Promise<SomeUsers> {
  const { groups = ['local'], bcrypt = compareAll } = given
  const compared: (readonly string[])[] = []
  let running = 0
  let most = 0
  const platform = {
    ...createFakePlatform({ files: { '/users': text } }),
    async bcrypt(password: string, hashes: readonly string[]) {
      compared.push(hashes)
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return bcrypt(password, hashes)
    },
  }
  const { log, lines } = someTools(platform)
  const users = await createLocalUsers({ path: '/users', groups, platform, log })
  return { users, platform, lines, compared, mostAtOnce: () => most }
}

async function compareAll(password: string, hashes: readonly string[]): Promise<readonly boolean[]> {
  return hashes.map((hash) => compareSync(password, hash))
}
