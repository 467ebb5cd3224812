import { BACKGROUND } from '../../support/visitor.ts'
import { PAGE, type Probe, page, type Scene, stranger } from '../scene.ts'

const FORM = ['Content-Type', 'application/x-www-form-urlencoded']
const OWN = ['Origin', 'https://app.example.com']

const visits: readonly Probe[] = [
  stranger('page', '/page'),
  stranger('fetch', '/page', { headers: BACKGROUND }),
  stranger('JSON', '/page', { headers: ['Accept', 'application/json'] }),
  stranger('curl', '/page', { headers: ['Accept', '*/*'] }),
  stranger('XHR', '/page', { headers: ['Accept', '*/*', 'X-Requested-With', 'XMLHttpRequest'] }),
  stranger('form', '/page', { method: 'POST', headers: [...PAGE, ...FORM, ...OWN], body: 'a=1' }),
  stranger('HEAD', '/page', { method: 'HEAD' }),
  stranger('OPTIONS', '/page', { method: 'OPTIONS' }),
  page('page, signed in', '/page?x=1'),
  page('fetch, signed in', '/api', { headers: BACKGROUND }),
  page('form, signed in', '/page', { method: 'POST', headers: [...PAGE, ...FORM, ...OWN], body: 'a=1' }),
  page('HEAD, signed in', '/page', { method: 'HEAD' }),
  page('OPTIONS, signed in', '/page', { method: 'OPTIONS' }),
  page('DELETE, signed in', '/page', { method: 'DELETE', headers: OWN }),
  page('app says 401', '/status/401'),
  page('app says 500', '/status/500'),
  page('app says 304', '/status/304'),
  page('two slashes', '//page'),
  page('dots', '/a/../page'),
  page('encoded slash', '/a%2Fb'),
  page('encoded NUL', '/a%00b'),
  page('semicolon in the query', '/page?a=1;b=2'),
  page('names of constraints in the query of the app', '/page?allowed_groups=board'),
  page('identity headers of a client', '/page', {
    headers: [
      ...PAGE,
      'X-Forwarded-User',
      'root',
      'X_Forwarded_Email',
      'root@x',
      'x-auth-request-user',
      'root',
    ],
  }),
  page('forwarded headers of a client', '/page', {
    headers: [
      ...PAGE,
      'X-Forwarded-For',
      '192.0.2.1',
      'X-Forwarded-Proto',
      'https',
      'X-Real-IP',
      '192.0.2.1',
    ],
  }),
  page('request id of a client', '/page', { headers: [...PAGE, 'X-Request-Id', 'abc'] }),
]

const auth: readonly Probe[] = [
  '',
  '?allowed_groups=admins',
  '?allowed_groups=board,staff',
  '?allowed_groups=board&allowed_groups=staff',
  '?allowed_groups=board',
  '?allowed_groups=ADMINS',
  '?allowed_groups=',
  '?allowed_groups=,',
  '?allowed_emails=alice@example.com',
  '?allowed_emails=bob@example.com',
  '?allowed_emails=Alice@example.com',
  '?allowed_emails=',
  '?allowed_email_domains=example.com',
  '?allowed_email_domains=.example.com',
  '?allowed_email_domains=*.example.com',
  '?allowed_email_domains=other.com',
  '?allowed_email_domains=',
  '?allowed_email_domains=*',
  '?allowed_groups=admins&allowed_emails=bob@example.com',
  '?allowed_groups=admins;x',
].map((query) => page(`auth ${query}`, `/oauth2/auth${query}`, { headers: [] }))

const own: readonly Probe[] = [
  stranger('auth', '/oauth2/auth', { headers: [] }),
  stranger('auth for a page', '/oauth2/auth'),
  page('POST auth', '/oauth2/auth', { method: 'POST', headers: [] }),
  stranger('userinfo', '/oauth2/userinfo', { headers: BACKGROUND }),
  page('userinfo, signed in', '/oauth2/userinfo', { headers: BACKGROUND }),
  page('POST userinfo', '/oauth2/userinfo', { headers: BACKGROUND, method: 'POST' }),
  stranger('sign_in', '/oauth2/sign_in'),
  stranger('sign_in with rd', '/oauth2/sign_in?rd=%2Fhome'),
  page('sign_in, signed in', '/oauth2/sign_in', { session: 'fresh' }),
  page('sign_in with rd, signed in', '/oauth2/sign_in?rd=%2Fhome', { session: 'fresh' }),
  stranger('POST sign_in', '/oauth2/sign_in', {
    method: 'POST',
    headers: [...PAGE, ...FORM],
    body: 'username=a',
  }),
  stranger('start', '/oauth2/start?rd=%2Fhome'),
  stranger('start by fetch', '/oauth2/start', { headers: BACKGROUND }),
  stranger('HEAD start', '/oauth2/start', { method: 'HEAD' }),
  stranger('POST start', '/oauth2/start', {
    method: 'POST',
    headers: [...PAGE, ...FORM],
    body: 'rd=%2Fhome',
  }),
  stranger('PUT start', '/oauth2/start', { method: 'PUT' }),
  stranger('slash after sign_in', '/oauth2/sign_in/'),
  stranger('nothing below the prefix', '/oauth2/nothing'),
  page('nothing below the prefix, signed in', '/oauth2/nothing'),
  stranger('static', '/oauth2/static/css/bulma.min.css'),
  stranger('ping', '/ping', { headers: [] }),
  stranger('ready', '/ready', { headers: [] }),
  stranger('robots', '/robots.txt', { headers: [] }),
  stranger('POST ping', '/ping', { method: 'POST', headers: [] }),
]

const callbacks: readonly Probe[] = [
  stranger('callback of nothing', '/oauth2/callback'),
  stranger('callback with a code and no state', '/oauth2/callback?code=x'),
  stranger('callback with another state', '/oauth2/callback?code=x&state=abc:/'),
  stranger('callback with an error', '/oauth2/callback?error=access_denied&state=abc:/'),
  stranger('callback with an error and no state', '/oauth2/callback?error=access_denied'),
  stranger('callback with an error, for a program', '/oauth2/callback?error=access_denied', { headers: [] }),
  stranger('callback with a code and no state, for a program', '/oauth2/callback?code=x', { headers: [] }),
  stranger('sign-in', '/oauth2/start?rd=%2Fhome', { signsIn: true }),
  stranger('sign-in, code refused', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    },
  }),
  stranger('sign-in, provider broken', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.scripts.token = () => new Response('down', { status: 503 })
    },
  }),
  stranger('sign-in, token of another client', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.idToken.claims = (claims) => ({ ...claims, aud: 'other' })
    },
  }),
  stranger('sign-in, further audiences, azp is ours', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.idToken.claims = (claims) => ({ ...claims, aud: ['sidegate', 'account'], azp: 'sidegate' })
    },
  }),
  stranger('sign-in, further audiences, no azp', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.idToken.claims = (claims) => ({ ...claims, aud: ['sidegate', 'account'] })
    },
  }),
  stranger('sign-in, address not verified', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.user = { sub: 'bob', email: 'bob@example.com', email_verified: false }
    },
  }),
  stranger('sign-in, address of another domain', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.user = { sub: 'bob', email: 'bob@other.com', email_verified: true }
    },
  }),
  stranger('sign-in, no address', '/oauth2/start', {
    signsIn: true,
    before: ({ provider }) => {
      provider.user = { sub: 'bob' }
    },
  }),
]

const signOuts: readonly Probe[] = [
  stranger('sign_out', '/oauth2/sign_out'),
  page('sign_out, signed in', '/oauth2/sign_out', { session: 'fresh' }),
  page('sign_out with rd', '/oauth2/sign_out?rd=%2Fbye', { session: 'fresh' }),
  page('sign_out with rd elsewhere', '/oauth2/sign_out?rd=https%3A%2F%2Fevil.com%2F', { session: 'fresh' }),
  page('sign_out to an allowed host', '/oauth2/sign_out?rd=https%3A%2F%2Fwiki.example.org%2F', {
    session: 'fresh',
  }),
  page(
    'sign_out with the ID token',
    '/oauth2/sign_out?rd=https%3A%2F%2Fwiki.example.org%2F%3Ft%3D{id_token}',
    {
      session: 'fresh',
    },
  ),
  page('POST sign_out', '/oauth2/sign_out', { session: 'fresh', method: 'POST', headers: [...PAGE, ...OWN] }),
  page('sign_out, link of an allowed host of the same site', '/oauth2/sign_out', {
    session: 'fresh',
    headers: ['Accept', 'text/html', 'Sec-Fetch-Site', 'same-site', 'Referer', 'https://portal.example.com/'],
  }),
  page('sign_out, link of another site', '/oauth2/sign_out', {
    session: 'fresh',
    headers: ['Accept', 'text/html', 'Sec-Fetch-Site', 'cross-site', 'Referer', 'https://evil.com/'],
  }),
]

/** The endpoints, with nothing but the usual flags. */
export const ENDPOINT_SCENES: readonly Scene[] = [
  {
    name: 'plain',
    flags: ['--whitelist-domain=.example.org', '--whitelist-domain=portal.example.com'],
    probes: [...visits, ...auth, ...own, ...callbacks, ...signOuts],
  },
  {
    name: 'skip-provider-button',
    flags: ['--skip-provider-button'],
    probes: [
      stranger('page', '/page'),
      stranger('fetch', '/page', { headers: BACKGROUND }),
      stranger('HEAD', '/page', { method: 'HEAD' }),
      stranger('sign_in', '/oauth2/sign_in'),
      page('sign_in, signed in', '/oauth2/sign_in', { session: 'fresh' }),
      page('sign_out, signed in', '/oauth2/sign_out', { session: 'fresh' }),
      stranger('sign-in from a page', '/page?x=1', { signsIn: true }),
    ],
  },
  {
    name: 'force-json-errors',
    flags: ['--force-json-errors', '--api-route=^/api/', '--allowed-group=board'],
    probes: [
      stranger('page', '/page'),
      stranger('API', '/api/x'),
      stranger('auth', '/oauth2/auth', { headers: [] }),
      stranger('sign-in, group missing', '/oauth2/start', { signsIn: true }),
    ],
  },
]
