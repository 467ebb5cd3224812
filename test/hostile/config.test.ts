import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, SECRET } from './gate-fixture.ts'

/** A configuration that is good, so that each test can spoil one thing. */
const GOOD = {
  '--provider': 'oidc',
  '--oidc-issuer-url': 'https://op.example.com',
  '--client-id': 'sidegate',
  '--client-secret': 'marked-client-secret',
  '--cookie-secret': SECRET,
  '--email-domain': 'example.com',
  '--upstream': 'http://127.0.0.1:8080/',
  '--http-address': '127.0.0.1:0',
}

interface Ended {
  readonly status: number | null
  readonly output: string
}

const folder = mkdtempSync(join(tmpdir(), 'config-'))
beforeAll(() => {
  writeFileSync(join(folder, 'newline'), `${SECRET}\n`)
  writeFileSync(join(folder, 'spaces'), `  ${SECRET}  \n\n`)
  writeFileSync(join(folder, 'unknown.toml'), 'cookie_secrte = "x"\n')
  writeFileSync(join(folder, 'type.toml'), 'skip_provider_button = "maybe"\n')
  writeFileSync(join(folder, 'broken.toml'), 'a = \n')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program with --config-test; `undefined` takes a flag away. */
async function run(
  change: Record<string, string | undefined>,
  env: Record<string, string> = {},
  more: string[] = [],
): Promise<Ended> {
  const flags = Object.entries({ ...GOOD, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  )
  const child = runProgram([...flags, '--config-test', ...more], env)
  const status = await child.exited
  return { status, output: child.output() }
}

/** The program ends with status 1 or 2, one sentence that names the setting, and no secret in it. */
async function expectRefused(ended: Ended, names: RegExp): Promise<void> {
  expect(ended.output).toMatch(names)
  expect([1, 2]).toContain(ended.status)
  expect(ended.output).not.toMatch(/node_modules|\n\s+at |\.ts:\d/u)
}

it('the configuration is good before it is spoiled, and loud about secrets in a command line [CF-03]', async () => {
  const { status, output } = await run({})
  expect([status, output.endsWith('The configuration is good.\n')]).toEqual([0, true])
  expect(output).toMatch(
    /^warning: --client-secret: .*command line\nwarning: --cookie-secret: .*command line\n/u,
  )
  expect(output).not.toMatch(/marked|q1vN0/u)
})

type Spoiled = readonly [string, string, Readonly<Record<string, string | undefined>>, RegExp]

/** [row, what is wrong, flags, what the program says about it] */
const SPOILED: readonly Spoiled[] = [
  ['CF-01', 'no secret', { '--cookie-secret': undefined }, /--cookie-secret/u],
  ['CF-01', 'an empty secret', { '--cookie-secret': '' }, /--cookie-secret/u],
  ['CF-01', 'eight bytes', { '--cookie-secret': 'marked-8' }, /--cookie-secret/u],
  ['CF-01', '31 bytes', { '--cookie-secret': 'marked-marked-marked-marked-mar' }, /--cookie-secret/u],
  ['CF-01', 'one letter', { '--cookie-secret': 'a'.repeat(32) }, /--cookie-secret.*guess/u],
  ['CF-01', 'a word', { '--cookie-secret': 'secret' }, /--cookie-secret/u],
  [
    'CF-02',
    'a placeholder',
    { '--cookie-secret': 'CHANGE_ME_CHANGE_ME_CHANGE_ME_32' },
    /--cookie-secret.*placeholder/u,
  ],
  ['CF-02', 'a gap that nobody filled in', { '--cookie-secret': '<COOKIE_SECRET>' }, /--cookie-secret/u],
  ['CF-05', 'any host', { '--whitelist-domain': '*' }, /--whitelist-domain/u],
  ['CF-05', 'a top-level domain', { '--whitelist-domain': '.com' }, /--whitelist-domain/u],
  ['CF-05', 'a dot', { '--whitelist-domain': '.' }, /--whitelist-domain/u],
  ['CF-05', 'an empty wildcard', { '--whitelist-domain': '*.' }, /--whitelist-domain/u],
  [
    'CF-06',
    'a word for an address',
    { '--trusted-proxy-ip': 'proxy', '--reverse-proxy': 'true' },
    /--trusted-proxy-ip/u,
  ],
  ['CF-07', 'a blank domain', { '--email-domain': ' ' }, /--email-domain/u],
  ['CF-07', 'an address for a domain', { '--email-domain': '@example.com' }, /--email-domain/u],
  ['CF-07', 'everybody and somebody', { '--email-domain': '*,example.com' }, /--email-domain/u],
  ['CF-07', 'an empty group', { '--allowed-group': '' }, /--allowed-group/u],
  ['CF-08', 'nobody', { '--email-domain': undefined }, /email-domain/u],
  ['CF-09', 'a pattern that is none', { '--skip-auth-route': '(' }, /--skip-auth-route/u],
  ['CF-09', 'a pattern that RE2 has not', { '--skip-auth-route': '^/(?!a)' }, /--skip-auth-route/u],
  ['CF-10', 'alg none', { '--oidc-enabled-signing-alg': 'none' }, /--oidc-enabled-signing-alg/u],
  ['CF-11', 'a cookie name with a semicolon', { '--cookie-name': 'a;b' }, /--cookie-name/u],
  [
    'CF-11, CK-46',
    'a cookie name with a line break',
    { '--cookie-name': 'a\r\nSet-Cookie: b' },
    /--cookie-name/u,
  ],
  ['CF-11', 'a cookie name with a space', { '--cookie-name': 'a b' }, /--cookie-name/u],
  ['CF-11', 'a long cookie name', { '--cookie-name': 'a'.repeat(300) }, /--cookie-name/u],
  ['CK-46', 'a cookie path with attributes', { '--cookie-path': '/; Domain=evil.example' }, /--cookie-path/u],
  [
    'CK-46',
    'a cookie domain with attributes',
    { '--cookie-domain': 'example.com; Path=/x' },
    /--cookie-domain/u,
  ],
  [
    'CK-47',
    'SameSite=None without Secure',
    { '--cookie-samesite': 'none', '--cookie-secure': 'false' },
    /--cookie-samesite/u,
  ],
  ['CF-12', 'the root as our prefix', { '--proxy-prefix': '/' }, /--proxy-prefix/u],
  ['CF-12', 'a prefix with a host', { '--proxy-prefix': '//x' }, /--proxy-prefix/u],
  ['CF-12', 'a prefix that climbs', { '--proxy-prefix': '/a/../b' }, /--proxy-prefix/u],
  ['CF-13', 'a switch that is maybe', { '--skip-provider-button': 'maybe' }, /--skip-provider-button/u],
  [
    'CF-13',
    'a number in words',
    { '--cookie-csrf-per-request-limit': 'five' },
    /--cookie-csrf-per-request-limit/u,
  ],
  ['CF-13', 'a flag that nobody knows', { '--cookie-secrte': 'marked-x' }, /--cookie-secrte/u],
  ['SS-14', 'an upstream of another kind', { '--upstream': 'ftp://127.0.0.1/' }, /--upstream/u],
  ['ID-32', 'a provider in words', { '--oidc-issuer-url': 'op.example.com' }, /--oidc-issuer-url/u],
]

/** The program names everything that is wrong, so rows about different flags share a run. */
function inRuns(rows: readonly Spoiled[]): readonly (readonly Spoiled[])[] {
  const runs: Spoiled[][] = []
  for (const row of rows) {
    const flags = Object.keys(row[2])
    const fits = runs.find((run) => run.every(([, , other]) => flags.every((flag) => !(flag in other))))
    if (fits === undefined) runs.push([row])
    else fits.push(row)
  }
  return runs
}

describe.concurrent('a configuration', () => {
  it.each(
    inRuns(SPOILED).map((rows) => [rows.map(([row, what]) => `${what} (${row})`).join(', '), rows] as const),
  )('a configuration does not start with %s', async (_, rows) => {
    const ended = await run(Object.assign({}, ...rows.map(([, , change]) => change)))
    for (const [, , , names] of rows) await expectRefused(ended, names)
    expect(ended.output).not.toContain('marked-')
  })

  it.each([
    ['CF-13', 'unknown.toml', /cookie_secrte/u],
    ['CF-13', 'type.toml', /skip_provider_button/u],
    ['CF-13', 'broken.toml', /broken\.toml/u],
    ['CF-13', 'absent.toml', /absent\.toml/u],
  ])('a configuration does not start with $1 [$0]', async (_, file, names) => {
    await expectRefused(await run({ '--config': join(folder, file) }), names)
  })

  it('a configuration takes nothing for yes or no that is neither, in variables too [CF-13]', async () => {
    const ended = await run({}, { OAUTH2_PROXY_SKIP_PROVIDER_BUTTON: 'ja' })
    await expectRefused(ended, /OAUTH2_PROXY_SKIP_PROVIDER_BUTTON/u)
    expect((await run({}, { OAUTH2_PROXY_SKIP_PROVIDER_BUTTON: 'false' })).status).toBe(0)
  })

  it('a configuration reads a secret file with its line break, and no other white space [CF-01]', async () => {
    const fromFile = (name: string) =>
      run({ '--cookie-secret': undefined, '--cookie-secret-file': join(folder, name) })
    expect((await fromFile('newline')).status).toBe(0)
    await expectRefused(await fromFile('spaces'), /cookie-secret-file/u)
    await expectRefused(await fromFile('absent'), /cookie-secret-file/u)
  })

  it('a configuration says everything at once, and no value of a secret', async () => {
    const ended = await run({
      '--cookie-secret': 'marked-1',
      '--email-domain': '@a',
      '--cookie-path': 'x',
      '--upstream': 'x',
    })
    for (const name of ['--cookie-secret', '--email-domain', '--cookie-path', '--upstream'])
      expect(ended.output).toContain(name)
    expect(ended.output).not.toContain('marked')
  })

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['CF-04', { '--cookie-secure': 'false' }, /--cookie-secure/u],
    ['CF-06', { '--reverse-proxy': 'true', '--trusted-proxy-ip': '0.0.0.0/0' }, /trusted-proxy-ip/u],
    ['CF-06', { '--reverse-proxy': 'true' }, /trusted-proxy-ip/u],
    ['CF-10', { '--ssl-insecure-skip-verify': 'true' }, /ssl-insecure-skip-verify/u],
    ['CF-10', { '--insecure-oidc-skip-nonce': 'true' }, /insecure-oidc-skip-nonce/u],
    [
      'CF-10',
      { '--insecure-oidc-skip-issuer-verification': 'true' },
      /insecure-oidc-skip-issuer-verification/u,
    ],
    ['CF-10', { '--insecure-oidc-allow-unverified-email': 'true' }, /insecure-oidc-allow-unverified-email/u],
    ['CF-09, RT-25', { '--skip-auth-route': '/public' }, /skip-auth-route/u],
    ['CF-02', { '--cookie-secret': 'OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w=' }, /cookie-secret/u],
  ])('%s: a configuration is loud about %j', async (_, change, names) => {
    expect((await run(change)).output).toMatch(names)
  })

  it('a configuration does not run with a lenient parser [CF-16]', async () => {
    await expectRefused(await run({}, { NODE_OPTIONS: '--insecure-http-parser' }), /insecure-http-parser/u)
  })
})

describe('the help', () => {
  it.each([['--help'], ['--version']])('%s names no secret of the environment [CF-03]', async (flag) => {
    const ended = await run(
      {},
      { OAUTH2_PROXY_COOKIE_SECRET: 'marked-cookie', OAUTH2_PROXY_CLIENT_SECRET: 'marked-client' },
      [flag],
    )
    expect([ended.status, ended.output.includes('marked')]).toEqual([0, false])
  })
})
