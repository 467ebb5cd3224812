import { BACKGROUND } from '../../support/visitor.ts'
import { PAGE, type Probe, page, type Scene, stranger } from '../scene.ts'

const CLAIMED = [
  ...PAGE,
  'X-Forwarded-User',
  'root',
  'X-Forwarded-Groups',
  'root',
  'Authorization',
  'Bearer x',
]
const PROBES: readonly Probe[] = [
  page('page', '/page'),
  page('auth', '/oauth2/auth', { headers: [] }),
  page('page with headers of its own', '/page', { headers: CLAIMED }),
  page('app with headers of its own', '/set'),
]

const SETS: Readonly<Record<string, readonly string[]>> = {
  'pass-basic-auth': ['--basic-auth-password=secret'],
  'pass-basic-auth off': ['--pass-basic-auth=false'],
  'pass-user-headers off': ['--pass-basic-auth=false', '--pass-user-headers=false'],
  'prefer-email-to-user': ['--prefer-email-to-user', '--basic-auth-password=secret'],
  'pass-access-token': ['--pass-access-token'],
  'pass-authorization-header': ['--pass-authorization-header'],
  'set-xauthrequest': ['--set-xauthrequest'],
  'set-xauthrequest and pass-access-token': ['--set-xauthrequest', '--pass-access-token'],
  'set-authorization-header': ['--set-authorization-header'],
  'set-basic-auth': ['--set-basic-auth', '--basic-auth-password=secret'],
  'strip off': ['--skip-auth-strip-headers=false'],
  'host of the app': ['--pass-host-header=false'],
}

const COOKIES: Readonly<Record<string, readonly string[]>> = {
  'cookie name': ['--cookie-name=_gate'],
  'cookie domain': ['--cookie-domain=example.com'],
  'cookie domain with a dot': ['--cookie-domain=.example.com', '--cookie-domain=.app.example.com'],
  'cookie path': ['--cookie-path=/'],
  'cookie SameSite': ['--cookie-samesite=strict'],
  'cookie SameSite none': ['--cookie-samesite=none'],
  'cookie of the browser session': ['--cookie-expire=0'],
  'cookie for scripts': ['--cookie-httponly=false'],
  'cookie of the sign-in': [
    '--cookie-csrf-per-request',
    '--cookie-csrf-expire=5m',
    '--cookie-csrf-samesite=lax',
  ],
}

/** What the app and the client are told, and the attributes of the cookies. */
export const HEADER_SCENES: readonly Scene[] = [
  ...Object.entries(SETS).map(([name, flags]) => ({ name, flags, probes: PROBES })),
  ...Object.entries(COOKIES).map(([name, flags]) => ({
    name,
    flags,
    probes: [
      stranger('start', '/oauth2/start'),
      stranger('sign-in', '/oauth2/start', { signsIn: true }),
      page('sign_out', '/oauth2/sign_out', { session: 'fresh' }),
    ],
  })),
  {
    name: 'WebSocket',
    flags: [],
    probes: [
      page('of the own site', '/ws', { upgrade: true, headers: ['Origin', 'https://app.example.com'] }),
      page('of another site', '/ws', { upgrade: true, headers: ['Origin', 'https://evil.com'] }),
      page('of no site', '/ws', { upgrade: true, headers: [] }),
      stranger('of a stranger', '/ws', { upgrade: true, headers: ['Origin', 'https://app.example.com'] }),
    ],
  },
  {
    name: 'bearer tokens',
    flags: ['--skip-jwt-bearer-tokens'],
    probes: [
      stranger('wrong token', '/page', { headers: [...BACKGROUND, 'Authorization', 'Bearer eyJ.eyJ.x'] }),
      stranger('no token', '/page', { headers: [...BACKGROUND, 'Authorization', 'Bearer x'] }),
    ],
  },
  {
    name: 'bearer tokens without a fallback',
    flags: ['--skip-jwt-bearer-tokens', '--bearer-token-login-fallback=false'],
    probes: [
      stranger('wrong token', '/page', { headers: [...BACKGROUND, 'Authorization', 'Bearer eyJ.eyJ.x'] }),
      stranger('wrong token at auth', '/oauth2/auth', { headers: ['Authorization', 'Bearer eyJ.eyJ.x'] }),
    ],
  },
]
