import { type Scene, stranger } from '../scene.ts'

/** Return targets: what a sign-in makes of `rd`. */
const TARGETS = [
  '/',
  '/home',
  '/home/',
  '/a/b?x=1&y=2',
  '/a?u=https%3A%2F%2Fx.com%2F',
  '/a?u=//x.com',
  '/a?u=/../x',
  '/a/../b',
  '/a/./b',
  '/a//b',
  '//evil.com',
  '///evil.com',
  '/\\evil.com',
  '/ /evil.com',
  '/\t/evil.com',
  '/\n/evil.com',
  '/./\\evil.com',
  '/.//evil.com',
  '/%2f%2fevil.com',
  '/%5cevil.com',
  '/%09/evil.com',
  '/a b',
  '/a%20b',
  '/a;b',
  '/straße',
  '/a#fragment',
  'home',
  '',
  'https://wiki.example.org/',
  'https://wiki.example.org/a?b=c#d',
  'https://wiki.example.org:8443/',
  'https://example.org/',
  'https://port.example.net:8443/',
  'https://port.example.net/',
  'https://any.example.net:1234/',
  'http://wiki.example.org/',
  'HTTPS://wiki.example.org/',
  'https://user@wiki.example.org/',
  'https://wiki.example.org@evil.com/',
  'https://wiki.example.org.evil.com/',
  'https://badexample.org/',
  'https://evil.com/',
  'https://app.example.com/home',
  'https:evil.com',
  'javascript:alert(1)',
  'data:text/html,x',
  '/oauth2/start',
  '/oauth2/sign_out',
  '/oauth2/sign_in',
  '/oauth2/other',
]

/** Where a sign-in returns to. */
export const RETURN_SCENES: readonly Scene[] = [
  {
    name: 'returns',
    flags: [
      '--whitelist-domain=.example.org',
      '--whitelist-domain=port.example.net:8443',
      '--whitelist-domain=any.example.net:*',
    ],
    probes: [
      ...TARGETS.map((target) =>
        stranger(`rd=${JSON.stringify(target)}`, `/oauth2/start?rd=${encodeURIComponent(target)}`, {
          signsIn: true,
        }),
      ),
      stranger('no rd', '/oauth2/start', { signsIn: true }),
      stranger('two rd', '/oauth2/start?rd=%2Fa&rd=%2Fb', { signsIn: true }),
      stranger('rd in a header', '/oauth2/start', {
        signsIn: true,
        headers: ['Accept', 'text/html', 'X-Auth-Request-Redirect', '/header'],
      }),
    ],
  },
  {
    name: 'returns behind a gateway',
    flags: [
      '--reverse-proxy',
      '--trusted-proxy-ip=127.0.0.1',
      '--whitelist-domain=.example.com',
      '--skip-provider-button',
    ],
    probes: [
      stranger('rd in a header', '/oauth2/start', {
        signsIn: true,
        headers: ['Accept', 'text/html', 'X-Auth-Request-Redirect', '/header'],
      }),
      stranger('address in X-Forwarded-Uri', '/oauth2/start', {
        signsIn: true,
        headers: ['Accept', 'text/html', 'X-Forwarded-Uri', '/uri?x=1', 'X-Forwarded-Proto', 'https'],
      }),
      stranger('another host in X-Forwarded-Host', '/oauth2/start', {
        signsIn: true,
        headers: [
          'Accept',
          'text/html',
          'X-Forwarded-Host',
          'wiki.example.com',
          'X-Forwarded-Proto',
          'https',
          'X-Forwarded-Uri',
          '/uri',
        ],
      }),
    ],
  },
]
