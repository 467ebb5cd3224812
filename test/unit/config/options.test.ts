import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyOf, renderDefault, variableOf } from '../../../src/config/option.ts'
import { groupsOf, optionTable } from '../../../src/config/options.ts'
import { STRICT } from '../../../src/config/strict.ts'
import { defaultOf, parseValue } from '../../../src/config/values/values.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'
import { load } from './config-fixture.ts'

/** Every option of oauth2-proxy 7.15 but those of the Program group. */
const OAUTH2_PROXY = `
  acr-values allow-query-semicolons allowed-group allowed-role api-route approval-prompt auth-logging auth-logging-format
  auth-request-response-mode authenticated-emails-file azure-graph-group-field azure-tenant backend-logout-url banner
  basic-auth-password bearer-token-login-fallback bitbucket-repository bitbucket-team client-id client-secret
  client-secret-file code-challenge-method cookie-csrf-expire cookie-csrf-per-request cookie-csrf-per-request-limit
  cookie-csrf-samesite cookie-domain cookie-expire cookie-httponly cookie-name cookie-path cookie-refresh cookie-samesite
  cookie-secret cookie-secret-file cookie-secure custom-sign-in-logo custom-templates-dir disable-keep-alives
  display-htpasswd-form email-domain encode-state entra-id-allowed-tenant entra-id-federated-token-auth errors-to-info-log
  exclude-logging-path extra-jwt-issuers flush-interval footer force-code-challenge-method force-https force-json-errors
  gcp-healthchecks github-org github-repo github-team github-token github-user gitlab-group gitlab-project
  google-admin-api-user-scope google-admin-email google-group google-service-account-json google-target-principal
  google-use-application-default-credentials google-use-organization-id htpasswd-file htpasswd-user-group http-address
  https-address insecure-oidc-allow-unverified-email insecure-oidc-skip-issuer-verification insecure-oidc-skip-nonce
  jwt-key jwt-key-file keycloak-group logging-compress logging-filename logging-local-time logging-max-age
  logging-max-backups logging-max-size login-url metrics-address metrics-secure-address metrics-tls-cert-file
  metrics-tls-key-file oidc-audience-claim oidc-email-claim oidc-enabled-signing-alg oidc-extra-audience oidc-groups-claim
  oidc-issuer-url oidc-jwks-url oidc-public-key-file pass-access-token pass-authorization-header pass-basic-auth
  pass-host-header pass-user-headers ping-path ping-user-agent prefer-email-to-user profile-url prompt provider
  provider-ca-file provider-display-name proxy-prefix proxy-websockets pubjwk-url ready-path real-client-ip-header
  redeem-url redirect-url redis-ca-path redis-cluster-connection-urls redis-connection-idle-timeout redis-connection-url
  redis-insecure-skip-tls-verify redis-password redis-sentinel-connection-urls redis-sentinel-master-name
  redis-sentinel-password redis-use-cluster redis-use-sentinel redis-username relative-redirect-url request-id-header
  request-logging request-logging-format resource reverse-proxy scope session-cookie-minimal session-store-type
  set-authorization-header set-basic-auth set-xauthrequest show-debug-on-error signature-key silence-ping-logging
  skip-auth-preflight skip-auth-regex skip-auth-route skip-auth-strip-headers skip-claims-from-profile-url
  skip-jwt-bearer-tokens skip-oidc-discovery skip-provider-button ssl-insecure-skip-verify
  ssl-upstream-insecure-skip-verify standard-logging standard-logging-format tls-cert-file tls-cipher-suite tls-key-file
  tls-min-version trusted-ip trusted-proxy-ip upstream upstream-timeout use-system-trust-store user-id-claim validate-url
  whitelist-domain`
  .trim()
  .split(/\s+/u)

/** Keys that are not the flag with underscores. */
const IRREGULAR: Readonly<Record<string, string>> = {
  'api-route': 'api_routes',
  'cookie-domain': 'cookie_domains',
  'skip-auth-regex': 'skip_auth_regex',
  'extra-jwt-issuers': 'extra_jwt_issuers',
  'github-team': 'github_team',
  'github-user': 'github_users',
  'htpasswd-user-group': 'htpasswd_user_groups',
  'oidc-audience-claim': 'oidc_audience_claims',
  'tls-cipher-suite': 'tls_cipher_suites',
  'google-group': 'google_groups',
  upstream: 'upstreams',
}

const INTROSPECTION = ['--skip-jwt-bearer-tokens', '--introspection-url=https://i.example/introspect']

const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey

const P8 = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey

const FILES = {
  '/rsa': KEY,
  '/p8': P8,
  '/sa.json': JSON.stringify({ type: 'service_account', client_email: 'sa@example', private_key: KEY }),
  '/users': 'alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  '/secret': 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
  '/public': '-----BEGIN PUBLIC KEY-----\n',
  '/cert': '-----BEGIN CERTIFICATE-----\n',
  '/key': '-----BEGIN PRIVATE KEY-----\n',
  '/logo.png': 'png',
  '/old': '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n',
}
const TLS = ['--tls-cert-file=/cert', '--tls-key-file=/key', '--http-address=:80']
const METRICS_TLS = [
  '--metrics-tls-cert-file=/old',
  '--metrics-tls-key-file=/old',
  '--metrics-secure-address=:44180',
]
const BASIC = ['--basic-auth-password=p', '--upstream=http://a']
const KEYCLOAK = [
  '--provider=keycloak',
  '--oidc-issuer-url=',
  '--login-url=https://a',
  '--redeem-url=https://a',
]
const GOOGLE = [
  '--provider=google',
  '--oidc-issuer-url=',
  '--google-admin-email=admin@example.com',
  '--google-service-account-json=/sa.json',
]
const OAUTH2 = [
  '--provider=oauth2',
  '--oidc-issuer-url=',
  '--login-url=https://a',
  '--redeem-url=https://a',
  '--profile-url=https://a',
]
const APPLE = [
  '--provider=apple',
  '--oidc-issuer-url=',
  '--apple-team-id=ABCDE12345',
  '--apple-key-id=KEY1234567',
]
const VARIABLES = { AZURE_FEDERATED_TOKEN_FILE: '/token' }
const TENANT = '00000000-0000-4000-8000-000000000003'
const ISSUER = `--oidc-issuer-url=https://login.microsoftonline.com/${TENANT}/v2.0`
const GITLAB = ['--provider=gitlab', '--oidc-issuer-url=https://git.example']
const GITHUB = ['--provider=github', '--oidc-issuer-url=']

/** For each option a value that is not its default, and what it needs beside it. */
const SAMPLES: Readonly<Record<string, readonly [value: string, ...beside: string[]]>> = {
  'config-test': ['true'],
  'http-address': [':8080'],
  'https-address': [':8443', ...TLS],
  'tls-cert-file': ['/cert', '--tls-key-file=/key'],
  'tls-key-file': ['/key', '--tls-cert-file=/cert'],
  'tls-min-version': ['TLS1.3', ...TLS],
  'tls-cipher-suite': ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ...TLS],
  'force-https': ['true', '--reverse-proxy'],
  'metrics-address': ['0.0.0.0:44180'],
  'metrics-secure-address': [':44180', '--metrics-tls-cert-file=/cert', '--metrics-tls-key-file=/key'],
  'metrics-tls-cert-file': ['/cert', ...METRICS_TLS],
  'metrics-tls-key-file': ['/key', ...METRICS_TLS],
  'proxy-prefix': ['/auth/'],
  'custom-templates-dir': ['/templates'],
  'ping-path': ['/live'],
  'ping-user-agent': ['probe'],
  'gcp-healthchecks': ['true'],
  'ready-path': [''],
  'ready-wait-for-provider': ['true'],
  strict: ['true'],
  'sign-out-at-provider': ['true'],
  'sign-in-page-signs-out': ['false'],
  'empty-constraints': ['deny'],
  'oidc-other-audiences': ['false'],
  'reverse-proxy': ['true'],
  'trusted-proxy-ip': ['192.0.2.1', '--reverse-proxy'],
  'real-client-ip-header': ['x-forwarded-for'],
  'upstream-get-body': ['/'],
  'forward-auth-uri-header': ['X-Original-URL', '--reverse-proxy'],
  'allow-query-semicolons': ['true'],
  provider: ['google'],
  'provider-display-name': ['Company'],
  'client-id': ['other'],
  'client-secret': [''],
  'client-secret-file': ['/secret', '--client-secret='],
  'login-url': ['https://i.example/a'],
  'redeem-url': ['https://i.example/a'],
  'profile-url': ['https://i.example/a'],
  'validate-url': ['https://i.example/a'],
  scope: ['openid'],
  prompt: ['login'],
  'approval-prompt': ['force'],
  'acr-values': ['2'],
  'auth-request-response-mode': ['form_post'],
  'code-challenge-method': ['plain'],
  'force-code-challenge-method': ['plain'],
  'skip-claims-from-profile-url': ['true'],
  'ssl-insecure-skip-verify': ['true'],
  'provider-ca-file': ['/cert'],
  'use-system-trust-store': ['true'],
  'oidc-issuer-url': ['https://other.example'],
  'skip-oidc-discovery': [
    'true',
    '--login-url=https://a',
    '--redeem-url=https://a',
    '--oidc-jwks-url=https://a',
  ],
  'oidc-jwks-url': ['https://i.example/keys'],
  'oidc-public-key-file': [
    '/public',
    '--skip-oidc-discovery',
    '--login-url=https://a',
    '--redeem-url=https://a',
  ],
  'oidc-email-claim': ['upn'],
  'user-id-claim': ['upn'],
  'oidc-groups-claim': ['roles'],
  'oidc-audience-claim': ['azp'],
  'oidc-extra-audience': ['b'],
  'oidc-enabled-signing-alg': ['ES256'],
  'insecure-oidc-allow-unverified-email': ['true'],
  'insecure-oidc-skip-issuer-verification': ['true'],
  'insecure-oidc-skip-nonce': ['true'],
  'bitbucket-team': ['acme', '--provider=bitbucket', '--oidc-issuer-url='],
  'bitbucket-repository': ['acme/app', '--provider=bitbucket', '--oidc-issuer-url='],
  'keycloak-group': ['/staff', ...KEYCLOAK, '--validate-url=https://a'],
  'gitlab-group': ['acme', ...GITLAB],
  'gitlab-project': ['acme/app=30', ...GITLAB],
  resource: ['https://app.example', '--provider=adfs'],
  'azure-graph-group-field': ['displayName', '--provider=azure', ISSUER],
  'entra-id-allowed-tenant': [TENANT, '--provider=entra-id', ISSUER],
  'entra-id-federated-token-auth': ['true', '--provider=entra-id', ISSUER],
  'entra-id-graph-groups': ['true', '--provider=entra-id', ISSUER],
  'discord-guild': ['1970', '--provider=discord', '--oidc-issuer-url='],
  'oauth2-subject-claim': ['id', ...OAUTH2],
  'oauth2-user-claim': ['login', ...OAUTH2],
  'google-group': ['a@example.com', ...GOOGLE],
  'google-admin-email': ['other@example.com', ...GOOGLE],
  'google-service-account-json': ['/sa.json', ...GOOGLE.slice(0, 3)],
  'google-use-application-default-credentials': ['true', ...GOOGLE.slice(0, 3)],
  'google-target-principal': [
    'sa@example',
    ...GOOGLE.slice(0, 3),
    '--google-use-application-default-credentials=true',
  ],
  'google-use-organization-id': ['true', ...GOOGLE],
  'google-admin-api-user-scope': ['cloud', ...GOOGLE],
  'apple-team-id': [
    'OTHER12345',
    ...APPLE.slice(0, 2),
    '--apple-key-id=KEY1234567',
    `--apple-private-key=${P8}`,
  ],
  'apple-key-id': ['OTHER12345', ...APPLE.slice(0, 3), `--apple-private-key=${P8}`],
  'apple-private-key': [P8, ...APPLE],
  'apple-private-key-file': ['/p8', ...APPLE],
  'jwt-key': [KEY, '--provider=login.gov', '--oidc-issuer-url='],
  'jwt-key-file': ['/rsa', '--provider=login.gov', '--oidc-issuer-url='],
  'pubjwk-url': ['https://i.example/keys', '--provider=login.gov', '--oidc-issuer-url=', `--jwt-key=${KEY}`],
  'adfs-skip-scope': ['true', '--provider=adfs'],
  'github-org': ['acme', ...GITHUB],
  'github-team': ['acme:ops', ...GITHUB],
  'github-repo': ['acme/app', ...GITHUB],
  'github-token': ['t', '--github-repo=acme/app', ...GITHUB],
  'github-user': ['alice', ...GITHUB],
  'email-domain': ['example.com'],
  'authenticated-emails-file': ['/users'],
  'allowed-group': ['ops'],
  'allowed-role': ['ops', '--provider=keycloak-oidc'],
  'htpasswd-file': ['/users'],
  'htpasswd-user-group': ['ops', '--htpasswd-file=/users'],
  'redirect-url': ['https://app.example'],
  'relative-redirect-url': ['true'],
  'skip-provider-button': ['true'],
  'sign-in-status': ['403'],
  'whitelist-domain': ['.example.com'],
  'encode-state': ['true'],
  'force-json-errors': ['true'],
  'display-htpasswd-form': ['false'],
  'remember-provider': ['false'],
  'pass-provider-header': ['true'],
  'backend-logout-url': ['https://i.example/end?id_token_hint={id_token}'],
  'form-replay-limit': ['4096'],
  'skip-auth-route': ['GET=^/a'],
  'skip-auth-regex': ['^/a'],
  'skip-auth-preflight': ['true'],
  'api-route': ['^/api/'],
  'trusted-ip': ['192.0.2.0/24'],
  'skip-jwt-bearer-tokens': ['true'],
  'bearer-token-login-fallback': ['false', '--skip-jwt-bearer-tokens'],
  'extra-jwt-issuers': ['https://i.example=a=b', '--skip-jwt-bearer-tokens'],
  'bearer-required-scope': ['api.read', '--skip-jwt-bearer-tokens'],
  'bearer-client-id': ['robot', '--skip-jwt-bearer-tokens'],
  'introspection-url': ['https://i.example/introspect', '--skip-jwt-bearer-tokens'],
  'introspection-discovery': ['true', '--skip-jwt-bearer-tokens'],
  'introspection-issuer': ['https://j.example', ...INTROSPECTION],
  'introspection-client-id': ['asker', '--introspection-client-secret=s', ...INTROSPECTION],
  'introspection-client-secret': ['t', '--introspection-client-id=asker', ...INTROSPECTION],
  'introspection-client-secret-file': ['/secret', '--introspection-client-id=asker', ...INTROSPECTION],
  'cookie-name': ['gate'],
  'cookie-secret': ['k!9vN0eSgGm3oWc%'],
  'cookie-secret-file': ['/secret', '--cookie-secret='],
  'cookie-domain': ['example.com'],
  'cookie-path': ['/app', '--proxy-prefix=/app/oauth2'],
  'cookie-expire': ['1h'],
  'cookie-refresh': ['1h'],
  'cookie-secure': ['false'],
  'cookie-httponly': ['false'],
  'cookie-samesite': ['strict'],
  'cookie-csrf-per-request': ['true'],
  'cookie-csrf-per-request-limit': ['5'],
  'cookie-csrf-expire': ['1h'],
  'cookie-csrf-samesite': ['none'],
  'cookie-budget': ['4096'],
  'session-store-type': ['redis', '--redis-connection-url=redis://r'],
  'redis-connection-url': ['redis://r:6379/1'],
  'redis-username': ['u', '--redis-connection-url=redis://r'],
  'redis-password': ['p', '--redis-connection-url=redis://r'],
  'redis-use-sentinel': [
    'true',
    '--redis-sentinel-connection-urls=redis://s',
    '--redis-sentinel-master-name=m',
    '--redis-connection-url=redis://r',
  ],
  'redis-sentinel-connection-urls': [
    'redis://s',
    '--redis-use-sentinel',
    '--redis-sentinel-master-name=m',
    '--redis-sentinel-connection-urls=redis://other',
  ],
  'redis-sentinel-master-name': [
    'm',
    '--redis-use-sentinel',
    '--redis-sentinel-connection-urls=redis://s',
    '--redis-sentinel-master-name=other',
  ],
  'redis-sentinel-password': [
    'p',
    '--redis-use-sentinel',
    '--redis-sentinel-connection-urls=redis://s',
    '--redis-sentinel-master-name=m',
  ],
  'redis-use-cluster': [
    'true',
    '--redis-cluster-connection-urls=redis://c',
    '--redis-connection-url=redis://r',
  ],
  'redis-cluster-connection-urls': [
    'redis://c',
    '--redis-use-cluster',
    '--redis-cluster-connection-urls=redis://other',
  ],
  'redis-ca-path': ['/cert', '--redis-connection-url=redis://r'],
  'redis-insecure-skip-tls-verify': ['true', '--redis-connection-url=redis://r'],
  'redis-connection-idle-timeout': ['60', '--redis-connection-url=redis://r'],
  'session-cookie-minimal': ['true'],
  'session-groups': ['named'],
  'session-max-lifetime': ['24h'],
  'session-idle-timeout': ['1h'],
  'session-revalidate': ['5m'],
  'min-issued-at': ['1750000000'],
  upstream: ['http://a'],
  'pass-host-header': ['false', '--upstream=http://a'],
  'proxy-websockets': ['false', '--upstream=http://a'],
  'upstream-timeout': ['0', '--upstream=http://a'],
  'ssl-upstream-insecure-skip-verify': ['true', '--upstream=https://a'],
  'disable-keep-alives': ['true', '--upstream=http://a'],
  'pass-basic-auth': ['false', '--pass-user-headers=false'],
  'pass-user-headers': ['false', '--pass-basic-auth=false'],
  'pass-access-token': ['true'],
  'pass-authorization-header': ['true'],
  'set-xauthrequest': ['true'],
  'set-xforwarded': ['true'],
  'set-authorization-header': ['true'],
  'set-basic-auth': ['true', ...BASIC],
  'prefer-email-to-user': ['true'],
  'basic-auth-password': ['p'],
  'skip-auth-strip-headers': ['false'],
  'request-id-header': ['X-Trace'],
  'signature-key': ['sha256:key'],
  banner: ['<b>hi</b>'],
  footer: ['-'],
  'custom-sign-in-logo': ['/logo.png'],
  'app-name': ['Acme Wiki'],
  contact: ['help@example.com'],
  'accent-color': ['#d40000'],
  'show-debug-on-error': ['true'],
  'request-logging': ['false'],
  'auth-logging': ['false'],
  'standard-logging': ['false'],
  'silence-ping-logging': ['true'],
  'exclude-logging-path': ['/x'],
  'log-format': ['text'],
  'standard-logging-format': ['{{.Message}}'],
  'auth-logging-format': ['{{.Status}}'],
  'request-logging-format': ['{{.StatusCode}}'],
  'logging-local-time': ['false', '--log-format=oauth2-proxy'],
  'logging-filename': ['/gate.log'],
  'logging-max-size': ['10', '--logging-filename=/gate.log'],
  'logging-max-age': ['1', '--logging-filename=/gate.log'],
  'logging-max-backups': ['3', '--logging-filename=/gate.log'],
  'logging-compress': ['true', '--logging-filename=/gate.log'],
  'errors-to-info-log': ['true', '--logging-filename=/gate.log'],
}

const TABLE = optionTable(PROVIDER_KINDS)
const ROWS = [...TABLE]
const effective = ROWS.filter(([, option]) => option.inert === undefined)

describe('the option table', () => {
  it('the option table knows every option of oauth2-proxy', () => {
    expect(OAUTH2_PROXY.filter((flag) => !TABLE.has(flag))).toEqual([])
    expect(OAUTH2_PROXY).toHaveLength(167)
  })

  it.each(Object.entries(IRREGULAR))('the option table calls --%s %s in files', (flag, key) => {
    const option = TABLE.get(flag)
    expect(option && keyOf(flag, option)).toBe(key)
  })

  it('the option table gives every option a name of its own in each source', () => {
    const keys = ROWS.map(([flag, option]) => keyOf(flag, option)).filter((key) => key !== undefined)
    expect(new Set(keys).size).toBe(keys.length)
    expect(variableOf('cookie_domains')).toBe('OAUTH2_PROXY_COOKIE_DOMAINS')
  })

  it.each(ROWS)('--%s is described, belongs to a group and has a default of its kind', (_, option) => {
    expect(option.about).toMatch(/^[A-Z`a-z].*\.$/u)
    expect(groupsOf(TABLE)).toContain(option.group)
    const text = Array.isArray(option.default) ? undefined : String(option.default)
    const raw =
      text === undefined
        ? { form: 'items' as const, items: option.default as string[] }
        : { form: 'text' as const, text }
    expect(parseValue(option, raw)).toEqual({ ok: true, value: defaultOf(option) })
  })
})

describe('no option is read and ignored', () => {
  const samples = effective.filter(
    ([flag]) =>
      !['alpha-config', 'config', 'config-schema', 'convert-config-to-alpha', 'help', 'version'].includes(
        flag,
      ),
  )

  it.each(samples)('an option is not ignored: --%s changes the configuration', (flag) => {
    const [value, ...beside] = SAMPLES[flag] ?? []
    expect(value).toBeDefined()
    // Flags that come later win, so the option itself stands at the end.
    const without = load({ args: beside, files: FILES, env: VARIABLES })
    const changed = load({ args: [...beside, `--${flag}=${value}`], files: FILES, env: VARIABLES })
    expect(changed.kind === 'problems' ? changed.text : changed.kind).toBe('config')
    if (changed.kind !== 'config') return
    if (without.kind !== 'config') return
    const effect = flag === 'config-test' ? 'testOnly' : 'config'
    expect(changed[effect]).not.toEqual(without[effect])
  })
})

describe('deprecated names', () => {
  const providerOf = (...args: readonly string[]) => {
    const loaded = load({ args })
    return loaded.kind === 'config' ? loaded.config.providers[0] : undefined
  }

  it('the deprecated name of the e-mail claim counts while the new one does not', () => {
    expect(providerOf('--user-id-claim=upn')?.claims.email).toBe('upn')
    expect(providerOf('--user-id-claim=upn', '--oidc-email-claim=mail')?.claims.email).toBe('mail')
    expect(providerOf('--user-id-claim=')?.claims.email).toBe('email')
  })

  it('the deprecated name of the PKCE method counts while the new one does not', () => {
    expect(providerOf('--force-code-challenge-method=plain')?.codeChallengeMethod).toBe('plain')
    const both = ['--force-code-challenge-method=plain', '--code-challenge-method=S256']
    expect(providerOf(...both)?.codeChallengeMethod).toBe('S256')
  })
})

it('roles of Keycloak count as groups that are allowed', () => {
  const loaded = load({
    args: ['--provider=keycloak-oidc', '--allowed-group=staff', '--allowed-role=admin,shop:buyer'],
  })
  expect(loaded.kind === 'config' && loaded.config.policy.allowedGroups).toEqual([
    'staff',
    'role:admin',
    'role:shop:buyer',
  ])
})

it.each([
  'logging-max-size=5',
  'logging-compress=true',
  'logging-local-time=false',
  'errors-to-info-log=true',
])('a configuration starts with --%s, which has nothing to change', (flag) => {
  expect(load({ args: [`--${flag}`] }).kind).toBe('config')
})

it('any OpenID provider is asked for groups when a rule needs them, unless a scope is given', () => {
  const scopeOf = (...args: readonly string[]) => {
    const loaded = load({ args })
    return loaded.kind === 'config' ? loaded.config.providers[0]?.scope : loaded
  }
  expect(scopeOf()).toBe('openid email profile')
  expect(scopeOf('--allowed-group=admins')).toBe('openid email profile groups')
  expect(scopeOf('--allowed-group=admins', '--scope=openid email')).toBe('openid email')
})

describe('the settings of strict', () => {
  const table = optionTable(PROVIDER_KINDS)

  it.each(STRICT)(
    'the settings of strict are options that are not their default: $flag=$value',
    ({ flag, value }) => {
      const option = table.get(flag)
      if (option === undefined) throw new TypeError(`no option ${flag}`)
      const parsed = parseValue(option, { form: 'text', text: value })
      expect(parsed.ok && parsed.value).not.toEqual(defaultOf(option))
      expect(load({ args: ['--strict'] })).toEqual(
        load({ args: [...STRICT.map((row) => `--${row.flag}=${row.value}`)] }),
      )
    },
  )

  it.each(STRICT)('the settings of strict yield to the one that is given: $flag', ({ flag, value }) => {
    const option = table.get(flag)
    const given = option === undefined ? '' : renderDefault(option)
    const others = STRICT.filter((row) => row.flag !== flag).map((row) => `--${row.flag}=${row.value}`)
    expect(given).not.toBe(value)
    expect(load({ args: ['--strict', `--${flag}=${given}`] })).toEqual(
      load({ args: [...others, `--${flag}=${given}`] }),
    )
  })
})
