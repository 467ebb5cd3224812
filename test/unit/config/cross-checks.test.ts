import { describe, expect, it } from 'vitest'
import { configOf, type Given, problemsOf, warningsOf } from './config-fixture.ts'

const flags = (...args: readonly string[]): Given => ({ args })
const HTTPS = '--redirect-url=https://app.example.com/oauth2/callback'
const TLS: Given = {
  args: ['--tls-cert-file=/cert', '--tls-key-file=/key'],
  files: { '/cert': '-----BEGIN CERTIFICATE-----\n', '/key': '-----BEGIN PRIVATE KEY-----\n' },
}

describe('cookie-domain beside redirect-url', () => {
  it.each([
    ['another domain', '--cookie-domain=example.org'],
    ['a sibling host', '--cookie-domain=other.example.com'],
    ['a host whose name only ends the same way', '--cookie-domain=p.example.com'],
    ['a host below', '--cookie-domain=x.app.example.com'],
    ['several, none of which fits', '--cookie-domain=example.org,example.net'],
  ])('cookie-domain beside redirect-url is refused for %s, because browsers drop such cookies', (_, flag) => {
    expect(problemsOf(flags(HTTPS, flag))).toEqual([
      expect.stringMatching(/^--cookie-domain: leave this out or give a domain that "app\.example\.com"/u),
    ])
  })

  it.each(['app.example.com', '.example.com', 'example.org,example.com', 'EXAMPLE.com'])(
    'cookie-domain beside redirect-url is taken where it covers the host: %s',
    (domain) => {
      expect(configOf(flags(HTTPS, `--cookie-domain=${domain}`)).cookie.domains).not.toEqual([])
    },
  )

  it('cookie-domain beside redirect-url is taken where the request decides on the redirect URI', () => {
    expect(configOf(flags('--cookie-domain=example.org')).cookie.domains).toEqual(['example.org'])
  })
})

describe('cookie-path beside the redirect URI', () => {
  it.each([
    [['--cookie-path=/app'], '/oauth2/callback'],
    [['--cookie-path=/oauth'], '/oauth2/callback'],
    [['--cookie-path=/app', HTTPS], '/oauth2/callback'],
    [['--cookie-path=/app', '--proxy-prefix=/apps/oauth2'], '/apps/oauth2/callback'],
  ])('cookie-path is refused with %j, because the sign-in cookie does not get to %s', (args, path) => {
    expect(problemsOf(flags(...args))).toEqual([
      expect.stringMatching(
        `^--cookie-path: leave this out or give a path that "${path}" of the redirect URI`,
      ),
    ])
  })

  it.each([
    [['--cookie-path=/app', '--proxy-prefix=/app/oauth2']],
    [['--cookie-path=/app/', '--redirect-url=https://app.example.com/app/oauth2/callback']],
    [['--cookie-path=/oauth2']],
  ])('cookie-path beside the redirect URI is taken with %j', (args) => {
    expect(configOf(flags(...args)).cookie.path).toMatch(/^\//u)
  })
})

describe('a redirect URL on https while nothing here is', () => {
  const TOLD = /^--reverse-proxy or OAUTH2_PROXY_REVERSE_PROXY: set this, and trusted-proxy-ip/u

  it('an https redirect-url without TLS or reverse-proxy is a warning that names reverse-proxy, because the app is told http', () => {
    expect(warningsOf(flags(HTTPS))).toEqual([expect.stringMatching(TOLD)])
  })

  it.each<[string, Given]>([
    ['reverse-proxy is on', flags(HTTPS, '--reverse-proxy', '--trusted-proxy-ip=10.0.0.1')],
    ['TLS is served here', { ...TLS, args: [HTTPS, ...(TLS.args ?? [])] }],
    ['the redirect URL is http', flags('--redirect-url=http://localhost:4180/oauth2/callback')],
    ['no app is behind', flags(HTTPS, '--upstream=static://202')],
    ['the platform ends TLS', { env: { OAUTH2_PROXY_REDIRECT_URL: HTTPS.slice(15) }, runtime: 'workers' }],
  ])('an https redirect-url is no warning where %s', (_, given) => {
    expect(warningsOf(given)).toEqual([])
  })
})

describe('an upstream', () => {
  it.each([
    ['--http-address=127.0.0.1:4180', 'http://127.0.0.1:4180/'],
    ['--http-address=127.0.0.1:4180', 'http://localhost:4180/'],
    ['--http-address=localhost:4180', 'http://127.0.0.1:4180/'],
    ['--http-address=localhost:4180', 'http://[::1]:4180/'],
    ['--http-address=:8080', 'http://localhost:8080/'],
    ['--http-address=0.0.0.0:8080', 'http://127.0.0.1:8080/app/'],
    ['--http-address=[::]:8080', 'http://[::1]:8080/'],
    ['--http-address=10.0.0.7:80', 'http://10.0.0.7/'],
    ['--http-address=unix:///run/gate.sock', 'unix:///run/gate.sock'],
  ])('an upstream that is this program itself is refused: %s and %s', (listen, upstream) => {
    expect(problemsOf(flags(listen, `--upstream=${upstream}`))).toEqual([
      expect.stringMatching(
        /^--upstream: give the address of the app, ".*" is where this program itself listens$/u,
      ),
    ])
  })

  it('an upstream that is the TLS listener of this program is refused', () => {
    const given = {
      ...TLS,
      args: [...(TLS.args ?? []), '--https-address=:8443', '--upstream=https://127.0.0.1:8443/'],
    }
    expect(problemsOf(given)).toEqual([expect.stringContaining('where this program itself listens')])
  })

  it.each([
    ['--http-address=127.0.0.1:4180', 'http://127.0.0.1:8080/'],
    ['--http-address=127.0.0.1:4180', 'http://10.0.0.7:4180/'],
    ['--http-address=10.0.0.7:4180', 'http://127.0.0.1:4180/'],
    ['--http-address=127.0.0.1:0', 'http://127.0.0.1:8080/'],
    ['--http-address=unix:///run/gate.sock', 'unix:///run/app.sock'],
  ])('an upstream that is another program is taken: %s and %s', (listen, upstream) => {
    expect(configOf(flags(listen, `--upstream=${upstream}`)).upstreams).toHaveLength(1)
  })

  it.each([
    ['https://app.example.com/', true],
    ['https://app.example.com:8443/', false],
    ['http://app.example.com/', false],
    ['https://api.example.com/', false],
  ])('an upstream at the address of redirect-url is a warning: %s %s', (upstream, warned) => {
    const warnings = warningsOf(
      flags(HTTPS, '--reverse-proxy', '--trusted-proxy-ip=10.0.0.1', `--upstream=${upstream}`),
    )
    expect(warnings.some((text) => text.includes('is that of redirect-url'))).toBe(warned)
  })

  it('a missing upstream is a warning, but for a gate that only answers a gateway', () => {
    const env = { OAUTH2_PROXY_UPSTREAMS: undefined }
    expect(warningsOf({ env })).toEqual([
      expect.stringMatching(
        /^--upstream or OAUTH2_PROXY_UPSTREAMS: give the address of the app; without it/u,
      ),
    ])
    expect(warningsOf({ env, args: ['--reverse-proxy', '--trusted-proxy-ip=10.0.0.1'] })).toEqual([])
  })
})

describe('a skip-auth pattern that fits every path', () => {
  it.each(['.*', '^.*$', '^/', '/', '^/.*', '^/.*$', '/(.*)', '^', '.', '.+', '=^/.*'])(
    'a skip-auth pattern that fits every path is a warning: %s',
    (pattern) => {
      expect(warningsOf(flags(`--skip-auth-route=${pattern}`))).toEqual([
        expect.stringMatching(
          /^--skip-auth-route: name the paths that are public, with ".*" no request at all/u,
        ),
      ])
    },
  )

  it('a skip-auth pattern that fits every path of one method is a warning that names the method', () => {
    expect(warningsOf(flags('--skip-auth-route=get=.*')).join()).toContain('with ".*" no GET request needs')
  })

  it.each(['^/$', '^/public/.*', '^/public', '!=^/', '^/[^/]*$'])(
    'a skip-auth pattern for some paths is no warning: %s',
    (pattern) => {
      expect(warningsOf(flags(`--skip-auth-route=${pattern}`)).join()).not.toContain('no request at all')
    },
  )
})

it.each([
  ['--http-address=127.0.0.1:65536', 'give a port from 0 to 65535'],
  ['--http-address=127.0.0.1:418000', 'give a port from 0 to 65535'],
  ['--upstream=http://app:65536/', 'give a port from 1 to 65535'],
  ['--redis-connection-url=redis://r:65536', 'give redis://host:port'],
  [
    '--redirect-url=https://app.example.com:65536/oauth2/callback',
    'give an absolute http:// or https:// URL',
  ],
])('a port out of range is refused: %s', (flag, sentence) => {
  expect(problemsOf(flags(flag))).toEqual([expect.stringContaining(sentence)])
})
