import { compareSync, hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { problem } from '../../../../src/problems.ts'
import { failed } from '../../../../src/result.ts'
import { createAccountCheck, toLocalSource } from '../../../../src/signin/local/account.ts'
import { readBasicCredentials } from '../../../../src/signin/local/local-users.ts'
import { aSession } from '../../../support/session.ts'
import { verdictOf } from '../../providers/providers-fixture.ts'
import { basic, sha, someUsers } from './local-users-fixture.ts'

const BCRYPT = hashSync('correct horse', 4)
const FILE = `# people\nalice:${BCRYPT}\n\nbob:${sha('secret')}\ncarol:${BCRYPT.replace('$2b$', '$2y$')}\n`
const A = '203.0.113.7'
const B = '203.0.113.8'
const NO_BASIC = failed(problem('bug'))

describe('a local user', () => {
  it.each([
    ['alice', 'correct horse', 'ok'],
    ['carol', 'correct horse', 'ok'],
    ['bob', 'secret', 'ok'],
    ['alice', 'Correct horse', 'credentials_wrong'],
    ['alice', 'correct horse ', 'credentials_wrong'],
    ['bob', 'secre', 'credentials_wrong'],
    ['bob', sha('secret'), 'credentials_wrong'],
    ['Alice', 'correct horse', 'credentials_wrong'],
    ['nobody', 'correct horse', 'credentials_wrong'],
    ['constructor', 'x', 'credentials_wrong'],
    ['# people', 'x', 'credentials_wrong'],
    ['', 'x', 'credentials_missing'],
    ['alice', '', 'credentials_missing'],
    ['alice', 'x'.repeat(2_000), 'credentials_wrong'],
  ])('a local user %j with password %j: %s', async (username, password, verdict) => {
    const { users } = await someUsers(FILE)
    expect(verdictOf(await users.verify({ username, password, client: A }))).toBe(verdict)
  })

  it('a local user has the configured groups and no address', async () => {
    const { users } = await someUsers(FILE)
    const grant = await users.verify({ username: 'bob', password: 'secret', client: A })
    expect(grant.ok && grant.value.identity).toEqual({
      issuer: 'htpasswd',
      subject: 'bob',
      user: 'bob',
      email: undefined,
      preferredUsername: undefined,
      groups: ['local'],
      sid: undefined,
    })
  })
})

describe('an htpasswd file that changes', () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

  it('a changed file counts for people whose password was right a moment ago', async () => {
    const { platform, users } = await someUsers(FILE)
    const verify = async (password: string) =>
      verdictOf(await users.verify({ username: 'bob', password, client: A }))
    expect(await verify('secret')).toBe('ok')
    platform.change('/users', `bob:${sha('changed')}`)
    await settled()
    expect(await verify('secret')).toBe('credentials_wrong')
    expect(await verify('changed')).toBe('ok')
  })

  it('a changed file counts for a comparison that is under way', async () => {
    const { platform, users } = await someUsers(FILE)
    const verdict = users.verify({ username: 'alice', password: 'correct horse', client: A })
    platform.change('/users', FILE.replace(BCRYPT, hashSync('other', 4)))
    expect(verdictOf(await verdict)).toBe('credentials_wrong')
  })

  it('the last of two changes in quick succession wins', async () => {
    const { platform, users } = await someUsers(FILE)
    platform.change('/users', Array.from({ length: 500 }, (_, at) => `user-${at}:${sha('x')}`).join('\n'))
    platform.change('/users', `bob:${sha('last')}`)
    await settled()
    expect(verdictOf(await users.verify({ username: 'bob', password: 'last', client: A }))).toBe('ok')
    expect(verdictOf(await users.verify({ username: 'user-1', password: 'x', client: A }))).toBe(
      'credentials_wrong',
    )
  })

  it('a changed file is told in the log with its bad lines, and as an error when it has no user', async () => {
    const { platform, lines } = await someUsers(FILE)
    expect(lines).toEqual([])
    platform.change('/users', `bob:${sha('x')}\nalice:plain`)
    platform.change('/users', '')
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'warn htpasswd-file: use bcrypt (htpasswd -B) or {SHA} in line 2: until then this user cannot sign in',
      'info htpasswd-file was read again',
      'error htpasswd-file: add a line user:hash, no local user can sign in',
    ])
    expect(JSON.stringify(lines)).not.toContain('plain')
  })
})

describe('the session of a local user', () => {
  async function signedIn() {
    const some = await someUsers(FILE)
    const grant = await some.users.verify({ username: 'bob', password: 'secret', client: A })
    if (!grant.ok) throw new Error(grant.problem.reason)
    return { ...some, session: aSession({ ...grant.value.identity, source: toLocalSource(grant.value) }) }
  }

  // [what changed, file, groups, stands]
  const changes: [string, string, readonly string[], boolean][] = [
    ['nothing', FILE, ['local'], true],
    ['another user', FILE.replace(/^alice.*$/mu, ''), ['local'], true],
    ['the place of the line', `bob:${sha('secret')}\n${FILE.replace(/^bob.*\n/mu, '')}`, ['local'], true],
    ['the user is gone', FILE.replace(/^bob.*$/mu, ''), ['local'], false],
    ['the password', FILE.replace(sha('secret'), sha('changed')), ['local'], false],
    ['the kind of hash', FILE.replace(sha('secret'), hashSync('secret', 4)), ['local'], false],
    ['a second line for the user', `${FILE}bob:${sha('second')}\n`, ['local'], false],
    ['the groups of local users', FILE, ['local', 'ops'], false],
    ['the name', FILE.replace('bob:', 'Bob:'), ['local'], false],
  ]

  it.each(changes)(
    'a session of a local user is judged by the file of now, in this process or the next [SL-40]: %s',
    async (_, file, groups, stands) => {
      const { session } = await signedIn()
      const next = await someUsers(file, { groups })
      expect(createAccountCheck(next.users)(session)).toBe(stands)
    },
  )

  it('a session of a local user ends with the change of the file', async () => {
    const { platform, session, users } = await signedIn()
    const hasAccount = createAccountCheck(users)
    expect(hasAccount(session)).toBe(true)
    platform.change('/users', FILE.replace(/^bob.*$/mu, ''))
    await expect.poll(() => hasAccount(session)).toBe(false)
  })

  it('a session of a local user is over without its record, as an older version sealed it, and where there are no local users', async () => {
    const { session, users } = await signedIn()
    expect(createAccountCheck(users)({ ...session, source: { kind: 'local', record: '' } })).toBe(false)
    expect(createAccountCheck(undefined)(session)).toBe(false)
    expect(createAccountCheck(undefined)(aSession())).toBe(true)
    expect(createAccountCheck(users)(aSession({ subject: 'bob' }))).toBe(true)
  })
})

describe('Basic credentials', () => {
  it.each<[string, { username: string; password: string } | undefined]>([
    [basic('bob:secret'), { username: 'bob', password: 'secret' }],
    [basic('bob:se:cret'), { username: 'bob', password: 'se:cret' }],
    [basic('bob:'), { username: 'bob', password: '' }],
    [basic('bob:sécret'), { username: 'bob', password: 'sécret' }],
    [basic('bob:secret', 'basic'), { username: 'bob', password: 'secret' }],
    [basic('bob'), undefined],
    [basic('bob:secret', 'Basic '), undefined],
    [basic('bob:secret', 'Bearer'), undefined],
    [`${basic('bob:secret')}, ${basic('alice:x')}`, undefined],
    ['Basic ???', undefined],
    ['Basic', undefined],
    ['', undefined],
  ])('Basic credentials in the header %j', (header, expected) => {
    expect(readBasicCredentials(header)).toEqual(expected)
  })

  it('Basic credentials on every request cost one comparison a minute', async () => {
    const { compared, platform, users } = await someUsers(FILE)
    const ask = async () => verdictOf((await users.readBasic(basic('alice:correct horse'), A)) ?? NO_BASIC)
    for (let at = 0; at < 20; at += 1) expect(await ask()).toBe('ok')
    expect(compared).toHaveLength(1)
    platform.pass(59_999)
    expect(await ask()).toBe('ok')
    expect(compared).toHaveLength(1)
    platform.pass(1)
    expect(await ask()).toBe('ok')
    expect(compared).toHaveLength(2)
    expect(await users.readBasic('Bearer x', undefined)).toBeUndefined()
  })

  it('equal Basic credentials of many requests at once are one attempt', async () => {
    const { compared, users } = await someUsers(FILE)
    const ask = async () => verdictOf((await users.readBasic(basic('alice:correct horse'), A)) ?? NO_BASIC)
    expect(await Promise.all(Array.from({ length: 40 }, ask))).toEqual(Array(40).fill('ok'))
    expect(compared).toHaveLength(1)
  })
})

describe('guesses', () => {
  it('forty guesses at once get five comparisons, as they would one after another [DS-60]', async () => {
    const { compared, users } = await someUsers(FILE)
    const guesses = Array.from({ length: 40 }, (_, at) => (at === 20 ? 'correct horse' : `guess ${at}`))
    const verdicts = await Promise.all(
      guesses.map(async (password) =>
        verdictOf(await users.verify({ username: 'alice', password, client: A })),
      ),
    )
    // Passwords are hashed side by side before they are counted, so it is open which five come first.
    expect(verdicts.filter((verdict) => verdict === 'too_many_attempts')).toHaveLength(35)
    expect(compared).toHaveLength(5)
  })

  it('guesses from anywhere run two at a time, wait in a short queue, and are refused beyond it [DS-64]', async () => {
    const { compared, mostAtOnce, users } = await someUsers(FILE)
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, async (_, at) =>
        users.verify({ username: `user-${at}`, password: 'x', client: `198.51.100.${at}` }),
      ),
    )
    const reasons = verdicts.map((verdict) => (verdict.ok ? 'ok' : verdict.problem.reason))
    expect(reasons.filter((reason) => reason === 'credentials_wrong')).toHaveLength(26)
    expect(reasons.filter((reason) => reason === 'too_many_attempts')).toHaveLength(74)
    expect(verdicts.at(-1)).toMatchObject({
      problem: { detail: { limit: 'queue' }, retryAfterSeconds: 1 },
    })
    expect(compared).toHaveLength(26)
    expect(mostAtOnce()).toBe(2)
  })

  it('guesses at one address stop no other user there: right passwords and Basic credentials count [DS-62]', async () => {
    const { users } = await someUsers(FILE)
    for (let at = 0; at < 8; at += 1)
      await users.verify({ username: 'bob', password: `guess ${at}`, client: A })
    expect(verdictOf(await users.verify({ username: 'bob', password: 'secret', client: A }))).toBe(
      'too_many_attempts',
    )
    expect(verdictOf(await users.verify({ username: 'alice', password: 'correct horse', client: A }))).toBe(
      'ok',
    )
    expect(verdictOf((await users.readBasic(basic('carol:correct horse'), A)) ?? NO_BASIC)).toBe('ok')
    expect(verdictOf(await users.verify({ username: 'bob', password: 'secret', client: B }))).toBe('ok')
  })

  it('guesses of a crowd do not keep a user waiting at a client where the password was right before', async () => {
    const pending: { readonly password: string; readonly end: () => void }[] = []
    const turn = () => new Promise((resolve) => setTimeout(resolve, 1))
    const { platform, users } = await someUsers(FILE, {
      bcrypt: (password, hashes) =>
        new Promise((resolve) => {
          const end = () => resolve(hashes.map((hash) => compareSync(password, hash)))
          pending.push({ password, end })
        }),
    })
    const alice = { username: 'alice', password: 'correct horse', client: A }
    const before = users.verify(alice)
    await expect.poll(() => pending.length).toBe(1)
    pending.shift()?.end()
    expect(verdictOf(await before)).toBe('ok')
    platform.pass(60_001)
    const crowd = Array.from({ length: 100 }, (_, at) =>
      users.verify({ username: `user-${at}`, password: 'x', client: `198.51.100.${at}` }),
    )
    await expect.poll(() => pending.length).toBe(2)
    const later = users.verify(alice)
    await turn()
    pending.shift()?.end()
    await expect.poll(() => pending.length).toBe(2)
    expect(pending.at(-1)?.password).toBe('correct horse')
    pending.pop()?.end()
    expect(verdictOf(await later)).toBe('ok')
    for (let at = 0; at < 25; at += 1) {
      await expect.poll(() => pending.length).toBeGreaterThan(0)
      pending.shift()?.end()
    }
    await Promise.all(crowd)
  })

  it('guesses over the limit are not answered from memory either: that would tell the right one [IL-41]', async () => {
    const { users } = await someUsers(FILE)
    const ask = async (password: string) =>
      verdictOf(await users.verify({ username: 'bob', password, client: A }))
    expect(await ask('secret')).toBe('ok')
    for (let at = 0; at < 5; at += 1) expect(await ask(`guess ${at}`)).toBe('credentials_wrong')
    expect(await ask('secret')).toBe('too_many_attempts')
  })

  it('guesses count for a user who does not exist as for one who does', async () => {
    const { users } = await someUsers(FILE)
    for (const username of ['alice', 'nobody']) {
      const verdicts: string[] = []
      for (let at = 0; at < 6; at += 1)
        verdicts.push(verdictOf(await users.verify({ username, password: `guess ${at}`, client: A })))
      expect(verdicts.slice(0, 5)).toEqual(Array(5).fill('credentials_wrong'))
      expect(verdicts[5]).toBe('too_many_attempts')
    }
  })

  it('guesses count as failed when the comparison breaks', async () => {
    const bcrypt = () => Promise.reject(new Error('the thread is gone'))
    const { users } = await someUsers(FILE, { bcrypt })
    for (let at = 0; at < 5; at += 1) {
      const verdict = users.verify({ username: 'alice', password: `guess ${at}`, client: A })
      await expect(verdict).rejects.toThrow('the thread is gone')
    }
    const last = await users.verify({ username: 'alice', password: 'correct horse', client: A })
    expect(verdictOf(last)).toBe('too_many_attempts')
  })
})
