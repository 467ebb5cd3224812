// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a template looks like that nothing filled in
import { describe, expect, it } from 'vitest'
import { configOf, type Given, problemsOf, warningsOf } from './config-fixture.ts'

const toml = (text: string): Given => ({ args: ['--config=/gate.toml'], files: { '/gate.toml': text } })

describe('a line break at the end of a value', () => {
  it.each([
    ['OAUTH2_PROXY_CLIENT_ID', 'gate\r', 'carriage return'],
    ['OAUTH2_PROXY_CLIENT_SECRET', 'hunter2\n', 'line break'],
    ['OAUTH2_PROXY_OIDC_ISSUER_URL', 'https://issuer.example\r', 'carriage return'],
    ['OAUTH2_PROXY_COOKIE_SECURE', 'true\r\n', 'carriage return'],
    ['OAUTH2_PROXY_COOKIE_EXPIRE', '1h\r', 'carriage return'],
    ['OAUTH2_PROXY_COOKIE_SAMESITE', 'lax\r', 'carriage return'],
    ['OAUTH2_PROXY_ALLOWED_GROUPS', 'ops,dev\r', 'carriage return'],
    ['OAUTH2_PROXY_SKIP_AUTH_ROUTES', '^/health$\r', 'carriage return'],
  ])('the line break at the end of %s=%j is dropped with a warning', (name, value, what) => {
    const clean = configOf({ env: { [name]: value.trimEnd() } })
    const given = { env: { [name]: value } }
    expect(configOf(given)).toEqual(clean)
    expect(warningsOf(given)).toContainEqual(expect.stringMatching(`^${name}: remove the ${what} at the end`))
    expect(warningsOf(given).join()).not.toContain('hunter2')
  })

  it('a line break at the end of a value is kept in HTML of the operator', () => {
    expect(configOf({ env: { OAUTH2_PROXY_BANNER: '<b>\n' } }).pages.banner).toBe('<b>\n')
  })

  it('a line break in the middle of a value is kept', () => {
    expect(problemsOf({ env: { OAUTH2_PROXY_COOKIE_PATH: '/a\r\nb' } })).toHaveLength(1)
  })
})

describe('blanks after commas', () => {
  it.each<[string, Given]>([
    ['a variable', { env: { OAUTH2_PROXY_WHITELIST_DOMAINS: 'a.example, .b.example ,c.example' } }],
    ['a flag', { args: ['--whitelist-domain=a.example, .b.example ,c.example'] }],
    ['a TOML text', toml('whitelist_domains = "a.example, .b.example ,c.example"')],
  ])('blanks after commas are dropped in %s, with a warning', (_, given) => {
    expect(configOf(given).signIn.whitelistDomains).toEqual(['a.example', '.b.example', 'c.example'])
    expect(warningsOf(given)).toEqual([expect.stringContaining('remove the space beside a comma; the entry')])
  })

  it.each<[string, Given]>([
    ['an item of a TOML array', toml('allowed_groups = [" ops"]')],
    ['a quoted item of a flag', { args: ['--allowed-group=" ops"'] }],
  ])('blanks after commas are kept in %s', (_, given) => {
    expect(configOf(given).policy.allowedGroups).toEqual([' ops'])
  })

  it('blanks after commas are kept in a pattern, with a warning', () => {
    const given = { env: { OAUTH2_PROXY_SKIP_AUTH_ROUTES: '^/a$, ^/b$' } }
    expect(configOf(given).policy.skipAuthRoutes.map(({ pattern }) => pattern)).toEqual([
      '^/a$',
      expect.stringMatching(/^ /u),
    ])
    expect(warningsOf(given)).toContainEqual(expect.stringContaining('it is part of the pattern'))
  })
})

it('quotes that an env file left around a value are a warning', () => {
  const given = { env: { OAUTH2_PROXY_CLIENT_ID: '"gate"' } }
  expect(warningsOf(given)).toEqual([
    'OAUTH2_PROXY_CLIENT_ID: remove the quotes around the value, they are part of it here',
  ])
})

describe('a flag that is given twice', () => {
  it('a flag that is given twice counts with its last value, with a warning that shows none', () => {
    const given = { args: ['--client-secret=hunter2', '--client-secret=hunter3'] }
    expect(configOf(given).providers[0]?.clientSecret).toEqual({ value: 'hunter3' })
    expect(warningsOf(given)).toContain(
      '--client-secret: give this flag once, of several values only the last counts',
    )
    expect(warningsOf(given).join()).not.toContain('hunter')
  })

  it.each([
    ['the same value', ['--scope=openid', '--scope=openid']],
    ['a list', ['--upstream=http://a/', '--upstream=http://b/x/']],
  ])('a flag that is given twice is no mistake with %s', (_, args) => {
    expect(warningsOf({ args }).join()).not.toContain('once')
  })
})

describe('a value that asks for nothing', () => {
  it.each<[string, Given]>([
    ['session_store_type', toml('session_store_type = ""')],
    ['sign_in_status', toml('sign_in_status = ""')],
    ['set_xauthrequest', toml('set_xauthrequest = ""')],
    ['cookie_csrf_per_request_limit', toml('cookie_csrf_per_request_limit = ""')],
    ['--request-logging-format', { args: ['--request-logging-format='] }],
    ['--session-store-type', { args: ['--session-store-type='] }],
  ])('an empty %s is its default, with a warning', (label, given) => {
    expect(configOf(given)).toEqual(configOf())
    expect(warningsOf(given)).toEqual([expect.stringMatching(`^${label}.*: this is empty, so the default`)])
  })

  it.each([
    ['logging_local_time', toml('logging_local_time = ""'), 'false'],
    ['logging_max_size', toml('logging_max_size = ""'), '0'],
    ['cookie_secure', toml('cookie_secure = ""'), 'false'],
  ])('an empty %s in a file counts as it does in oauth2-proxy, with a warning', (key, given, value) => {
    expect(warningsOf(given)).toContainEqual(
      expect.stringMatching(`^${key}.*: this is empty, which counts as in oauth2-proxy: "${value}"`),
    )
  })

  it('an empty cookie_secure in a file is off, and an empty boolean that is off stays so', () => {
    expect(configOf(toml('cookie_secure = ""')).cookie.secure).toBe(false)
    expect(configOf(toml('set_xauthrequest = ""')).headers).toEqual(configOf().headers)
  })

  it.each<[string, Given]>([
    ['a boolean flag', { args: ['--set-xauthrequest='] }],
    ['a duration', toml('cookie_refresh = ""')],
  ])('an empty %s is refused, because it needs a value', (_, given) => {
    expect(problemsOf(given)).toHaveLength(1)
  })
})

describe('a variable that nothing filled in', () => {
  it.each([
    ['--redirect-url=https://${APP_HOST}/oauth2/callback', '${APP_HOST}'],
    ['--client-id=$(CLIENT_ID)', '$(CLIENT_ID)'],
    ['--oidc-issuer-url=https://id.example/{{ .Values.realm }}', '{{ .Values.realm }}'],
    ['--cookie-domain=${DOMAIN:-example.com}', '${DOMAIN:-example.com}'],
    ['--upstream=http://${APP}:8080/', '${APP}'],
    ['--email-domain=example.com,${MORE}', '${MORE}'],
  ])('a variable that was not filled in is refused: %s', (flag, shown) => {
    expect(problemsOf({ args: [flag] })).toEqual([
      `${flag.split('=')[0]}: put its value in place of "${shown}", nothing is filled in here`,
    ])
  })

  it('a variable that was not filled in is refused as a secret without being shown', () => {
    const [problem = ''] = problemsOf({ env: { OAUTH2_PROXY_CLIENT_SECRET: '${HUNTER2}' } })
    expect(problem).toMatch(/^OAUTH2_PROXY_CLIENT_SECRET: put the secret in place of the variable/u)
    expect(problem).not.toContain('HUNTER2')
  })

  it.each([
    ['inside of a secret', { env: { OAUTH2_PROXY_CLIENT_SECRET: 'a${b}c$(d)e' } }],
    ['in a pattern', { args: ['--skip-auth-route=^/a{1}$'] }],
    ['in HTML', { args: ['--banner={{ hello }}'] }],
    [
      'for the ID token in backend-logout-url',
      { args: ['--backend-logout-url=https://i.example/?h={id_token}'] },
    ],
  ])('a variable that was not filled in is not found where the text only looks like one: %s', (_, given) => {
    expect(configOf(given)).toBeDefined()
  })
})

describe('a placeholder', () => {
  it.each([
    '--client-id=XXXXXXX',
    '--client-id=<client-id>',
    '--client-id=changeme',
    '--client-id=your-client-id',
    '--oidc-issuer-url=https://login.example.com/<tenant>/v2.0',
    '--allowed-group=[group]',
  ])('a placeholder is a warning that shows it: %s', (flag) => {
    expect(warningsOf({ args: [flag] })).toContainEqual(
      expect.stringMatching(`^${flag.split('=')[0]}: put the real value in place of "`),
    )
  })

  it.each(['changeme', 'XXXXXXXX', '<secret>', 'your_client_secret', 'REPLACE-ME'])(
    'a placeholder for a client secret is a warning that does not show it: %s',
    (secret) => {
      const warnings = warningsOf({ env: { OAUTH2_PROXY_CLIENT_SECRET: secret } })
      expect(warnings).toEqual([
        'OAUTH2_PROXY_CLIENT_SECRET: put the real secret in place of the placeholder',
      ])
    },
  )

  it.each(['app', 'exchange', 'changement-service', 'x', 'xyz', '0oa1example'])(
    'a placeholder is not found in the client id %s',
    (id) => {
      expect(warningsOf({ args: [`--client-id=${id}`] })).toEqual([])
    },
  )
})
