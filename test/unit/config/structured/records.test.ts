import { describe, expect, it } from 'vitest'
import { configOf, warningsOf } from '../config-fixture.ts'
import { buildStructured } from './structured-fixture.ts'

const PEM = { '/cert': '-----BEGIN CERTIFICATE-----\n', '/key': '-----BEGIN PRIVATE KEY-----\n' }
const PROVIDER = {
  provider: 'oidc',
  clientID: 'gate',
  clientSecret: 'client-secret',
  oidcConfig: { issuerURL: 'https://issuer.example' },
}
const FILE = {
  server: { bindAddress: ':8080' },
  upstreamConfig: { upstreams: [{ id: 'app', path: '/', uri: 'http://app:8080' }] },
  providers: [PROVIDER],
}

describe('a structured source and the flags make the same configuration', () => {
  it('a structured source and the flags make the same configuration with one upstream, one provider and a plain listener', () => {
    const built = buildStructured({ file: FILE })
    expect(built.problems).toEqual([])
    const quiet = ['--pass-user-headers=false', '--pass-basic-auth=false']
    const config = configOf({ args: ['--http-address=:8080', '--upstream=http://app:8080/', ...quiet] })
    const [upstream] = config.upstreams
    expect(built.config).toEqual({ ...config, upstreams: [{ ...upstream, id: 'app' }] })
  })

  it('a structured source and the flags make the same configuration with upstreams of every sort, whose traits stand in each entry', () => {
    const traits = { passHostHeader: false, proxyWebSockets: false, timeout: '5s' }
    const upstreams = [
      { path: '/x/', uri: 'https://[::1]:8443', insecureSkipTLSVerify: true, disableKeepAlives: true },
      { path: '/', id: '/run/a.sock', uri: 'unix:///run/a.sock', disableKeepAlives: true },
      { path: '/static/', uri: 'file:///srv/www/' },
    ].map((entry) => ({ ...entry, ...traits }))
    const built = buildStructured({ file: { ...FILE, upstreamConfig: { upstreams } } })
    const args = [
      '--upstream=https://[::1]:8443/x/,unix:///run/a.sock,file:///srv/www/#/static/',
      '--ssl-upstream-insecure-skip-verify',
      '--disable-keep-alives',
      '--pass-host-header=false',
      '--proxy-websockets=false',
      '--upstream-timeout=5s',
    ]
    expect(built.problems).toEqual([])
    expect(built.config.upstreams).toEqual(configOf({ args }).upstreams)
    const [warning = ''] = warningsOf({ args }).map((line) => line.replace(/^[^:]*/u, ''))
    expect(built.warnings).toEqual([
      `upstreamConfig.upstreams[0].insecureSkipTLSVerify in gate.yaml, line 7, column 7${warning}`,
    ])
  })

  it('a structured source and the flags make the same configuration with TLS beside the plain listener', () => {
    const tls = { cert: { fromFile: '/cert' }, key: { fromFile: '/key' }, minVersion: 'TLS1.3' }
    const server = { bindAddress: '127.0.0.1:80', secureBindAddress: ':443', tls }
    const args = ['--http-address=127.0.0.1:80', '--tls-cert-file=/cert', '--tls-key-file=/key']
    const built = buildStructured({ file: { ...FILE, server }, files: PEM })
    expect(built.problems).toEqual([])
    expect(built.config.listen).toEqual(
      configOf({ args: [...args, '--tls-min-version=TLS1.3'], files: PEM }).listen,
    )
  })

  it('a structured source takes certificate and key as text and out of a variable', () => {
    const tls = { cert: { value: PEM['/cert'] }, key: { fromEnv: 'TLS_KEY' } }
    const server = { secureBindAddress: ':443', tls }
    const { config, problems } = buildStructured({ file: { ...FILE, server }, env: { TLS_KEY: PEM['/key'] } })
    expect(problems).toEqual([])
    expect(config.listen).toMatchObject({
      http: undefined,
      https: { cert: { value: PEM['/cert'].trim() }, key: { value: PEM['/key'] } },
    })
    const wrong = buildStructured({ file: { ...FILE, server }, env: { TLS_KEY: 'hunter2' } })
    expect(wrong.problems).toEqual([expect.stringMatching(/^server\.tls\.key\.fromEnv .*give a PEM file/u)])
    expect(wrong.problems.join()).not.toContain('hunter2')
  })

  it('a structured source and the flags make the same configuration with options of one kind of provider', () => {
    const github = { provider: 'github', githubConfig: { org: 'acme' }, name: 'Work', scope: 'read:org' }
    const built = buildStructured({
      file: { ...FILE, providers: [{ ...PROVIDER, ...github, oidcConfig: {} }] },
    })
    const args = ['--provider=github', '--oidc-issuer-url=', '--github-org=acme', '--scope=read:org']
    expect(built.problems).toEqual([])
    expect(built.config.providers).toEqual(
      configOf({ args: [...args, '--provider-display-name=Work'] }).providers,
    )
  })

  it('a structured source and the flags make the same configuration with headers of claims, tokens and Basic credentials', () => {
    const claim = (name: string, claimSource: object) => ({ name, values: [{ claimSource }] })
    const injectRequestHeaders = [
      claim('X-Forwarded-User', { claim: 'user' }),
      claim('X-Forwarded-Email', { claim: 'email' }),
      claim('X-Forwarded-Groups', { claim: 'groups' }),
      claim('X-Forwarded-Preferred-Username', { claim: 'preferred_username' }),
      claim('X-Auth-Request-User', { claim: 'user' }),
      claim('X-Auth-Request-Email', { claim: 'email' }),
      claim('X-Auth-Request-Groups', { claim: 'groups' }),
      claim('X-Auth-Request-Preferred-Username', { claim: 'preferred_username' }),
      claim('X-Forwarded-Access-Token', { claim: 'access_token' }),
      claim('Authorization', { claim: 'user', basicAuthPassword: { value: 'pw' } }),
    ]
    const injectResponseHeaders = [claim('Authorization', { claim: 'id_token', prefix: 'Bearer ' })]
    const built = buildStructured({ file: { ...FILE, injectRequestHeaders, injectResponseHeaders } })
    const args = ['--pass-access-token', '--basic-auth-password=pw', '--set-authorization-header']
    expect(built.problems).toEqual([])
    expect(built.config.headers).toEqual(configOf({ args }).headers)
  })

  it('a structured source and the flags make the same configuration with groups that a provider asks for', () => {
    const providers = [{ ...PROVIDER, allowedGroups: ['ops', 'dev'] }]
    const built = buildStructured({ file: { ...FILE, providers } })
    const config = configOf({ args: ['--allowed-group=ops,dev', '--http-address=:8080'] })
    expect(built.config.policy).toEqual(config.policy)
    expect(built.config.providers).toEqual(config.providers)
  })
})

describe('what a structured source says counts for the options beside it', () => {
  const providers = [{ ...PROVIDER, authRequestResponseMode: 'form_post' }]

  it('a provider that answers by form_post gets a sign-in cookie that comes back', () => {
    expect(buildStructured({ file: FILE }).config.cookie.csrf.sameSite).toBeUndefined()
    const { config, problems } = buildStructured({ file: { ...FILE, providers } })
    expect([config.cookie.csrf.sameSite, problems]).toEqual(['none', []])
  })

  it('a provider whose answer finds no cookie is named by path and line', () => {
    const redirect = 'http://localhost:8080/oauth2/callback'
    const env = { OAUTH2_PROXY_COOKIE_SECURE: 'false', OAUTH2_PROXY_REDIRECT_URL: redirect }
    const { problems } = buildStructured({ file: { ...FILE, providers }, env })
    expect(problems).toEqual([
      expect.stringMatching(
        /^providers\[0\]\.authRequestResponseMode in gate\.yaml, line 14, column 5: remove this or set /u,
      ),
    ])
  })

  it.each([
    [
      'a token for the app',
      { injectRequestHeaders: [{ name: 'X-Token', values: [{ claimSource: { claim: 'access_token' } }] }] },
      'injectRequestHeaders[0].values[0].claimSource.claim',
    ],
    [
      'a token in answers',
      { injectResponseHeaders: [{ name: 'X-Token', values: [{ claimSource: { claim: 'id_token' } }] }] },
      'injectResponseHeaders[0].values[0].claimSource.claim',
    ],
    [
      'a provider that is told of a sign-out with the ID token',
      { providers: [{ ...PROVIDER, backendLogoutURL: 'https://id.test/?t={id_token}' }] },
      'providers[0].backendLogoutURL',
    ],
  ])('minimal sessions are refused beside %s', (_, more, place) => {
    const { problems } = buildStructured({ file: { ...FILE, ...more }, args: ['--session-cookie-minimal'] })
    expect(problems).toEqual([
      expect.stringContaining(`--session-cookie-minimal: remove this or ${place} in gate.yaml, line `),
    ])
  })

  it('an upstream that is the program itself is named by path and line', () => {
    const upstreams = [{ path: '/', uri: 'http://localhost:8080' }]
    const { problems } = buildStructured({ file: { ...FILE, upstreamConfig: { upstreams } } })
    expect(problems).toEqual([
      expect.stringMatching(
        /^upstreamConfig\.upstreams\[0\]\.uri in gate\.yaml, line 6, column 7: give the address of the app/u,
      ),
    ])
  })

  it('a gate without upstreams is a warning, and one with upstreams is none', () => {
    const [warning] = buildStructured({ file: { ...FILE, upstreamConfig: {} } }).warnings
    expect(warning).toContain('all paths but those of this program are 404')
    expect(buildStructured({ file: FILE }).warnings).toEqual([])
  })
})

/** The path of a problem, and whether it is missing there. */
function placeOf(problem = ''): string {
  return problem.replace(/ in gate\.yaml, (missing)?.*$/su, (_, missing = '') => (missing ? ', missing' : ''))
}

/** [what is wrong, members of the file, path of the problem, what it says]. */
const WRONG: [string, object, string, string][] = [
  ['a listener without a port', { server: { bindAddress: 'app' } }, 'server.bindAddress', 'give host:port'],
  ['no listener', { server: {} }, 'server.bindAddress, missing', 'nothing would listen'],
  [
    'a certificate without its key',
    { server: { secureBindAddress: ':443', tls: { cert: { fromFile: '/cert' } } } },
    'server.tls.key, missing',
    'TLS needs certificate and key',
  ],
  [
    'an upstream without a scheme',
    { upstreamConfig: { upstreams: [{ path: '/', uri: 'app:8080' }] } },
    'upstreamConfig.upstreams[0].uri',
    'give http://',
  ],
  [
    'an upstream without an address',
    { upstreamConfig: { upstreams: [{ path: '/' }] } },
    'upstreamConfig.upstreams[0].uri, missing',
    'give http://',
  ],
  [
    'an upstream without a path',
    { upstreamConfig: { upstreams: [{ uri: 'http://app' }] } },
    'upstreamConfig.upstreams[0].path, missing',
    'start the path with a slash',
  ],
  [
    'two upstreams for one path',
    {
      upstreamConfig: {
        upstreams: [
          { path: '/', uri: 'http://a' },
          { path: '/', uri: 'http://b' },
        ],
      },
    },
    'upstreamConfig.upstreams[1].path',
    'two take "/"',
  ],
  [
    'two upstreams with one id',
    {
      upstreamConfig: {
        upstreams: [
          { id: 'a', path: '/', uri: 'http://a' },
          { id: 'a', path: '/b/', uri: 'http://b' },
        ],
      },
    },
    'upstreamConfig.upstreams[1].id',
    'two have "a"',
  ],
  [
    'a header without a name',
    { injectRequestHeaders: [{ values: [] }] },
    'injectRequestHeaders[0].name, missing',
    'give the name of a header',
  ],
  [
    'a header that frames the message',
    { injectResponseHeaders: [{ name: 'Content-Length', values: [] }] },
    'injectResponseHeaders[0].name',
    'none that frames the message',
  ],
  [
    'a header that is there twice',
    { injectRequestHeaders: [{ name: 'X-A' }, { name: 'x-a' }] },
    'injectRequestHeaders[1].name',
    'two are "x-a"',
  ],
  [
    'a header value of nothing',
    { injectRequestHeaders: [{ name: 'X-A', values: [{}] }] },
    'injectRequestHeaders[0].values[0].claimSource.claim, missing',
    'name a claim, or give a secret',
  ],
  [
    'a header value of a claim and a secret',
    {
      injectRequestHeaders: [
        { name: 'X-A', values: [{ claimSource: { claim: 'email' }, secretSource: { value: 'key' } }] },
      ],
    },
    'injectRequestHeaders[0].values[0].secretSource.value',
    'not both',
  ],
  [
    'a token as user name',
    {
      injectRequestHeaders: [
        {
          name: 'Authorization',
          values: [{ claimSource: { claim: 'id_token', basicAuthPassword: { value: 'pw' } } }],
        },
      ],
    },
    'injectRequestHeaders[0].values[0].claimSource.claim',
    'id_token is no user name',
  ],
  [
    'a secret whose file is not there',
    { injectRequestHeaders: [{ name: 'X-A', values: [{ secretSource: { fromFile: '/none' } }] }] },
    'injectRequestHeaders[0].values[0].secretSource.fromFile',
    'make the file "/none" readable',
  ],
  [
    'an unknown kind of provider',
    { providers: [{ ...PROVIDER, provider: 'oicd' }] },
    'providers[0].provider',
    'did you mean "oidc"?',
  ],
  [
    'a provider without a client',
    { providers: [{ ...PROVIDER, clientID: undefined }] },
    'providers[0].clientID, missing',
    'give the client id',
  ],
  [
    'a provider without an issuer',
    { providers: [{ ...PROVIDER, oidcConfig: {} }] },
    'providers[0].oidcConfig.issuerURL, missing',
    'give the issuer',
  ],
  [
    'a value of another kind',
    {
      providers: [
        { ...PROVIDER, oidcConfig: { issuerURL: 'https://i.example', insecureSkipNonce: 'maybe' } },
      ],
    },
    'providers[0].oidcConfig.insecureSkipNonce',
    'give true or false',
  ],
  [
    'an entry of a list that cannot be read',
    {
      providers: [
        { ...PROVIDER, oidcConfig: { issuerURL: 'https://i.example', enabledSigningAlgs: ['none'] } },
      ],
    },
    'providers[0].oidcConfig.enabledSigningAlgs',
    'give EdDSA',
  ],
  [
    'an option of a kind that cannot be read',
    { providers: [{ ...PROVIDER, provider: 'github', oidcConfig: {}, githubConfig: { repo: 'app' } }] },
    'providers[0].githubConfig.repo',
    'give owner/name',
  ],
]

describe('a problem in a structured source is named by its path and line', () => {
  it.each(WRONG)(
    'a structured source names a problem by path and line: %s',
    (_, members, place, sentence) => {
      const { problems } = buildStructured({ file: { ...FILE, ...members }, files: PEM })
      expect(problems).toEqual([expect.stringContaining(sentence)])
      expect(placeOf(problems[0])).toBe(place)
    },
  )
})

describe('several providers of a structured source', () => {
  const second = { ...PROVIDER, id: 'partners', oidcConfig: { issuerURL: 'https://partners.example' } }
  const build = (...providers: object[]) => buildStructured({ file: { ...FILE, providers } })

  it('several providers of a structured source are each read from their own entry', () => {
    const { config, problems } = build({ ...PROVIDER, id: 'staff' }, second)
    expect(problems).toEqual([])
    expect(config.providers.map(({ id, issuer }) => [id, issuer])).toEqual([
      ['staff', 'https://issuer.example'],
      ['partners', 'https://partners.example'],
    ])
  })

  it('several providers of a structured source are complained about entry by entry', () => {
    const { problems } = build({ ...PROVIDER, clientSecret: undefined }, { ...second, loginURL: 'login' })
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'providers[0].clientSecret',
      'providers[1].loginURL',
    ])
  })

  it('several providers of a structured source must have ids of their own', () => {
    expect(build(PROVIDER, { ...second, id: 'oidc' }).problems[0]).toMatch(
      /^providers\[1\]\.id .*two have "oidc"/u,
    )
  })

  it('several providers of a structured source each have a list of groups, which is asked of their own people', () => {
    const { config, problems } = build(PROVIDER, { ...second, allowedGroups: ['ops'] })
    expect(problems).toEqual([])
    expect([...(config?.policy.perProvider ?? [])].map(([id, rules]) => [id, rules.allowedGroups])).toEqual([
      ['oidc', []],
      ['partners', ['ops']],
    ])
    expect(config?.policy.allowedGroups).toEqual([])
  })
})
