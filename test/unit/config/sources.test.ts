import { describe, expect, it } from 'vitest'
import { BASE, configOf, linesOf, load, loadBare, problemsOf, SECRET, warningsOf } from './config-fixture.ts'

const withToml = (text: string, more: readonly string[] = []) => ({
  args: ['--config=/gate.toml', ...more],
  files: { '/gate.toml': text },
})

describe('who wins', () => {
  const env = { OAUTH2_PROXY_SCOPE: 'variable' }
  const toml = withToml('scope = "file"')

  it('the flag wins, then the variable, then the file, then the default', () => {
    expect(configOf({ ...withToml('scope = "file"', ['--scope=flag']), env }).providers[0]?.scope).toBe(
      'flag',
    )
    expect(configOf({ ...toml, env }).providers[0]?.scope).toBe('variable')
    expect(configOf(toml).providers[0]?.scope).toBe('file')
    expect(configOf().providers[0]?.scope).toBe('openid email profile')
  })

  it('an empty flag wins too, but not an empty variable', () => {
    expect(configOf({ args: ['--ping-path='] }).paths.ping).toBeUndefined()
    expect(configOf({ ...toml, env: { OAUTH2_PROXY_SCOPE: '' } }).providers[0]?.scope).toBe('file')
  })

  it('the last of several flags wins', () => {
    expect(configOf({ args: ['--scope=a', '--scope', 'b'] }).providers[0]?.scope).toBe('b')
  })

  it('the winning source gives the whole list', () => {
    const given = { ...withToml('email_domains = ["a.example"]', ['--email-domain=b.example']) }
    expect(
      configOf({ ...given, env: { OAUTH2_PROXY_EMAIL_DOMAINS: 'c.example' } }).policy.emailDomains,
    ).toEqual(['b.example'])
  })
})

describe('flags', () => {
  it.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('the flag %s is true', (text) => {
    expect(configOf({ args: [`--skip-provider-button=${text}`] }).signIn.skipProviderButton).toBe(true)
  })

  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('the flag %s is false', (text) => {
    expect(configOf({ args: [`--cookie-secure=${text}`] }).cookie.secure).toBe(false)
  })

  it.each(['yes', 'on', 'tRUE', '2', ''])('the flag %j is no boolean and ends with exit code 2', (text) => {
    const loaded = load({ args: [`--cookie-secure=${text}`] })
    expect(loaded).toMatchObject({ kind: 'problems', exitCode: 2 })
    expect(linesOf(loaded)).toEqual([`--cookie-secure: give true or false, not ${JSON.stringify(text)}`])
  })

  it('boolean flags never take the next word', () => {
    const given = { args: ['--skip-auth-preflight', 'false'] }
    expect(configOf(given).policy.skipAuthPreflight).toBe(true)
    expect(warningsOf(given)).toContain(
      'command line: the word "false" is ignored; write values as --name=value',
    )
  })

  it('other flags than booleans take the next word, whatever it looks like', () => {
    expect(configOf({ args: ['--banner', '--footer'] }).pages.banner).toBe('--footer')
    expect(configOf({ args: ['--scope', 'a=b'] }).providers[0]?.scope).toBe('a=b')
    expect(problemsOf({ args: ['--banner'] })).toEqual(['--banner: give it a value'])
  })

  it('list flags add up, each one a CSV record', () => {
    const args = ['--skip-auth-route="^/a{1,2}$",^/b', '--skip-auth-route', '^/c']
    const patterns = configOf({ args }).policy.skipAuthRoutes.map(({ pattern }) => pattern)
    expect(patterns).toEqual(['^/a{1,2}$', '^/b', '^/c'])
    expect(load({ args: ['--api-route="^/a'] })).toMatchObject({ kind: 'problems', exitCode: 2 })
  })

  it('flags stop at two dashes', () => {
    const given = { args: ['--', '--nonsense'] }
    expect(warningsOf(given)).toHaveLength(1)
  })

  it.each([
    ['--cookie-secrets=hunter2hunter2', '--cookie-secret?'],
    ['--upstreams=http://a', '--upstream?'],
    ['-upstream=http://a', '--upstream?'],
    ['--UPSTREAM=x', '--help'],
    ['--__proto__=x', '--help'],
    ['--completely-different=1', '--help'],
  ])('the flag %s is not known', (word, hint) => {
    const loaded = load({ args: [word] })
    expect(loaded).toMatchObject({ kind: 'problems', exitCode: 2 })
    expect(linesOf(loaded)).toEqual([expect.stringContaining(hint)])
    expect(JSON.stringify(loaded)).not.toContain('hunter2')
  })
})

describe('variables', () => {
  it('variables are split at every comma, without quoting', () => {
    const given = { env: { OAUTH2_PROXY_ALLOWED_GROUPS: 'a, b,"c' } }
    expect(configOf(given).policy.allowedGroups).toEqual(['a', 'b', '"c'])
    expect(warningsOf(given)).toEqual([
      expect.stringMatching(/^OAUTH2_PROXY_ALLOWED_GROUPS: remove the space/u),
    ])
  })

  it.each([
    ['OAUTH2_PROXY_UPSTREAM', 'OAUTH2_PROXY_UPSTREAMS'],
    ['OAUTH2_PROXY_SKIP_AUTH_REGEXES', 'OAUTH2_PROXY_SKIP_AUTH_REGEX'],
    ['OAUTH2_PROXY_EMAIL_DOMAIN', 'OAUTH2_PROXY_EMAIL_DOMAINS'],
    ['OAUTH2_PROXY_COOKIE_SECRT', 'OAUTH2_PROXY_COOKIE_SECRET'],
    ['OAUTH2_PROXY_CONFIG', 'the flag --config'],
  ])('the variable %s is a warning that names %s', (name, hint) => {
    expect(warningsOf({ env: { [name]: 'x' } })).toEqual([
      `${name}: nothing reads this variable; ${hint.startsWith('the') ? `use ${hint}` : `did you mean ${hint}?`}`,
    ])
  })

  it('variables of a Kubernetes Service called oauth2-proxy are no mistake', () => {
    const env = {
      OAUTH2_PROXY_SERVICE_HOST: '10.0.0.1',
      OAUTH2_PROXY_SERVICE_PORT: '4180',
      OAUTH2_PROXY_SERVICE_PORT_HTTP: '4180',
      OAUTH2_PROXY_PORT: 'tcp://10.0.0.1:4180',
      OAUTH2_PROXY_PORT_4180_TCP: 'tcp://10.0.0.1:4180',
      OAUTH2_PROXY_PORT_4180_TCP_ADDR: '10.0.0.1',
    }
    expect(warningsOf({ env })).toEqual([])
  })
})

describe('the TOML file', () => {
  it('a TOML file has keys in any case, weak types and verbatim lists', () => {
    const config = configOf(
      withToml(`
        Cookie_Secure = "false"
        SKIP_PROVIDER_BUTTON = 1
        cookie_csrf_per_request_limit = "5"
        skip_auth_regex = ["^/a{1,2}$"]
        skip_auth_routes = "^/b,^/c"
        min_issued_at = 2026-01-31T12:00:00Z
        cookie_refresh = "1h"
        cookie_expire = 0
        allowed_groups = []
        trusted_ips = ""
      `),
    )
    expect(config.cookie).toMatchObject({ secure: false, csrf: { perRequestLimit: 5 } })
    expect(config.signIn.skipProviderButton).toBe(true)
    expect(config.policy.skipAuthRoutes.map(({ pattern }) => pattern)).toEqual(['^/b', '^/c', '^/a{1,2}$'])
    expect(config.session).toMatchObject({
      minIssuedAtMs: Date.UTC(2026, 0, 31, 12),
      refreshMs: 3_600_000,
      expireMs: 0,
    })
    expect(config.policy).toMatchObject({ allowedGroups: [], trustedIps: [] })
  })

  it.each([
    [
      'cookie_secrets = "hunter2"',
      'cookie_secrets in /gate.toml: remove this key, it is not known; did you mean cookie_secret?',
    ],
    ['auth-request-response-mode = "x"', 'did you mean auth_request_response_mode?'],
    ['[cookie]\nsecret = "hunter2"', 'cookie in /gate.toml: remove this key'],
    ['scope = "a"\nSCOPE = "b"', 'SCOPE in /gate.toml: give this key once'],
    ['scope = ["a"]', 'scope in /gate.toml: give one value'],
    ['scope = { a = "hunter2" }', 'scope in /gate.toml: give one value'],
    ['upstreams = [["http://a"]]', 'upstreams in /gate.toml: give a list of texts'],
    ['upstream_timeout = 30', 'nanoseconds'],
    ['cookie_secure = "hunter2?"', 'cookie_secure in /gate.toml: give true or false'],
    ['config = "x"', 'config in /gate.toml: remove this key'],
    ['cookie_secret = "hunter2', 'at line 1'],
    ['a = 1\n__proto__ = "hunter2"', '--config: fix'],
    ['allowed_groups = [""]', 'allowed_groups in /gate.toml: remove the empty entry'],
  ])('a TOML file with %j is refused', (text, sentence) => {
    const loaded = load(withToml(text))
    expect(loaded).toMatchObject({ kind: 'problems', exitCode: 1 })
    expect(linesOf(loaded)).toEqual([expect.stringContaining(sentence)])
    if (!text.startsWith('cookie_secure')) expect(JSON.stringify(loaded)).not.toContain('hunter2')
  })

  it('a TOML file that is not there is the only problem', () => {
    expect(linesOf(loadBare({ args: ['--config=/none.toml'] }))).toEqual([
      '--config: make the file "/none.toml" readable (ENOENT)',
    ])
  })

  it('a TOML file may begin with a byte order mark', () => {
    expect(configOf(withToml('\uFEFFscope = "x"')).providers[0]?.scope).toBe('x')
  })
})

describe('the three runtimes', () => {
  const env = {
    ...BASE,
    OAUTH2_PROXY_UPSTREAMS: 'http://app:8080',
    OAUTH2_PROXY_SKIP_AUTH_ROUTES: 'GET=^/public/',
    OAUTH2_PROXY_COOKIE_REFRESH: '1h',
  }

  it('the three runtimes make the same configuration of the same variables', () => {
    const [node, deno, workers] = (['node', 'deno', 'workers'] as const).map((runtime) =>
      configOf({ env, runtime }),
    )
    expect(deno).toEqual(node)
    expect(workers).toEqual(node)
  })

  it.each([
    ['OAUTH2_PROXY_HTPASSWD_FILE', '/users', 'there are no files'],
    ['OAUTH2_PROXY_AUTHENTICATED_EMAILS_FILE', '/emails', 'there are no files'],
    ['OAUTH2_PROXY_CLIENT_SECRET_FILE', '/secret', 'there are no files'],
    ['OAUTH2_PROXY_TLS_CERT_FILE', '/cert', 'there are no files'],
    ['OAUTH2_PROXY_CUSTOM_TEMPLATES_DIR', '/templates', 'there are no files'],
    ['OAUTH2_PROXY_HTTP_ADDRESS', ':80', 'no sockets'],
    ['OAUTH2_PROXY_REDIS_CONNECTION_URL', 'redis://r', 'no sockets'],
    ['OAUTH2_PROXY_SSL_INSECURE_SKIP_VERIFY', 'true', 'no sockets'],
    ['OAUTH2_PROXY_UPSTREAMS', 'unix:///run/app.sock', 'no files and sockets'],
    ['OAUTH2_PROXY_UPSTREAMS', 'file:///srv/', 'no files and sockets'],
    ['OAUTH2_PROXY_CUSTOM_SIGN_IN_LOGO', '/logo.png', 'no files'],
  ])('the three runtimes refuse %s=%s where it cannot be honoured', (name, value, sentence) => {
    const problems = problemsOf({ env: { [name]: value }, runtime: 'workers' })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: .*${sentence}`, 'u'))])
  })

  it.each([
    ['OAUTH2_PROXY_HTTP_ADDRESS', 'http'],
    ['OAUTH2_PROXY_HTTPS_ADDRESS', 'https'],
  ] as const)('Workers take %s=-, which asks for no listener', (name, listener) => {
    const { listen } = configOf({ env: { [name]: '-' }, runtime: 'workers' })
    expect(listen[listener]).toBeUndefined()
  })

  it('bindings are for Workers only', () => {
    const bound = { env: { OAUTH2_PROXY_UPSTREAMS: 'binding:APP,binding:API/api/' } }
    expect(configOf({ ...bound, runtime: 'workers' }).upstreams).toMatchObject([
      { path: '/', target: { kind: 'binding', name: 'APP' } },
      { path: '/api/', target: { kind: 'binding', name: 'API' } },
    ])
    expect(problemsOf(bound)).toHaveLength(2)
  })
})

describe('help and version', () => {
  it('--help and --version win over everything that is wrong', () => {
    const version = loadBare({ args: ['--version'] })
    expect(version).toEqual({ kind: 'text', text: 'sidegate 1.2.3\n' })
    for (const word of ['--help', '-h']) {
      const help = loadBare({ args: ['--cookie-expire=x', word] })
      expect(help).toMatchObject({ kind: 'text', text: expect.stringContaining('--cookie-secret') })
    }
  })

  it('--help and --version leave config-test to the caller', () => {
    expect(load({ args: ['--config-test'] })).toMatchObject({ kind: 'config', testOnly: true })
    expect(load({})).toMatchObject({ kind: 'config', testOnly: false })
    expect(load({ args: ['--config-test', '--email-domain='] })).toMatchObject({
      kind: 'problems',
      exitCode: 1,
    })
  })
})

it('a problem comes with the warnings, which are often the reason for it', () => {
  const loaded = load({ env: { OAUTH2_PROXY_CLIENT_ID: undefined, OAUTH2_PROXY_CLIENT_IDS: 'gate' } })
  expect(loaded).toEqual({
    kind: 'problems',
    exitCode: 1,
    text: [
      'Sidegate cannot start, fix one setting:',
      '  --client-id or OAUTH2_PROXY_CLIENT_ID: give the client id that the provider issued',
      '  warning: OAUTH2_PROXY_CLIENT_IDS: nothing reads this variable; did you mean OAUTH2_PROXY_CLIENT_ID?',
      '',
    ].join('\n'),
  })
})

describe('what comes out', () => {
  it('a configuration cannot be changed by any code', () => {
    const config = configOf({ args: ['--upstream=http://a', '--skip-auth-route=^/a'] })
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      ArrayBuffer.isView(value) ||
      (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(config)).toBe(true)
    expect(config.session.secrets[0]).toBeInstanceOf(Uint8Array)
  })

  it('a configuration warns of secrets that every user of the machine can read on the command line', () => {
    const given = { args: [`--cookie-secret=${SECRET}`, '--client-secret=s'] }
    expect(warningsOf(given).filter((text) => text.includes('command line'))).toHaveLength(2)
    expect(warningsOf()).toEqual([])
  })
})
