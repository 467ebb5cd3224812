// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are those of a file
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderSchemaFile } from '../../../tools/docs.ts'
import { BASE, load, SECRET } from '../config-fixture.ts'
import { buildStructured } from './structured-fixture.ts'

const HEAD = `server:
  bindAddress: 127.0.0.1:4180
upstreamConfig:
  upstreams:
    - id: /
      path: /
      uri: http://app.internal:8080
`
const PROVIDERS = `providers:
  - id: oidc
    provider: oidc
    clientID: gate
    clientSecret: client-secret
    oidcConfig:
      issuerURL: https://issuer.example
`
const FILE = HEAD + PROVIDERS
const QUIET = ['--pass-user-headers=false', '--pass-basic-auth=false']

interface Beside {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

/** [what the file shows, the file, the flags that mean the same, what stands beside the file]. */
const SAME: [string, string, readonly string[], Beside?][] = [
  ['the least of it', FILE, QUIET],
  ['a document start, comments and JSON', `---\n# gate\n${HEAD}${PROVIDERS}...\n`, QUIET],
  [
    'keys in any case',
    FILE.replace('server', 'SERVER')
      .replace('bindAddress', 'BindAddress')
      .replace('issuerURL', 'IssuerUrl')
      .replace('clientID', 'clientid'),
    QUIET,
  ],
  ['empty keys', `${FILE}metricsServer:\ninjectRequestHeaders:\ninjectResponseHeaders: []\n`, QUIET],
  [
    'a metrics server that is off',
    `${FILE}metricsServer: {bindAddress: "-", secureBindAddress: ""}\n`,
    QUIET,
  ],
  [
    'values of variables',
    FILE.replace('client-secret', '${CLIENT_SECRET}')
      .replace('issuer.example', '${HOST:-issuer.example}')
      .replace('127.0.0.1', '$ADDRESS'),
    QUIET,
    { env: { CLIENT_SECRET: 'client-secret', ADDRESS: '127.0.0.1' } },
  ],
  [
    'lists of options in one text, as in the TOML file and in variables',
    `${FILE}options: {skip_auth_routes: "^/a,^/b", api-routes: "$ROUTES"}\n`,
    [...QUIET, '--skip-auth-route=^/a', '--skip-auth-route=^/b', '--api-route=^/c,^/d'],
    { env: { ROUTES: '^/c,^/d' } },
  ],
  ['anchors and merge keys', FILE.replace('    provider: oidc\n', '    <<: &kind {provider: oidc}\n'), QUIET],
  [
    'the secret of the client in a file',
    FILE.replace('clientSecret: client-secret', 'clientSecretFile: /s'),
    [...QUIET, '--client-secret-file=/s'],
    { files: { '/s': 'x' }, env: { OAUTH2_PROXY_CLIENT_SECRET: '' } },
  ],
  ['a public client', FILE.replace('client-secret', '""'), [...QUIET, '--client-secret=']],
  [
    'everything of an OpenID provider',
    `${FILE}      skipDiscovery: true
      jwksURL: https://issuer.example/keys
      emailClaim: mail
      groupsClaim: roles
      audienceClaims: [aud, azp]
      extraAudiences: [api]
      enabledSigningAlgs: [ES256]
      insecureAllowUnverifiedEmail: true
      insecureSkipIssuerVerification: true
      insecureSkipNonce: true
    name: Company
    loginURL: https://issuer.example/auth
    redeemURL: https://issuer.example/token
    profileURL: https://issuer.example/me
    validateURL: https://issuer.example/ok
    scope: openid mail
    code_challenge_method: plain
    skipClaimsFromProfileURL: true
    allowedGroups: [ops, dev]
    backendLogoutURL: https://issuer.example/end?h={id_token}
    loginURLParameters: [{name: prompt, default: [login]}, {name: acr_values, default: [gold]}]
`,
    [
      ...QUIET,
      '--skip-oidc-discovery',
      '--oidc-jwks-url=https://issuer.example/keys',
      '--oidc-email-claim=mail',
      '--oidc-groups-claim=roles',
      '--oidc-audience-claim=aud,azp',
      '--oidc-extra-audience=api',
      '--oidc-enabled-signing-alg=ES256',
      '--insecure-oidc-allow-unverified-email',
      '--insecure-oidc-skip-issuer-verification',
      '--insecure-oidc-skip-nonce',
      '--provider-display-name=Company',
      '--login-url=https://issuer.example/auth',
      '--redeem-url=https://issuer.example/token',
      '--profile-url=https://issuer.example/me',
      '--validate-url=https://issuer.example/ok',
      '--scope=openid mail',
      '--code-challenge-method=plain',
      '--skip-claims-from-profile-url',
      '--allowed-group=ops,dev',
      '--backend-logout-url=https://issuer.example/end?h={id_token}',
      '--prompt=login',
      '--acr-values=gold',
    ],
  ],
  [
    'an OpenID provider with the deprecated claim',
    `${FILE}      userIDClaim: upn\n`,
    [...QUIET, '--user-id-claim=upn'],
  ],
  [
    'a provider that answers by form',
    `${FILE}    authRequestResponseMode: form_post\n`,
    [...QUIET, '--auth-request-response-mode=form_post'],
  ],
  [
    'roles of Keycloak',
    `${FILE.replace('provider: oidc', 'provider: keycloak-oidc').replace('id: oidc', 'id: keycloak-oidc')}    keycloakConfig: {roles: [ops]}\n`,
    [...QUIET, '--provider=keycloak-oidc', '--allowed-role=ops'],
  ],
  [
    'Google by default',
    `${HEAD}providers: [{id: google, clientID: gate, clientSecret: client-secret}]\n`,
    [...QUIET, '--provider=google', '--oidc-issuer-url='],
  ],
  [
    'GitHub',
    `${HEAD}providers:
  - id: github
    provider: github
    clientID: gate
    clientSecret: client-secret
    githubConfig: {team: "acme:ops", users: [alice]}
`,
    [...QUIET, '--provider=github', '--oidc-issuer-url=', '--github-team=acme:ops', '--github-user=alice'],
  ],
  [
    'other options beside it',
    FILE,
    [...QUIET, '--cookie-name=gate', '--session-max-lifetime=24h', '--ssl-insecure-skip-verify'],
    {
      args: ['--cookie-name=gate', '--ssl-insecure-skip-verify'],
      env: { OAUTH2_PROXY_SESSION_MAX_LIFETIME: '24h' },
    },
  ],
  [
    'all options in one file, in each spelling of their names',
    `${FILE}options:
  cookie_name: gate
  session-max-lifetime: 24h
  whitelistDomains: [".example.com"]
  skip_auth_routes:
    - GET=^/public/.{1,2}$
  cookie_csrf_per_request_limit: 5
  reverse_proxy: true
  banner: |-
    <b>hi</b>
`,
    [
      ...QUIET,
      '--cookie-name=gate',
      '--session-max-lifetime=24h',
      '--whitelist-domain=.example.com',
      '--skip-auth-route="GET=^/public/.{1,2}$"',
      '--cookie-csrf-per-request-limit=5',
      '--reverse-proxy',
      '--banner=<b>hi</b>',
    ],
  ],
  [
    'flags win over the options in the file',
    `${FILE}options: {cookie_name: theirs, app_name: Wiki}\n`,
    [...QUIET, '--cookie-name=gate', '--app-name=Wiki'],
    { args: ['--cookie-name=gate'] },
  ],
  [
    'a fixed answer',
    FILE.replace('uri: http://app.internal:8080', 'static: true\n      staticCode: 202').replace(
      'id: /',
      'id: static://202',
    ),
    [...QUIET, '--upstream=static://202'],
    { env: { OAUTH2_PROXY_UPSTREAMS: '' } },
  ],
  [
    'everything of an upstream',
    FILE.replace(
      'uri: http://app.internal:8080',
      'uri: https://app.internal\n      insecureSkipTLSVerify: true\n      flushInterval: -1s\n      passHostHeader: false\n      proxyWebSockets: false\n      timeout: 1.5\n      disableKeepAlives: true\n      getBody: true',
    ).replace('upstreams:', 'proxyRawPath: true\n  upstreams:'),
    [
      ...QUIET,
      '--upstream=https://app.internal/',
      '--ssl-upstream-insecure-skip-verify',
      '--flush-interval=-1s',
      '--pass-host-header=false',
      '--proxy-websockets=false',
      '--upstream-timeout=1.5s',
      '--disable-keep-alives',
      '--upstream-get-body=/',
    ],
    { env: { OAUTH2_PROXY_UPSTREAMS: '' } },
  ],
  [
    'a password as oauth2-proxy converts it, in bytes, and a prefix that has no effect beside it',
    `${FILE}injectRequestHeaders:
  - name: Authorization
    preserveRequestValue: false
    values:
      - claimSource:
          claim: user
          prefix: "Basic "
          basicAuthPassword: {value: [112, 119]}
injectResponseHeaders:
  - name: Authorization
    values: [{claimSource: {claim: user, basicAuthPassword: {value: !!binary cHc=}}}]
`,
    ['--pass-user-headers=false', '--basic-auth-password=pw', '--set-basic-auth'],
  ],
]

describe('a structured file means what the flags mean', () => {
  it.each(SAME)('a structured file means what the flags mean: %s', (_, file, args, beside = {}) => {
    const built = buildStructured({ file, ...beside })
    const env = { ...BASE, ...beside.env }
    const loaded = load({ args, env, files: beside.files ?? {} })
    if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded))
    expect(built.problems).toEqual([])
    const { headers, ...config } = built.config
    const { headers: expected, ...others } = loaded.config
    expect(config).toEqual(others)
    // The flags send a second family of names beside Authorization, which a file names one by one.
    const own = ({ name }: { readonly name: string }) => !/^X-/u.test(name)
    expect(headers.request).toEqual(expected.request.filter(own))
    expect(headers.response).toEqual(expected.response)
  })
})

/** [what is wrong, the file, exactly what is said about it]. */
const WRONG: [string, string, string][] = [
  [
    'a key that is not known',
    `${FILE}upstreams: []\n`,
    'upstreams in gate.yaml, line 15, column 1: remove this key, it is not known',
  ],
  [
    'a misspelt key',
    FILE.replace('clientSecret', 'clientSecert'),
    'providers[0].clientSecert in gate.yaml, line 12, column 5: remove this key, it is not known; did you mean "clientSecret"?',
  ],
  [
    'a key of the TOML file at the top',
    `${FILE}cookie_secret: abc\n`,
    'cookie_secret in gate.yaml, line 15, column 1: remove this key, it is not known; write "cookie_secret" below "options"',
  ],
  [
    'an option that has another place',
    `${FILE}options: {client_id: a}\n`,
    'options.client_id in gate.yaml, line 15, column 11: remove this key, it is not known',
  ],
  [
    'a key that is there twice',
    FILE.replace('id: oidc', 'id: oidc\n    id: other'),
    'gate.yaml, line 10, column 5: give the key "id" once, it is there twice',
  ],
  [
    'a key that is there in two spellings',
    FILE.replace('id: oidc', 'id: oidc\n    ID: other'),
    'providers[0].id in gate.yaml, line 10, column 5: give this key once, it is in line 9, column 5 in another spelling too',
  ],
  [
    'a number for a text',
    FILE.replace('client-secret', '12345'),
    'providers[0].clientSecret in gate.yaml, line 12, column 5: give a text: put quotes around it',
  ],
  [
    'a text for a boolean',
    FILE.replace('uri:', 'proxyWebSockets: "true"\n      uri:'),
    'upstreamConfig.upstreams[0].proxyWebSockets in gate.yaml, line 7, column 7: give true or false, without quotes',
  ],
  [
    'a text for a list',
    `${FILE}    allowedGroups: ops\n`,
    'providers[0].allowedGroups in gate.yaml, line 15, column 5: give a list of texts, with a dash before each or in square brackets',
  ],
  [
    'numbers in a list of texts',
    `${FILE}    allowedGroups: [1]\n`,
    'providers[0].allowedGroups in gate.yaml, line 15, column 5: give texts in the list: put quotes around each entry',
  ],
  [
    'a list for a map',
    FILE.replace('oidcConfig:\n', 'oidcConfig: []\n').replace(
      '      issuerURL: https://issuer.example\n',
      '',
    ),
    'providers[0].oidcConfig in gate.yaml, line 13, column 5: give a map with issuerURL, skipDiscovery, jwksURL and so on',
  ],
  [
    'a map for a list',
    `${HEAD}providers: {id: oidc}\n`,
    'providers in gate.yaml, line 8, column 1: give a list, with a dash before each entry',
  ],
  [
    'a text for an entry',
    `${FILE}injectRequestHeaders: [X-A]\n`,
    'injectRequestHeaders[0] in gate.yaml, line 15, column 24: give a map with name, preserveRequestValue, InsecureSkipHeaderNormalization, values',
  ],
  [
    'a bare number as a duration',
    FILE.replace('uri:', 'timeout: 30\n      uri:'),
    'upstreamConfig.upstreams[0].timeout in gate.yaml, line 7, column 7: write the duration with a unit, such as 30s; oauth2-proxy reads a bare number as nanoseconds',
  ],
  [
    'a status for an app',
    FILE.replace('uri:', 'staticCode: 204\n      uri:'),
    'upstreamConfig.upstreams[0].staticCode in gate.yaml, line 7, column 7: set static: true beside it, or remove it; only a fixed answer has a status',
  ],
  [
    'a file that is a list',
    '- a\n',
    'gate.yaml, line 1, column 1: give a map, such as "server:" with "bindAddress:" below it',
  ],
  [
    'a variable that nothing closes',
    FILE.replace('client-secret', '${SECRET'),
    'gate.yaml, line 12: close the brace behind ${ in the same line; write $$ for a dollar sign',
  ],
  [
    'a secret of two sources',
    `${FILE}injectRequestHeaders: [{name: A, values: [{secretSource: {value: x, fromFile: /y}}]}]\n`,
    'injectRequestHeaders[0].values[0].secretSource.fromFile in gate.yaml, line 15, column 69: give one of value, fromEnv and fromFile, not several',
  ],
  [
    'a password of no source',
    `${FILE}injectRequestHeaders: [{name: A, values: [{claimSource: {claim: user, basicAuthPassword: {}}}]}]\n`,
    'injectRequestHeaders[0].values[0].claimSource.basicAuthPassword.value in gate.yaml, missing at line 15, column 90: give one of value, fromEnv and fromFile, and not an empty one',
  ],
  [
    'a secret in a variable that is not there',
    `${FILE}injectRequestHeaders: [{name: A, values: [{secretSource: {fromEnv: NONE}}]}]\n`,
    'injectRequestHeaders[0].values[0].secretSource.fromEnv in gate.yaml, line 15, column 59: set the variable "NONE", it is not there',
  ],
  [
    'a parameter of the protocol',
    `${FILE}    loginURLParameters: [{name: redirect_uri, default: [a]}]\n`,
    'providers[0].loginURLParameters[0].name in gate.yaml, line 15, column 27: remove this, the sign-in itself sets "redirect_uri"',
  ],
  [
    'a parameter that has a key',
    `${FILE}    loginURLParameters: [{name: scope, default: [a]}]\n`,
    'providers[0].loginURLParameters[0].name in gate.yaml, line 15, column 27: remove this, the key "scope" of the provider sets it',
  ],
  [
    'a parameter that is there twice',
    `${FILE}    loginURLParameters: [{name: a}, {name: a}]\n`,
    'providers[0].loginURLParameters[1].name in gate.yaml, line 15, column 38: give each parameter once, two are "a"',
  ],
  [
    'a rule of value and pattern',
    `${FILE}    loginURLParameters: [{name: a, allow: [{value: b, pattern: ^c$}]}]\n`,
    'providers[0].loginURLParameters[0].allow[0].pattern in gate.yaml, line 15, column 55: give one of value and pattern',
  ],
  [
    'a pattern with look-ahead',
    `${FILE}    loginURLParameters: [{name: a, allow: [{pattern: "(?=a)"}]}]\n`,
    'providers[0].loginURLParameters[0].allow[0].pattern in gate.yaml, line 15, column 45: remove the look-around "(?=", RE2 has none, not "(?=a)"',
  ],
  [
    'no provider',
    HEAD,
    'providers in gate.yaml, missing at line 1, column 1: give a provider, people have nowhere to sign in',
  ],
]

/** What a schema can see. */
const BY_SHAPE: ReadonlySet<string> = new Set([
  'a key that is not known',
  'a misspelt key',
  'a key of the TOML file at the top',
  'an option that has another place',
  'a number for a text',
  'a text for a boolean',
  'a text for a list',
  'numbers in a list of texts',
  'a list for a map',
  'a map for a list',
  'a text for an entry',
])

const isValid = new Ajv({ allowUnionTypes: true, allowMatchingProperties: true }).compile(
  JSON.parse(renderSchemaFile()),
)

describe('the JSON Schema of structured files', () => {
  it.each(SAME)('the JSON Schema of structured files takes %s', (_, file) => {
    isValid(parse(file, { merge: true, customTags: ['binary'] }))
    const isBinary = file.includes('!!binary')
    expect(isBinary ? [] : (isValid.errors ?? [])).toEqual([])
  })

  it.each(WRONG.filter(([title]) => BY_SHAPE.has(title)))(
    'the JSON Schema of structured files refuses %s',
    (_, file) => {
      expect(isValid(parse(file))).toBe(false)
    },
  )
})

describe('a structured file is refused', () => {
  it.each(WRONG)('a structured file is refused with one sentence: %s', (_, file, expected) => {
    expect(buildStructured({ file }).problems).toEqual([expected])
  })

  it('a structured file is refused with everything that is wrong at once', () => {
    const file = `${FILE.replace('127.0.0.1:4180', 'app').replace('http://', '')}metrics: {}\noptions: {cookie_expire: 5}\n`
    expect(buildStructured({ file }).problems.map((line) => line.split(' ')[0])).toEqual([
      'metrics',
      'options.cookie_expire',
      'server.bindAddress',
      'upstreamConfig.upstreams[0].uri',
    ])
  })

  it.each([
    ['clientSecret: [hunter2]', 'clientSecret: client-secret'],
    ['clientSecret: {a: hunter2}', 'clientSecret: client-secret'],
    ['clientSecret: !x hunter2', 'clientSecret: client-secret'],
    ['clientSecret: "hunter2', 'clientSecret: client-secret'],
    ['clientSecret: "hunter2\\q"', 'clientSecret: client-secret'],
    ['clientSecret: hunter2: x', 'clientSecret: client-secret'],
  ])('a structured file is refused without its secret in a message: %s [CF-17]', (written, place) => {
    const { problems } = buildStructured({ file: FILE.replace(place, written) })
    expect(problems).not.toEqual([])
    expect(problems.join('\n')).not.toContain('hunter2')
  })
})

describe('a structured file on Workers', () => {
  const WORKER = FILE.replace(/server:\n.*\n/u, '')

  it('a structured file on Workers needs no server, and is refused with one', () => {
    expect(buildStructured({ file: WORKER, runtime: 'workers' }).problems).toEqual([])
    expect(buildStructured({ file: FILE, runtime: 'workers' }).problems).toEqual([
      'server.bindAddress in gate.yaml, line 2, column 3: remove this setting, it cannot be honoured on workers: there are no sockets of our own',
    ])
    const off = FILE.replace('127.0.0.1:4180', '"-"')
    expect(buildStructured({ file: off, runtime: 'workers' }).problems).toEqual([])
  })

  it('a structured file on Workers is refused with what needs files', () => {
    const more = 'injectRequestHeaders: [{name: A, values: [{secretSource: {fromFile: /key}}]}]\n'
    const file = `${WORKER.replace('clientSecret: client-secret', 'clientSecretFile: /s')}${more}`
    expect(buildStructured({ file, runtime: 'workers' }).problems.map((line) => line.split(' ')[0])).toEqual([
      'providers[0].clientSecretFile',
      'providers[0].clientSecret',
      'injectRequestHeaders[0].values[0].secretSource.fromFile',
    ])
  })
})

describe('options beside a structured file', () => {
  it('options beside a structured file are refused as flags when they have a place in it, with exit code 2', () => {
    const { problems } = buildStructured({ file: FILE, args: ['--client-id=a', '--upstream=http://a'] })
    expect(problems).toEqual([
      '--client-id: remove this flag beside --alpha-config, providers[].clientID in gate.yaml is the place for it',
      '--upstream: remove this flag beside --alpha-config, upstreamConfig.upstreams in gate.yaml is the place for it',
    ])
  })

  it('options beside a structured file are refused in the TOML file when they have a place in it', () => {
    const files = { '/gate.toml': 'client_id = "a"\ncookie_name = "b"\n' }
    expect(buildStructured({ file: FILE, args: ['--config=/gate.toml'], files }).problems).toEqual([
      'client_id in /gate.toml: remove this key beside --alpha-config, providers[].clientID in gate.yaml is the place for it',
    ])
  })

  it('options beside a structured file are a warning as variables when they have a place in it, since oauth2-proxy passes over them', () => {
    const { problems, warnings, config } = buildStructured({
      file: FILE,
      env: { OAUTH2_PROXY_CLIENT_ID: 'other' },
    })
    expect([problems, config.providers[0]?.clientId]).toEqual([[], 'gate'])
    expect(warnings).toEqual([
      'OAUTH2_PROXY_CLIENT_ID: nothing reads this beside --alpha-config, providers[].clientID in gate.yaml is the place for it',
    ])
  })

  it('options beside a structured file that are missing are named with their place in it', () => {
    const { problems } = buildStructured({
      file: FILE,
      env: { OAUTH2_PROXY_COOKIE_SECRET: '', OAUTH2_PROXY_EMAIL_DOMAINS: '' },
    })
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      '--cookie-secret or options.cookie_secret in gate.yaml',
      '--email-domain or options.email_domains in gate.yaml',
    ])
    const file = `${FILE}options: {cookie_secret: ${SECRET}, email_domains: ["*"]}\n`
    expect(
      buildStructured({ file, env: { OAUTH2_PROXY_COOKIE_SECRET: '', OAUTH2_PROXY_EMAIL_DOMAINS: '' } })
        .problems,
    ).toEqual([])
  })
})

describe('a doubtful place of a structured file is a warning', () => {
  it.each<[string, string, string]>([
    [
      'a second document',
      `${FILE}---\na: 1\n`,
      'gate.yaml, line 15, column 1: remove this second document, only the first one counts',
    ],
    [
      'a variable that is not set',
      FILE.replace('id: oidc', 'name: "a${NONE}"'),
      'gate.yaml, line 9: set the variable NONE, it is not there and nothing stands in its place',
    ],
    [
      'the path of an app',
      FILE.replace('8080', '8080/base'),
      'upstreamConfig.upstreams[0].uri in gate.yaml, line 7, column 7: leave out the path behind the host, it has no effect; rewriteTarget changes the path that the app is asked for',
    ],
    [
      'a header that is not normalised',
      `${FILE}injectRequestHeaders: [{name: A, InsecureSkipHeaderNormalization: true}]\n`,
      'injectRequestHeaders[0].InsecureSkipHeaderNormalization in gate.yaml, line 15, column 34: remove this, it has no effect: what clients send is deleted in every spelling that an app could take for this name',
    ],
    [
      'a secret that looks like base64',
      `${FILE}injectRequestHeaders: [{name: A, values: [{secretSource: {value: c2VjcmV0LXZhbHVl}}]}]\n`,
      'injectRequestHeaders[0].values[0].secretSource.value in gate.yaml, line 15, column 59: this looks like base64 and counts as it stands, as in oauth2-proxy since 7.14; write !!binary in front to have it decoded',
    ],
    [
      'settings of an app at a fixed answer',
      FILE.replace('uri:', 'static: true\n      passHostHeader: true\n      uri:'),
      'upstreamConfig.upstreams[0].passHostHeader in gate.yaml, line 8, column 7: remove this, it has no effect on a fixed answer (static: true)',
    ],
  ])('a doubtful place of a structured file is a warning: %s', (_, file, expected) => {
    const { warnings, problems } = buildStructured({ file })
    expect(problems).toEqual([])
    expect(warnings).toContain(expected)
  })
})
