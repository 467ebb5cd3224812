import { BACKGROUND } from '../../support/visitor.ts'
import { PAGE, type Probe, page, type Scene, stranger } from '../scene.ts'

function open(target: string, more: Partial<Probe> = {}): Probe {
  return stranger(`${more.method ?? 'GET'} ${target}`, target, { headers: BACKGROUND, ...more })
}

const BASIC = (user: string) => [...BACKGROUND, 'Authorization', `Basic ${btoa(user)}`]
const FORM = [
  ...PAGE,
  'Content-Type',
  'application/x-www-form-urlencoded',
  'Origin',
  'https://app.example.com',
]
const FORWARDED = (uri: string, method?: string) => [
  'X-Forwarded-Uri',
  uri,
  ...(method === undefined ? [] : ['X-Forwarded-Method', method]),
]

/** Requests without a sign-in, local users, upstreams, gateways, lifetimes. */
export const RULE_SCENES: readonly Scene[] = [
  {
    name: 'skip-auth-route',
    flags: [
      '--skip-auth-route=^/public',
      '--skip-auth-route=GET=^/get$',
      '--skip-auth-route=POST!=^/closed',
      '--skip-auth-regex=^/old/',
      '--skip-auth-route=^/my doc$',
    ],
    probes: [
      open('/public'),
      open('/public/x?y=1'),
      open('/x/public'),
      open('/public/../admin'),
      open('/public/%2e%2e/admin'),
      open('/public/..%2fadmin'),
      open('/public/a;b'),
      open('/public/a%3Bb'),
      open('/public//x'),
      open('/public%2Fx'),
      open('/public%23/x'),
      open('/%70ublic'),
      open('/get'),
      open('/get', { method: 'POST' }),
      open('/get/'),
      open('/other', { method: 'POST' }),
      open('/closed/x', { method: 'POST' }),
      open('/other', { method: 'PUT' }),
      open('/old/x'),
      open('/my%20doc'),
      open('/page?x=/public'),
      page('signed in', '/public'),
      page('signed in, identity of a client', '/public', { headers: [...PAGE, 'X-Forwarded-User', 'root'] }),
      stranger('identity of a client', '/public', { headers: [...PAGE, 'X-Forwarded-User', 'root'] }),
      stranger('userinfo', '/oauth2/userinfo', { headers: BACKGROUND }),
    ],
  },
  {
    name: 'own pages open',
    flags: ['--skip-auth-route=GET=^/oauth2/.*'],
    probes: [stranger('auth', '/oauth2/auth', { headers: [] })],
  },
  {
    name: 'api-route',
    flags: ['--api-route=^/api/', '--api-route=[?&]format=json$', '--skip-provider-button'],
    probes: [
      stranger('page below it', '/api/x'),
      stranger('page with the query', '/page?a=1&format=json'),
      stranger('page elsewhere', '/page?format=html'),
      stranger('page with the path inside', '/x/api/y'),
      page('signed in', '/api/x'),
      stranger('sign_in', '/oauth2/sign_in'),
    ],
  },
  {
    name: 'another prefix',
    flags: ['--proxy-prefix=/gate', '--redirect-url=https://app.example.com/gate/callback'],
    probes: [
      stranger('start', '/gate/start'),
      stranger('sign_in', '/gate/sign_in'),
      stranger('the usual prefix', '/oauth2/start'),
      stranger('auth', '/gate/auth', { headers: [] }),
      stranger('userinfo', '/gate/userinfo', { headers: BACKGROUND }),
    ],
  },
  {
    name: 'e-mail rules',
    flags: ['--authenticated-emails-file={dir}/emails', '--email-domain=.example.com'],
    files: { emails: '# people\nalice@example.com\n Bob@Other.com ,x\n' },
    probes: [
      ['alice@example.com', true],
      ['ALICE@EXAMPLE.COM', true],
      ['bob@other.com', true],
      ['carol@example.com', true],
      ['carol@sub.example.com', true],
      ['carol@badexample.com', true],
      ['a@evil.com@sub.example.com', true],
      ['carol@sub.example.com.evil.com', true],
    ].map(([email, verified]) =>
      stranger(`sign-in of ${email}`, '/oauth2/start', {
        signsIn: true,
        before: ({ provider }) => {
          provider.user = { sub: 'someone', email, email_verified: verified }
        },
      }),
    ),
  },
  {
    name: 'claims',
    flags: ['--oidc-email-claim=mail', '--oidc-groups-claim=roles', '--pass-access-token=false'],
    prepare: ({ provider }) => {
      provider.user = {
        sub: 'alice',
        mail: 'alice@example.com',
        roles: ['a', 7, { b: 1 }, 'c,d', ' e'],
        preferred_username: 'ally',
      }
    },
    probes: [
      page('page', '/page'),
      page('userinfo', '/oauth2/userinfo', { headers: BACKGROUND }),
      page('auth, number', '/oauth2/auth?allowed_groups=7', { headers: [] }),
    ],
  },
  {
    name: 'skip-auth-preflight',
    flags: ['--skip-auth-preflight'],
    probes: [
      open('/x', { method: 'OPTIONS' }),
      open('/preflight', {
        method: 'OPTIONS',
        headers: ['Origin', 'https://x.example.com', 'Access-Control-Request-Method', 'POST'],
      }),
      open('/x'),
    ],
  },
  {
    name: 'trusted-ip',
    flags: ['--trusted-ip=127.0.0.1'],
    probes: [
      open('/x'),
      stranger('auth', '/oauth2/auth', { headers: [] }),
      stranger('userinfo', '/oauth2/userinfo', { headers: BACKGROUND }),
    ],
  },
  {
    name: 'trusted-ip behind a proxy',
    flags: [
      '--trusted-ip=192.0.2.1',
      '--reverse-proxy',
      '--trusted-proxy-ip=127.0.0.1',
      '--real-client-ip-header=X-Forwarded-For',
    ],
    probes: [
      open('/x', { headers: [...BACKGROUND, 'X-Forwarded-For', '192.0.2.1'] }),
      open('/y', { headers: [...BACKGROUND, 'X-Forwarded-For', '192.0.2.1, 198.51.100.9'] }),
      open('/z', { headers: [...BACKGROUND, 'X-Forwarded-For', '198.51.100.9, 192.0.2.1'] }),
    ],
  },
  {
    name: 'local users',
    flags: ['--htpasswd-file={dir}/users', '--htpasswd-user-group=ops', '--email-domain=other.com'],
    files: { users: 'carol:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' },
    probes: [
      open('/x', { headers: BASIC('carol:password') }),
      open('/y', { headers: BASIC('carol:wrong') }),
      stranger('userinfo', '/oauth2/userinfo', { headers: BASIC('carol:password') }),
      stranger('auth', '/oauth2/auth', { headers: BASIC('carol:password') }),
      stranger('form', '/oauth2/sign_in', {
        method: 'POST',
        headers: FORM,
        body: 'username=carol&password=password&rd=%2Fhome',
      }),
      stranger('form, wrong', '/oauth2/sign_in', {
        method: 'POST',
        headers: FORM,
        body: 'username=carol&password=wrong',
      }),
      stranger('form, no user', '/oauth2/sign_in', { method: 'POST', headers: FORM, body: 'password=wrong' }),
    ],
  },
  {
    name: 'local users of another group',
    flags: ['--htpasswd-file={dir}/users', '--allowed-group=board'],
    files: { users: 'carol:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' },
    probes: [
      open('/x', { headers: BASIC('carol:password') }),
      stranger('form', '/oauth2/sign_in', {
        method: 'POST',
        headers: FORM,
        body: 'username=carol&password=password',
      }),
    ],
  },
  {
    name: 'group missing',
    flags: ['--allowed-group=board'],
    probes: [stranger('sign-in', '/oauth2/start', { signsIn: true })],
  },
  {
    name: 'upstreams',
    flags: [
      '--upstream={app}/',
      '--upstream={app}/foo/',
      '--upstream={app}/exact',
      '--upstream=file://{dir}/site#/files/',
      '--upstream=http://127.0.0.1:9/down/',
    ],
    upstreams: [],
    files: {
      'site/index.html': '<p>index',
      'site/a.txt': 'a',
      'site/LICENSE': 'text',
      'site/.hidden': 'h',
      'site/dir/b.txt': 'b',
    },
    probes: [
      '/',
      '/foo',
      '/foo/',
      '/foo/x',
      '/exact',
      '/exact/x',
      '/files/',
      '/files/a.txt',
      '/files/LICENSE',
      '/files/.hidden',
      '/files/dir/',
      '/files/none',
      '/down/x',
    ].map((target) => page(target, target)),
  },
  {
    name: 'static upstream',
    flags: ['--set-xauthrequest'],
    upstreams: ['--upstream=static://202'],
    probes: [
      stranger('page', '/x'),
      stranger('fetch', '/x', { headers: BACKGROUND }),
      page('signed in', '/x'),
    ],
  },
  {
    name: 'gateway',
    flags: [
      '--reverse-proxy',
      '--trusted-proxy-ip=127.0.0.1',
      '--set-xauthrequest',
      '--skip-auth-route=^/public/',
      '--skip-auth-route=GET=^/get$',
    ],
    upstreams: ['--upstream=static://202'],
    probes: [
      stranger('public', '/oauth2/auth', { headers: FORWARDED('/public/x') }),
      stranger('closed', '/oauth2/auth', { headers: FORWARDED('/x') }),
      stranger('public with dots', '/oauth2/auth', { headers: FORWARDED('/public/../x') }),
      stranger('method named', '/oauth2/auth', { headers: FORWARDED('/get', 'GET') }),
      stranger('another method named', '/oauth2/auth', { headers: FORWARDED('/get', 'POST') }),
      stranger('method not named', '/oauth2/auth', { headers: FORWARDED('/get') }),
      stranger('X-Original-URI', '/oauth2/auth', { headers: ['X-Original-URI', '/public/x'] }),
      page('signed in', '/oauth2/auth', { headers: FORWARDED('/x') }),
    ],
  },
  {
    name: 'health checks',
    flags: [
      '--ping-path=/live',
      '--ready-path=',
      '--ping-user-agent=probe/1',
      '--silence-ping-logging',
      '--gcp-healthchecks',
    ],
    probes: [
      stranger('agent', '/live', { headers: ['User-Agent', 'probe/1'] }),
      stranger('another agent', '/live', { headers: ['User-Agent', 'curl'] }),
      stranger('ready is off', '/ready', { headers: ['Accept', 'application/json'] }),
      stranger('GCP', '/liveness_check', { headers: ['User-Agent', 'GoogleHC/1.0'] }),
      stranger('GCP agent elsewhere', '/x', {
        headers: ['User-Agent', 'GoogleHC/1.0', 'Accept', 'application/json'],
      }),
    ],
  },
  ...lifetimes(),
]

/** Short tokens, with and without cookie-refresh. */
function lifetimes(): readonly Scene[] {
  const short: Scene['prepare'] = ({ provider }) => {
    provider.behaviour.accessTokenSeconds = 1
  }
  const refused: Probe['before'] = ({ provider }) => {
    provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
  }
  const denied: Probe['before'] = ({ provider }) => {
    provider.scripts.userinfo = () => new Response('no', { status: 401 })
  }
  const late = (name: string, more: Partial<Probe>) =>
    page(name, '/x', { session: 'fresh', headers: ['Accept', 'application/json'], waitMs: 2_300, ...more })
  const withoutRefreshToken: Scene['prepare'] = (world) => {
    short(world)
    world.provider.behaviour.refreshTokens = false
  }
  return [
    {
      name: 'short tokens',
      flags: [],
      prepare: short,
      probes: [late('over', {}), late('refused', { before: refused })],
    },
    {
      name: 'short tokens, no refresh token',
      flags: [],
      prepare: withoutRefreshToken,
      probes: [late('over', {})],
    },
    {
      name: 'short tokens, cookie-refresh',
      flags: ['--cookie-refresh=1s'],
      prepare: short,
      probes: [late('due', {}), late('refused', { before: refused })],
    },
    {
      name: 'short tokens, cookie-refresh, no refresh token',
      flags: ['--cookie-refresh=1s'],
      prepare: withoutRefreshToken,
      probes: [late('due', {})],
    },
    {
      name: 'validate-url that is down',
      flags: ['--cookie-refresh=1s', '--validate-url=http://127.0.0.1:9/'],
      probes: [late('due', {})],
    },
    {
      name: 'validate-url, no refresh token',
      flags: ['--cookie-refresh=1s', '--validate-url={provider}/userinfo'],
      prepare: ({ provider }) => {
        provider.behaviour.refreshTokens = false
      },
      probes: [late('due, and it says no', { before: denied })],
    },
    {
      name: 'validate-url',
      flags: ['--cookie-refresh=1s', '--validate-url={provider}/userinfo'],
      probes: [late('due', {}), late('due, and it says no', { before: denied })],
    },
  ]
}
