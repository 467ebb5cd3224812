// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in a file have this form
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../../../src/config/load.ts'
import { readToml } from '../../../../src/config/sources/toml.ts'
import { structured } from '../../../../src/config/structured/all.ts'
import { PROVIDER_KINDS } from '../../../../src/providers/registry.ts'
import { BASE, configOf, SECRET } from '../config-fixture.ts'

interface Given {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

function loadWith({ args = [], env = {}, files = {} }: Given) {
  const readFile = (path: string) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  const readBinaryFile = (path: string) => new TextEncoder().encode(readFile(path))
  const input = { args, env, readFile, readBinaryFile, runtime: 'node', version: '1.2.3' } as const
  return loadConfig(input, PROVIDER_KINDS, { readToml, structured })
}

function converted(given: Given): string {
  const loaded = loadWith({
    ...given,
    args: [...(given.args ?? []), '--convert-config-to-alpha'],
    env: { ...BASE, ...given.env },
  })
  if (loaded.kind !== 'text') throw new Error(JSON.stringify(loaded))
  return loaded.text
}

const FILES = {
  '/cert': '-----BEGIN CERTIFICATE-----\n',
  '/key': '-----BEGIN PRIVATE KEY-----\n',
  '/secret': SECRET,
  '/gate.toml':
    'client_secret = "pa$1$$w\\u00f6rd"\nemail_domains = ["example.com", ".example.org"]\ncookie_expire = "24h"\n',
}

/** Flags whose configuration is converted, loaded, and has to be the same. */
const KEPT: [string, readonly string[], Given?][] = [
  ['the least', []],
  [
    'listeners',
    [
      '--http-address=unix:///run/a.sock,mode=0660',
      '--https-address=:8443',
      '--tls-cert-file=/cert',
      '--tls-key-file=/key',
      '--tls-min-version=TLS1.3',
    ],
  ],
  ['TLS alone', ['--tls-cert-file=/cert', '--tls-key-file=/key']],
  ['no plain listener', ['--http-address=-', '--tls-cert-file=/cert', '--tls-key-file=/key']],
  [
    'upstreams of every sort',
    [
      '--upstream=https://[::1]:8443/x/,unix:///run/a.sock,file:///srv/www/#/static/,http://a:1/exact',
      '--ssl-upstream-insecure-skip-verify',
      '--upstream-timeout=1500ms',
      '--pass-host-header=false',
      '--proxy-websockets=false',
      '--disable-keep-alives',
      '--upstream-get-body=/x/',
    ],
    { env: { OAUTH2_PROXY_UPSTREAMS: '' } },
  ],
  ['a fixed answer', ['--upstream=static://204'], { env: { OAUTH2_PROXY_UPSTREAMS: '' } }],
  ['a fixed answer without a number', ['--upstream=static://'], { env: { OAUTH2_PROXY_UPSTREAMS: '' } }],
  [
    'headers of every sort',
    [
      '--pass-access-token',
      '--set-xauthrequest',
      '--set-xforwarded',
      '--set-authorization-header',
      '--prefer-email-to-user',
      '--basic-auth-password=a$b',
    ],
  ],
  ['headers of Basic credentials', ['--set-basic-auth', '--basic-auth-password=pw']],
  ['headers of clients that are kept', ['--skip-auth-strip-headers=false', '--pass-access-token']],
  ['no headers', ['--pass-user-headers=false', '--pass-basic-auth=false']],
  ['the ID token', ['--pass-basic-auth=false', '--pass-authorization-header']],
  [
    'parameters of the sign-in',
    [
      '--prompt=login',
      '--acr-values=a b',
      '--scope=openid x',
      '--code-challenge-method=plain',
      '--auth-request-response-mode=query',
    ],
  ],
  ['approval', ['--approval-prompt=force', '--force-code-challenge-method=S256']],
  ['a public client', ['--client-secret=']],
  [
    'checks of an OpenID provider',
    [
      '--oidc-email-claim=mail',
      '--oidc-audience-claim=aud,azp',
      '--insecure-oidc-skip-nonce',
      '--allowed-group=a,"b,c"',
      '--backend-logout-url=https://i.example/?h={id_token}',
      '--user-id-claim=upn',
    ],
  ],
  ['Keycloak', ['--provider=keycloak-oidc', '--allowed-role=ops']],
  ['GitHub', ['--provider=github', '--oidc-issuer-url=', '--github-team=a:b', '--github-user=x,y']],
  ['GitLab', ['--provider=gitlab', '--gitlab-group=a', '--gitlab-project=a/b=30']],
  [
    'Entra ID',
    [
      '--provider=entra-id',
      '--oidc-issuer-url=https://login.microsoftonline.com/organizations/v2.0',
      '--entra-id-allowed-tenant=9188040d-6c67-4c5b-b112-36a304b66dad',
    ],
  ],
  [
    'a TOML file',
    ['--config=/gate.toml'],
    { env: { OAUTH2_PROXY_CLIENT_SECRET: '', OAUTH2_PROXY_EMAIL_DOMAINS: '' } },
  ],
  [
    'other options',
    [
      '--skip-auth-route="GET=^/a{1,2}$",!=^/b',
      '--whitelist-domain=.example.com',
      '--cookie-expire=90m',
      '--session-idle-timeout=1h',
      '--reverse-proxy',
      '--trusted-proxy-ip=10.0.0.0/8',
      '--banner=<b>$5</b>',
      '--ready-path=',
      '--cookie-csrf-per-request',
      '--request-id-header=X-Trace',
    ],
  ],
]

describe('converting a configuration to a structured file', () => {
  it.each(KEPT)('converting a configuration to a structured file keeps it: %s', (_, args, given = {}) => {
    const files = { ...FILES, ...given.files }
    const text = converted({ ...given, args, files })
    const { OAUTH2_PROXY_CLIENT_SECRET = '', OAUTH2_PROXY_COOKIE_SECRET = '' } = { ...BASE, ...given.env }
    const env = { OAUTH2_PROXY_CLIENT_SECRET, OAUTH2_PROXY_COOKIE_SECRET }
    const loaded = loadWith({
      args: ['--alpha-config=/gate.yaml'],
      env,
      files: { ...files, '/gate.yaml': text },
    })
    if (loaded.kind !== 'config') throw new Error(`${JSON.stringify(loaded)}\n${text}`)
    expect(loaded.config).toEqual(configOf({ args, files, ...(given.env && { env: given.env }) }))
  })

  it('converting a configuration to a structured file names the variables of secrets and repeats those of flags [CF-18]', () => {
    const text = converted({
      args: ['--basic-auth-password=hunter2'],
      env: { OAUTH2_PROXY_CLIENT_SECRET: 'a: "b" \\ #c' },
    })
    expect(text).not.toContain('a: "b"')
    expect(text).toContain('clientSecret: |-\n      ${OAUTH2_PROXY_CLIENT_SECRET}\n')
    expect(text).toContain('value: hunter2')
  })

  it.each(['plain', ' a: "b" \\ #c', '12345', '{x', "it's", '$A', '@x', '%x', '&a', '- x', 'true', '# no'])(
    'converting a configuration to a structured file leaves a place in which every secret is itself: %s',
    (secret) => {
      const text = converted({ env: { OAUTH2_PROXY_CLIENT_SECRET: 'first' } })
      const env = { OAUTH2_PROXY_CLIENT_SECRET: secret, OAUTH2_PROXY_COOKIE_SECRET: SECRET }
      const loaded = loadWith({ args: ['--alpha-config=/gate.yaml'], env, files: { '/gate.yaml': text } })
      if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded))
      expect(loaded.config.providers[0]?.clientSecret).toEqual({ value: secret.trim() })
    },
  )

  it('converting a configuration to a structured file keeps a list of addresses that a variable gave, and the variable that it names is no leftover', () => {
    const env = {
      OAUTH2_PROXY_CLIENT_SECRET: 'first',
      OAUTH2_PROXY_COOKIE_SECRET: SECRET,
      OAUTH2_PROXY_REDIS_SENTINEL_CONNECTION_URLS: 'redis://:pw@a:26379,redis://:pw@b:26379',
    }
    const args = ['--session-store-type=redis', '--redis-use-sentinel', '--redis-sentinel-master-name=main']
    const text = converted({ args, env })
    expect(text).not.toContain('pw@')
    const loaded = loadWith({ args: ['--alpha-config=/gate.yaml'], env, files: { '/gate.yaml': text } })
    if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded))
    expect(loaded.config).toEqual(configOf({ args, env }))
    expect(loaded.warnings.filter((warning) => warning.includes('nothing reads this'))).toEqual([])
  })

  it('converting a configuration to a structured file writes a fixed answer as oauth2-proxy does', () => {
    const text = converted({ args: ['--upstream=static://'], env: { OAUTH2_PROXY_UPSTREAMS: '' } })
    expect(parse(text)).toMatchObject({ upstreamConfig: { upstreams: [{ static: true, staticCode: 200 }] } })
  })

  it('converting a configuration to a structured file needs no valid one', () => {
    expect(
      parse(converted({ env: { OAUTH2_PROXY_CLIENT_ID: '', OAUTH2_PROXY_COOKIE_SECRET: 'short' } })),
    ).toMatchObject({
      providers: [{ id: 'oidc', provider: 'oidc', oidcConfig: { issuerURL: 'https://issuer.example' } }],
    })
  })

  it.each([
    ['--alpha-config=/gate.yaml', '--alpha-config'],
    ['--config-test', '--config-test'],
  ])('converting a configuration to a structured file is refused beside %s', (arg, name) => {
    const loaded = loadWith({
      args: ['--convert-config-to-alpha', arg],
      env: BASE,
      files: { '/gate.yaml': '' },
    })
    expect(loaded).toEqual({
      kind: 'problems',
      text: `Sidegate cannot start, fix one setting:\n  --convert-config-to-alpha: remove this or ${name}, they cannot be used together\n`,
      exitCode: 1,
    })
  })
})
