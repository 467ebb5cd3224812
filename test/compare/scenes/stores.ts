import { page, type Scene, tour } from '../scene.ts'

const REDIS = ['--session-store-type=redis', '--redis-connection-url={redis}']

const FILE = `server: {bindAddress: "{listen}"}
upstreamConfig:
  upstreams:
    - {id: app, path: /, uri: "{app}"}
    - {id: version, path: "^/v([0-9]+)/(.*)$", rewriteTarget: "/$2?version=$1", uri: "{app}"}
    - {id: teapot, path: /teapot, static: true, staticCode: 418}
injectRequestHeaders:
  - {name: X-Who, values: [{claimSource: {claim: email, prefix: "mail:"}}]}
  - {name: X-Groups, values: [{claimSource: {claim: groups}}]}
  - {name: X-Fixed, values: [{secretSource: {value: abc}}, {secretSource: {fromEnv: FIXED}}]}
  - {name: X-Blank, values: []}
  - {name: Authorization, values: [{claimSource: {claim: user, basicAuthPassword: {value: pw}}}]}
injectResponseHeaders:
  - {name: X-Is, values: [{claimSource: {claim: preferred_username}}]}
providers:
  - id: idp
    provider: oidc
    clientID: "{client}"
    clientSecret: "{secret}"
    code_challenge_method: S256
    oidcConfig: {issuerURL: "{provider}"}
`

const CLAIMED = ['X-Who', 'root', 'X-Blank', 'root', 'X-Is', 'root', 'X-Fixed', 'root']

/** Sessions elsewhere, settings elsewhere, and an upstream that has nothing. */
export const STORE_SCENES: readonly Scene[] = [
  { name: 'Redis', redis: 'standalone', flags: [...REDIS, '--set-xauthrequest'], probes: tour() },
  {
    name: 'Redis and cookie-refresh',
    redis: 'standalone',
    flags: [...REDIS, '--cookie-refresh=1s', '--pass-access-token'],
    probes: [page('page after cookie-refresh', '/page', { session: 'fresh', waitMs: 2_200 })],
  },
  {
    name: 'structured file',
    structured: true,
    base: ['--alpha-config={dir}/gate.yaml', '--redirect-url=https://app.example.com/oauth2/callback'],
    files: { 'gate.yaml': FILE },
    env: { FIXED: 'def' },
    flags: [],
    probes: [
      ...tour(),
      page('rewritten', '/v2/a/b?x=1'),
      page('rewritten to nothing', '/v2/'),
      page('a fixed answer', '/teapot'),
      page('below a fixed answer', '/teapot/x'),
      page('header lines of a client', '/page', { headers: CLAIMED }),
    ],
  },
  {
    name: 'no files',
    upstreams: ['--upstream=file:///dev/null'],
    flags: ['--set-xauthrequest', '--set-authorization-header'],
    probes: tour(),
  },
  {
    name: 'static 204',
    upstreams: ['--upstream=static://204'],
    flags: ['--set-xauthrequest'],
    probes: tour(),
  },
]
