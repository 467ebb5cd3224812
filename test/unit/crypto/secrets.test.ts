import { describe, expect, it } from 'vitest'
import { parseCookieSecrets } from '../../../src/crypto/secrets.ts'
import { configOf, problemsOf, SECRET, warningsOf } from '../config/config-fixture.ts'

function lengthsOf(text: string): readonly number[] {
  const secrets = parseCookieSecrets(text)
  if (!secrets.ok) throw new Error(secrets.problem)
  return secrets.value.map((secret) => secret.length)
}

describe('cookie secrets', () => {
  it.each([
    ['base64url of 32 bytes', SECRET, [32]],
    ['the same with padding', `${SECRET}=`, [32]],
    ['base64url of 16 bytes', SECRET.slice(0, 22), [16]],
    ['32 bytes as they are', 'k!9vN0eSgGm3oWcC7xkT9ZbY4uJ5hPf%', [32]],
    ['16 bytes as they are', 'k!9vN0eSgGm3oWc%', [16]],
    ['32 characters that decode to 24 bytes', '0123456789abcdef0123456789abcdef', [24]],
    ['a comma inside of one secret', 'k!9vN0eSgGm3oWcC7xkT,ZbY4uJ5hPf%', [32]],
    ['two, the first seals', `${SECRET},k!9vN0eSgGm3oWc%`, [32, 16]],
    ['a line break at the end', `${SECRET}\n`, [32]],
    ['a Windows line break at the end', `${SECRET}\r\n`, [32]],
  ])('parseCookieSecrets() takes %s', (_, text, lengths) => {
    expect(lengthsOf(text)).toEqual(lengths)
  })

  it.each([
    ['nothing', '', '16, 24 or 32 bytes, this is 0'],
    ['too few bytes', 'k!9vN0e', 'this is 7'],
    ['10 decoded bytes', 'YWJjZGVmCg', 'this is 10'],
    ['20 bytes', '0123456789abcdefghi!', 'this is 20'],
    ['the other base64 alphabet', `${SECRET.slice(0, 41)}+/=`, 'write - for +'],
    ['two line breaks', `${SECRET}\n\n`, 'white space included'],
    ['one repeated byte', 'a'.repeat(32), 'easy to guess'],
    ['base64url of zeros', 'A'.repeat(43), 'easy to guess'],
    ['few different bytes', 'abcdefg!'.repeat(4).replaceAll('!', 'a'), 'easy to guess'],
    ['a placeholder', 'replace-me', 'placeholder'],
    ['a placeholder of the right length', 'please-change-me-please-change-m', 'placeholder'],
    ['an unexpanded template', '$(COOKIE_SECRET_OF_THE_RIGHT_LEN)', 'placeholder'],
    ['a bad second one', `${SECRET},short`, 'number 2 of the list'],
    ['an empty second one', `${SECRET},`, 'number 2 of the list'],
  ])('parseCookieSecrets() refuses %s', (_, text, sentence) => {
    const secrets = parseCookieSecrets(text)
    expect(secrets).toHaveProperty('problem', expect.stringContaining(sentence))
    expect(JSON.stringify(secrets)).not.toContain(text || 'no secret')
  })
})

describe('where the cookie secret comes from', () => {
  const env = { OAUTH2_PROXY_COOKIE_SECRET: undefined }
  const files = { '/new': `${SECRET}\n`, '/old': 'k!9vN0eSgGm3oWc%', '/bad': 'hunter2' }

  it('a missing cookie secret is refused with the command that makes one', () => {
    expect(problemsOf({ env })).toEqual([
      "--cookie-secret or OAUTH2_PROXY_COOKIE_SECRET: give the secret that seals sessions; make one with: openssl rand -base64 32 | tr -- '+/' '-_'",
    ])
    expect(problemsOf({ env, runtime: 'workers' })).toEqual([
      expect.stringMatching(/^OAUTH2_PROXY_COOKIE_SECRET: /u),
    ])
  })

  it('the cookie secret may come from several files', () => {
    const { session } = configOf({ env, files, args: ['--cookie-secret-file=/new,/old'] })
    expect(session.secrets.map((secret) => secret.length)).toEqual([32, 16])
    expect(session.secretFiles).toEqual(['/new', '/old'])
  })

  it('a wrong file of the cookie secret is named, without its content', () => {
    const problems = problemsOf({ env, files, args: ['--cookie-secret-file=/none,/bad'] })
    expect(problems).toEqual([
      '--cookie-secret-file: make the file "/none" readable (ENOENT)',
      expect.stringMatching(/^--cookie-secret-file: "\/bad": give 16, 24 or 32 bytes, this is 7/u),
    ])
    expect(problems.join()).not.toContain('hunter2')
  })

  it('the value of the cookie secret wins over a file, with a warning', () => {
    const given = { files, args: ['--cookie-secret-file=/old'] }
    expect(configOf(given).session).toMatchObject({ secretFiles: [], secrets: [{ length: 32 }] })
    expect(warningsOf(given)).toEqual([expect.stringMatching(/^--cookie-secret-file: this is not used/u)])
  })
})

it('a cookie secret that is published is a warning, and the program starts', () => {
  const env = { OAUTH2_PROXY_COOKIE_SECRET: 'OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=' }
  expect(warningsOf({ env }).join()).toContain('published as an example')
})
