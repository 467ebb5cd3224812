import { describe, expect, it } from 'vitest'
import { readHtpasswd } from '../../../src/config/values/htpasswd.ts'
import { load, problemsOf, warningsOf } from './config-fixture.ts'

const REST = 'C6UzMDM.H6dfI/f/IKcEeO7ZbEYFBhKJNtDjvRqS/0z1V9zQeDfya'
const BCRYPT = `$2y$05$${REST}`
const SHA = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='
const UNREAD = 'use bcrypt (htpasswd -B) or {SHA} in line 1: until then this user cannot sign in'

describe('readHtpasswd', () => {
  it.each([
    [`alice:${BCRYPT}`],
    [`alice:${BCRYPT.replace('$2y$', '$2a$')}`],
    [`alice:${BCRYPT.replace('$2y$', '$2b$')}`],
    [`alice:${BCRYPT.replace('$2y$', '$2x$')}`],
    [`alice:${SHA}`],
    [`\uFEFFalice:${SHA}`],
    [`  alice: ${SHA} \r`],
    [`# people\n\nalice:${SHA}`],
    [`\t# people\r\nalice:${SHA}`],
  ])('readHtpasswd() reads a form that oauth2-proxy takes: %j', (line) => {
    const { problems, users } = readHtpasswd(line)
    expect(problems).toEqual([])
    expect([...users.keys()]).toEqual(['alice'])
  })

  it.each([
    ['plain text', 'alice:plain', UNREAD],
    ["Apache's MD5", 'alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00', UNREAD],
    ['crypt with SHA-512', 'alice:$6$salt$hash', UNREAD],
    ['crypt with DES', 'alice:rqXexS6ZhobKA', UNREAD],
    ['bcrypt without a letter', `alice:${BCRYPT.replace('$2y$', '$2$')}`, UNREAD],
    ['a hash that was cut', `alice:${BCRYPT.slice(0, -1)}`, UNREAD],
    ['a digest that is too short', 'alice:{SHA}short=', UNREAD],
    ['a salted digest', 'alice:{SSHA}x', UNREAD],
    ['a third field', `alice:${SHA}:comment`, UNREAD],
    ['a colon in the name', `al:ice:${BCRYPT}`, UNREAD],
    [
      'a cost that takes a minute',
      `alice:${BCRYPT.replace('$05$', '$15$')}`,
      'use a bcrypt cost from 4 to 14 in line 1: until then this user cannot sign in',
    ],
    [
      'a cost that bcrypt does not have',
      `alice:${BCRYPT.replace('$05$', '$03$')}`,
      'use a bcrypt cost from 4 to 14 in line 1: until then this user cannot sign in',
    ],
    ['no name', `:${BCRYPT}`, 'write user:hash in line 1'],
    ['no colon', BCRYPT, 'write user:hash in line 1'],
    ['a control character', `al\x07ice:${BCRYPT}`, 'write user:hash in line 1'],
    [
      'a name of 256 characters',
      `${'a'.repeat(256)}:${SHA}`,
      'shorten the user name in line 1 to 255 characters',
    ],
  ])('readHtpasswd() does not use a line with %s, and says which', (_, line, problem) => {
    expect(readHtpasswd(line)).toEqual({ users: new Map(), problems: [problem] })
  })

  it('readHtpasswd() tells all bad lines by number and never by content, and uses the good ones', () => {
    const { problems, users } = readHtpasswd(`x:plain1\r\nalice:${BCRYPT}\r\ny:plain2`)
    expect(problems).toEqual([expect.stringContaining('line 1'), expect.stringContaining('line 3')])
    expect(problems.join()).not.toContain('plain')
    expect([...users.keys()]).toEqual(['alice'])
  })

  it('readHtpasswd() lets the last line of a name count, as oauth2-proxy does, and says so', () => {
    const { problems, users } = readHtpasswd(`bob:${BCRYPT}\nalice:${SHA}\nbob:${SHA}`)
    expect(users.get('bob')?.hash.kind).toBe('sha1')
    expect(problems).toEqual(['remove line 1: line 3 is for the same user, and counts'])
  })
})

describe('a configuration with an htpasswd file', () => {
  const given = (text: string) => ({
    args: ['--htpasswd-file=/users', '--config-test'],
    files: { '/users': text },
  })

  it('a configuration warns of each htpasswd line that cannot be used, also when it is only tested', () => {
    expect(warningsOf(given(`alice:${SHA}\nbob:plain\ncarol:plain`))).toEqual([
      '--htpasswd-file: use bcrypt (htpasswd -B) or {SHA} in line 2: until then this user cannot sign in',
      '--htpasswd-file: use bcrypt (htpasswd -B) or {SHA} in line 3: until then this user cannot sign in',
    ])
    expect(load(given(`alice:${SHA}\nbob:plain`))).toMatchObject({ kind: 'config', testOnly: true })
  })

  it.each(['', '# none yet\n', 'alice:plain\n'])(
    'a configuration is refused when no user of the htpasswd file can sign in: %j',
    (text) => {
      expect(problemsOf(given(text)).join('\n')).toContain(
        '--htpasswd-file: add a line user:hash to "/users", there is no user who can sign in',
      )
    },
  )
})
