import { describe, expect, it } from 'vitest'
import { configOf, type Given, linesOf, load, loadBare, problemsOf, warningsOf } from './config-fixture.ts'

const FILES = {
  '/cert': '-----BEGIN CERTIFICATE-----\n',
  '/key': '-----BEGIN EC PRIVATE KEY-----\n',
  '/empty': '',
  '/users': 'alice:x',
  '/logo.svg': '<?xml version="1.0"?>\n<svg xmlns="x"><path/></svg>\n',
  '/text.svg': 'hello',
  '/big.png': 'x'.repeat(300_000),
  '/padded': ' hunter2\n\n',
}
const TLS = ['--tls-cert-file=/cert', '--tls-key-file=/key']
const INTROSPECT = 'https://i.example/introspect'
const WITHOUT_DISCOVERY = [
  '--skip-oidc-discovery',
  '--login-url=https://i.example/a',
  '--redeem-url=https://i.example/t',
  '--oidc-jwks-url=https://i.example/k',
]
const GITHUB = ['--provider=github', '--oidc-issuer-url=']

function flags(...args: string[]): Given {
  return { args, files: FILES }
}

describe('refused with one sentence', () => {
  it.each<[string, Given, string]>([
    ['nobody may sign in', flags('--email-domain='), 'who may sign in'],
    [
      'an e-mail address for a domain',
      flags('--email-domain=@company.com'),
      '--email-domain: write the domain only',
    ],
    ['an empty group flag', flags('--allowed-group='), '--allowed-group: give a group'],
    ['a blank group', flags('--allowed-group= '), '--allowed-group: remove the empty entry'],
    ['a blank group in quotes', flags('--allowed-group=" "'), '--allowed-group: remove the blank entry'],
    ['no client id', { env: { OAUTH2_PROXY_CLIENT_ID: '' } }, '--client-id or OAUTH2_PROXY_CLIENT_ID: give'],
    [
      'no client secret',
      { env: { OAUTH2_PROXY_CLIENT_SECRET: '' } },
      'a public client gives an explicitly empty one',
    ],
    [
      'no client secret at GitHub',
      flags(...GITHUB, '--client-secret='),
      '--client-secret: give the client secret',
    ],
    [
      'a client secret file that is not there',
      flags('--client-secret=', '--client-secret-file=/none'),
      '--client-secret-file: make the file "/none" readable (ENOENT)',
    ],
    ['an empty client secret file', flags('--client-secret=', '--client-secret-file=/empty'), 'it is empty'],
    [
      'a login.gov without a key',
      flags('--provider=login.gov', '--oidc-issuer-url='),
      '--jwt-key or OAUTH2_PROXY_JWT_KEY: give the private key of the client',
    ],
    [
      'a login.gov with something else than a key',
      { args: ['--provider=login.gov', '--oidc-issuer-url='], env: { OAUTH2_PROXY_JWT_KEY: 'hunter2' } },
      'OAUTH2_PROXY_JWT_KEY: give a private key in PEM',
    ],
    [
      'no address that says who the person is',
      flags('--provider=nextcloud', '--oidc-issuer-url=', '--login-url=https://a', '--redeem-url=https://a'),
      'validate-url or OAUTH2_PROXY_VALIDATE_URL: give this URL, it says who the person is: https://HOST/ocs/v2.php/',
    ],
    [
      'a Bitbucket repository without its workspace',
      flags('--provider=bitbucket', '--oidc-issuer-url=', '--bitbucket-repository=app'),
      '--bitbucket-repository: give workspace/name, not "app"',
    ],
    ['a misspelt provider', flags('--provider=oicd'), 'did you mean "oidc"?'],
    [
      'no issuer',
      { env: { OAUTH2_PROXY_OIDC_ISSUER_URL: '' } },
      'OAUTH2_PROXY_OIDC_ISSUER_URL: give the issuer',
    ],
    [
      'an issuer with user info',
      flags('--oidc-issuer-url=https://u:hunter2@i.example'),
      '--oidc-issuer-url: give an absolute',
    ],
    ['an issuer with a fragment', flags('--oidc-issuer-url=https://i.example/#x'), 'fragment'],
    [
      'an issuer that is no URL',
      flags('--oidc-issuer-url=i.example'),
      '--oidc-issuer-url: give an absolute http:// or https:// URL',
    ],
    ['a backslash in a URL', flags('--login-url=https:\\\\i.example'), '--login-url: give an absolute'],
    [
      'discovery skipped without keys',
      flags('--skip-oidc-discovery', '--login-url=https://i/', '--redeem-url=https://i/'),
      'OAUTH2_PROXY_OIDC_JWKS_URL: give this URL',
    ],
    [
      'an unknown signing algorithm',
      flags('--oidc-enabled-signing-alg=none'),
      '--oidc-enabled-signing-alg: give EdDSA',
    ],
    ['an unknown PKCE method', flags('--code-challenge-method=s256'), '--code-challenge-method: give one of'],
    ['a GitHub team without its organisation', flags(...GITHUB, '--github-team=ops'), 'write org:team'],
    ['a GitHub repository without its owner', flags(...GITHUB, '--github-repo=app'), 'give owner/name'],
    [
      'no room for a refresh',
      flags('--cookie-expire=1h', '--cookie-refresh=1h'),
      'shorter than cookie-expire',
    ],
    ['a negative duration', flags('--cookie-expire=-1h'), 'not negative'],
    ['a duration that would round to off', flags('--cookie-refresh=1us'), 'at least 1ms'],
    ['a timeout that timers cannot count', flags('--upstream-timeout=577h'), 'at most 576h'],
    ['a sign-in without time', flags('--cookie-csrf-expire=1ms'), '--cookie-csrf-expire: give at least 1s'],
    ['a budget that holds nothing', flags('--cookie-budget=100'), 'from 2048 to 24576'],
    ['half a number', flags('--cookie-csrf-per-request-limit=1.5'), 'whole number'],
    ['a cookie name with a semicolon', flags('--cookie-name=a;b'), '--cookie-name: use letters'],
    ['a cookie name with a line break', flags('--cookie-name=a\r\nb'), '--cookie-name: use letters'],
    ['a cookie name with an equals sign', flags('--cookie-name=a=b'), '--cookie-name: use letters'],
    ['no cookie name', flags('--cookie-name='), '--cookie-name: use letters'],
    ['a long cookie name', flags(`--cookie-name=${'a'.repeat(300)}`), '256 characters'],
    [
      '__Host- with a path',
      flags('--cookie-name=__Host-a', '--cookie-path=/a', '--proxy-prefix=/a/b'),
      'browsers drop a __Host- cookie',
    ],
    [
      '__Host- with a domain',
      flags('--cookie-name=__host-a', '--cookie-domain=a.example'),
      'browsers drop a __Host- cookie',
    ],
    [
      '__Host- without Secure',
      flags('--cookie-name=__Host-a', '--cookie-secure=false'),
      'browsers drop a __Host- cookie',
    ],
    [
      '__Secure- without Secure',
      flags('--cookie-name=__Secure-a', '--cookie-secure=false'),
      'browsers drop a __Secure- cookie',
    ],
    [
      'a cookie domain with a semicolon',
      flags('--cookie-domain=a.example; Path=/'),
      '--cookie-domain: give a host name',
    ],
    [
      'an issuer with the path of its metadata',
      flags('--oidc-issuer-url=https://i.example/realms/a/.well-known/openid-configuration'),
      '--oidc-issuer-url: give the issuer, which is without the path of its metadata: https://i.example/realms/a',
    ],
    ['a blank client id', flags('--client-id= '), '--client-id: give the client id'],
    ['a blank client secret', flags('--client-secret= '), '--client-secret: give the client secret'],
    ['a cookie path with a semicolon', flags('--cookie-path=/;Domain=x'), '--cookie-path: give a path'],
    ['a cookie path with a line break', flags('--cookie-path=/\na'), '--cookie-path: give a path'],
    ['a relative cookie path', flags('--cookie-path=app'), '--cookie-path: give a path'],
    [
      'SameSite=None without Secure',
      flags('--cookie-samesite=none', '--cookie-secure=false'),
      'browsers drop a SameSite=None cookie',
    ],
    [
      'the same for the sign-in cookie',
      flags('--cookie-csrf-samesite=none', '--cookie-secure=false'),
      '--cookie-csrf-samesite: set',
    ],
    ['SameSite in capitals', flags('--cookie-samesite=Lax'), '--cookie-samesite: give one of'],
    [
      'minimal sessions that pass a token on',
      flags('--session-cookie-minimal', '--pass-access-token'),
      'pass-access-token, which needs a token',
    ],
    [
      'minimal sessions that are refreshed',
      flags('--session-cookie-minimal', '--cookie-refresh=1h'),
      'cookie-refresh, which needs a token',
    ],
    [
      'minimal sessions that send the ID token to a logout URL',
      flags('--session-cookie-minimal', '--backend-logout-url=https://id.test/?t={id_token}'),
      'backend-logout-url, which needs a token',
    ],
    ['Redis without its address', flags('--session-store-type=redis'), 'give the address of Redis'],
    [
      'an unknown session store',
      flags('--session-store-type=memcached'),
      '--session-store-type: give one of',
    ],
    [
      'a Redis address that is none',
      flags('--redis-connection-url=hunter2:6379'),
      '--redis-connection-url: give redis://',
    ],
    ['a moment that is none', flags('--min-issued-at=yesterday'), '--min-issued-at: give a time'],
    ['a moment without a zone', flags('--min-issued-at=2026-01-01T00:00:00'), '--min-issued-at: give a time'],
    [
      'a moment that never was',
      flags('--min-issued-at=2026-13-01T00:00:00Z'),
      '--min-issued-at: give a time',
    ],
    ['a bare prefix', flags('--proxy-prefix=/'), '--proxy-prefix: give a path such as /oauth2'],
    [
      'a prefix without a slash',
      flags('--proxy-prefix=oauth2'),
      '--proxy-prefix: start the path with a slash',
    ],
    [
      'a prefix with two slashes',
      flags('--proxy-prefix=//x'),
      '--proxy-prefix: remove empty and dot segments',
    ],
    ['a prefix with dots', flags('--proxy-prefix=/a/../b'), '--proxy-prefix: remove empty and dot segments'],
    ['a prefix with a query', flags('--proxy-prefix=/a?b'), '--proxy-prefix: use only characters'],
    ['one path for two answers', flags('--ready-path=/ping'), 'other than ping-path'],
    [
      'a return domain for everybody',
      flags('--whitelist-domain=.com'),
      '--whitelist-domain: name a domain of yours',
    ],
    [
      'a redirect URL of another host without scheme',
      flags('--redirect-url=//a.example/x'),
      'give a URL, or a path',
    ],
    [
      'a relative login URL of plain OAuth 2.0',
      flags('--provider=github', '--oidc-issuer-url=', '--login-url=/login'),
      '--login-url: give an absolute',
    ],
    [
      'a redirect URL with a fragment',
      flags('--redirect-url=https://a.example/x#y'),
      '--redirect-url: give an absolute',
    ],
    [
      'a logout URL that is none',
      flags('--backend-logout-url=i.example'),
      '--backend-logout-url: give an absolute',
    ],
    ['an htpasswd file that is not there', flags('--htpasswd-file=/none'), '--htpasswd-file: make the file'],
    [
      'an e-mail file that is not there',
      flags('--authenticated-emails-file=/none'),
      '--authenticated-emails-file: make the file',
    ],
    [
      'a trusted proxy that is no range',
      flags('--reverse-proxy', '--trusted-proxy-ip=*'),
      '--trusted-proxy-ip: give an IP address',
    ],
    [
      'a trusted range with host bits',
      flags('--trusted-ip=10.1.2.3/8'),
      '--trusted-ip: clear the bits behind the prefix, that is 10.0.0.0/8',
    ],
    [
      'an unknown client address header',
      flags('--reverse-proxy', '--real-client-ip-header=X-Evil'),
      '--real-client-ip-header: give one of',
    ],
    [
      'a body of a GET for no upstream',
      flags('--upstream=http://127.0.0.1:8080/app/', '--upstream-get-body=/'),
      '--upstream-get-body: give the path of an upstream, there is none with "/"',
    ],
    [
      'an unknown header for the address of a request',
      flags('--reverse-proxy', '--forward-auth-uri-header=X-Rewrite-URL'),
      '--forward-auth-uri-header: give X-Forwarded-Uri, X-Original-URL or X-Original-URI',
    ],
    [
      'a bad skip-auth pattern',
      flags('--skip-auth-route=PUT=(bad[regex'),
      '--skip-auth-route: close the character class',
    ],
    ['a bad API pattern', flags('--api-route=('), '--api-route: close the parenthesis'],
    [
      'a skip-auth pattern with look-around',
      flags('--skip-auth-regex=^/(?!admin)'),
      '--skip-auth-regex: remove the look-around',
    ],
    [
      'an extra issuer without audience',
      flags('--skip-jwt-bearer-tokens', '--extra-jwt-issuers=https://i.example'),
      '--extra-jwt-issuers: give https://issuer=audience',
    ],
    [
      'two scopes in one',
      flags('--skip-jwt-bearer-tokens', '--bearer-required-scope=a b'),
      '--bearer-required-scope: give one scope, without blanks and quotes',
    ],
    [
      'no client of bearer tokens [CF-120]',
      flags('--skip-jwt-bearer-tokens', '--bearer-client-id='),
      '--bearer-client-id: give a client id',
    ],
    [
      'introspection by discovery that is skipped',
      flags('--skip-jwt-bearer-tokens', '--introspection-discovery', ...WITHOUT_DISCOVERY),
      '--introspection-discovery: give introspection-url in its place',
    ],
    [
      'introspection by a client without a secret',
      flags('--skip-jwt-bearer-tokens', `--introspection-url=${INTROSPECT}`, '--client-secret='),
      '--introspection-url: give introspection-client-id and its secret',
    ],
    [
      'a client of introspection without a secret',
      flags('--skip-jwt-bearer-tokens', `--introspection-url=${INTROSPECT}`, '--introspection-client-id=a'),
      'give the secret of introspection-client-id',
    ],
    [
      'a client of introspection whose secret file is empty',
      {
        args: [
          '--skip-jwt-bearer-tokens',
          `--introspection-url=${INTROSPECT}`,
          '--introspection-client-id=a',
          '--introspection-client-secret-file=/empty',
        ],
        files: { '/empty': '\n' },
      },
      '--introspection-client-secret-file: put the secret into "/empty"',
    ],
    [
      'a secret of introspection without a client',
      flags(
        '--skip-jwt-bearer-tokens',
        `--introspection-url=${INTROSPECT}`,
        '--introspection-client-secret=a',
      ),
      'give the client that the introspection secret belongs to',
    ],
    [
      'an issuer of introspection by discovery',
      flags(
        '--skip-jwt-bearer-tokens',
        '--introspection-discovery',
        '--introspection-issuer=https://other.example',
      ),
      '--introspection-issuer: give introspection-url too',
    ],
    [
      'introspection beside a restriction that it cannot check [CF-121]',
      flags(
        '--skip-jwt-bearer-tokens',
        '--introspection-discovery',
        '--provider=keycloak-oidc',
        '--allowed-role=ops',
      ),
      '--introspection-discovery: remove this or --allowed-role',
    ],
    [
      'a template beside another log format, whatever stands in it',
      flags('--log-format=json', '--auth-logging-format={{range .Client}}'),
      '--auth-logging-format: remove this, or log-format=json',
    ],
    [
      'a certificate without its key',
      flags('--tls-cert-file=/cert'),
      'OAUTH2_PROXY_TLS_KEY_FILE: give this file too',
    ],
    [
      'a certificate that is none',
      flags('--tls-cert-file=/users', '--tls-key-file=/key'),
      '--tls-cert-file: give a PEM file',
    ],
    ['TLS on a Unix socket', flags(...TLS, '--https-address=unix:///x'), '--https-address: give host:port'],
    ['an old TLS version', flags(...TLS, '--tls-min-version=TLS1.1'), '--tls-min-version: give one of'],
    ['nowhere to listen', flags('--http-address=-'), '--http-address: give an address'],
    ['an address without a port', flags('--http-address=localhost'), '--http-address: give host:port'],
    ['a redirect to https that leads nowhere', flags('--force-https'), '--force-https: give tls-cert-file'],
    ['an upstream without scheme', flags('--upstream=localhost:8080'), '--upstream: give http://'],
    ['an upstream with a query', flags('--upstream=http://a/?x=1'), '--upstream: use only characters'],
    [
      'an upstream with user info',
      flags('--upstream=http://u:hunter2@a/'),
      '--upstream: give http://host:port/path',
    ],
    ['an upstream with dots', flags('--upstream=http://a/../b'), '--upstream: remove empty and dot segments'],
    ['an upstream with a bad port', flags('--upstream=http://a:0/'), '--upstream: give a port'],
    ['two upstreams for one path', flags('--upstream=http://a,http://b/'), 'two take "/"'],
    ['a socket and a host for one path', flags('--upstream=unix:///run/a.sock,http://b'), 'two take "/"'],
    ['one upstream twice', flags('--upstream=http://a/x,http://a/x'), 'there twice'],
    ['a static status that is none', flags('--upstream=static://99'), '--upstream: give static://'],
    ['a file upstream without a path', flags('--upstream=file://srv'), '--upstream: give file:///'],
    [
      'two bearer headers upstream',
      flags('--pass-authorization-header', '--basic-auth-password=hunter2'),
      'both write Authorization upstream',
    ],
    [
      'two bearer headers in answers',
      flags('--set-authorization-header', '--set-basic-auth', '--basic-auth-password=hunter2'),
      'both write Authorization into answers',
    ],
    ['Basic in answers without a password', flags('--set-basic-auth'), 'give basic-auth-password too'],
    [
      'a request id in an identity header',
      flags('--request-id-header=X-Forwarded-User'),
      '--request-id-header: give a header name',
    ],
    [
      'a request id header with a line break',
      flags('--request-id-header=a\r\nb'),
      '--request-id-header: give a header name',
    ],
    [
      'a logo over plain http',
      flags('--custom-sign-in-logo=http://a.example/x.png'),
      '--custom-sign-in-logo: give a plain https',
    ],
    [
      'a logo that breaks out of its attribute',
      flags('--custom-sign-in-logo=https://a.example/x"onload=y'),
      '--custom-sign-in-logo: give a plain https',
    ],
    [
      'a colour by name',
      flags('--accent-color=red'),
      '--accent-color: give a colour such as #2a54c9, not "red"',
    ],
    ['a colour with alpha', flags('--accent-color=#11223344'), '--accent-color: give a colour'],
    ['a name on two lines', flags('--app-name=a\nb'), '--app-name: give one line of at most 60'],
    [
      'a contact that is a letter',
      flags(`--contact=${'x'.repeat(201)}`),
      '--contact: give one line of at most 200',
    ],
    ['a logo of another kind', flags('--custom-sign-in-logo=/x.gif'), '--custom-sign-in-logo: give a .svg'],
    [
      'a logo that is not there',
      flags('--custom-sign-in-logo=/none.png'),
      '--custom-sign-in-logo: make the file',
    ],
    ['a logo that is too large', flags('--custom-sign-in-logo=/big.png'), 'at most 262144 bytes'],
    ['an SVG logo without SVG', flags('--custom-sign-in-logo=/text.svg'), 'put an <svg> element'],
  ])('a configuration is refused with one sentence: %s', (_, given, sentence) => {
    const problems = problemsOf(given)
    expect(problems).toEqual([expect.stringContaining(sentence)])
    expect(problems.join()).not.toContain('hunter2')
  })

  it('a configuration is refused with several sentences, all at once', () => {
    const loaded = loadBare({
      args: ['--cookie-samesite=none', '--cookie-secure=false', '--upstream=x', '--cookie-expire=1d'],
    })
    expect(loaded).toMatchObject({
      kind: 'problems',
      exitCode: 2,
      text: expect.stringMatching(/^Sidegate cannot start, fix 7 settings:\n/u),
    })
    expect(linesOf(loaded).map((line) => line.split(':')[0])).toEqual([
      '--cookie-expire',
      '--client-id or OAUTH2_PROXY_CLIENT_ID',
      '--client-secret or OAUTH2_PROXY_CLIENT_SECRET',
      '--cookie-samesite',
      '--cookie-secret or OAUTH2_PROXY_COOKIE_SECRET',
      '--email-domain or OAUTH2_PROXY_EMAIL_DOMAINS',
      '--upstream',
    ])
  })

  it('a configuration is refused by the name that was used', () => {
    expect(problemsOf({ env: { OAUTH2_PROXY_COOKIE_SAMESITE: 'x' } })).toEqual([
      expect.stringMatching(/^OAUTH2_PROXY_COOKIE_SAMESITE: /u),
    ])
    const files = { '/gate.toml': 'Cookie_SameSite = "x"' }
    expect(problemsOf({ args: ['--config=/gate.toml'], files })).toEqual([
      expect.stringMatching(/^Cookie_SameSite in \/gate\.toml: /u),
    ])
  })
})

describe('taken with a warning', () => {
  it.each<[string, Given, string]>([
    ['everyone and some', flags('--email-domain=*,example.com'), 'remove the *'],
    [
      'reverse-proxy for unnamed proxies',
      flags('--reverse-proxy'),
      'until then loopback, private ranges and Unix sockets are trusted',
    ],
    [
      'proxies that are everybody',
      flags('--reverse-proxy', '--trusted-proxy-ip=0.0.0.0/0'),
      'any client can claim any address',
    ],
    [
      'proxies without reverse-proxy',
      flags('--trusted-proxy-ip=192.0.2.1'),
      'no effect without --reverse-proxy',
    ],
    [
      'a gateway and rules without sign-in, but no header that names the request',
      flags('--reverse-proxy', '--skip-auth-route=^/public/', '--upstream=static://202'),
      '--forward-auth-uri-header or OAUTH2_PROXY_FORWARD_AUTH_URI_HEADER: name the header',
    ],
    [
      'the same with preflights and an empty directory as upstream',
      flags('--reverse-proxy', '--skip-auth-preflight', '--upstream=file:///dev/null'),
      'clients choose by themselves which rule they are judged by',
    ],
    [
      'a header for the address of a request without a proxy',
      flags('--forward-auth-uri-header=x-original-url'),
      'this has no effect without --reverse-proxy',
    ],
    ['clients that are everybody', flags('--trusted-ip=::/0'), 'lets strangers in'],
    ['a pattern without anchor', flags('--skip-auth-route=/public'), 'start the pattern "/public" with ^'],
    ['a negated pattern without anchor', flags('--skip-auth-route=!=/api'), 'still needs a sign-in'],
    [
      'GitHub rules at another provider',
      flags('--github-org=acme'),
      '--github-org: remove this, it restricts no one with --provider=oidc',
    ],
    [
      'roles at another provider',
      { env: { OAUTH2_PROXY_ALLOWED_ROLES: 'admin' } },
      'OAUTH2_PROXY_ALLOWED_ROLES: remove this, it restricts no one with --provider=oidc',
    ],
    [
      'a GitHub token at another provider',
      flags('--github-token=t'),
      'it has no effect with --provider=oidc',
    ],
    ['everybody and some', flags('--email-domain=*,example.com'), '* alone lets everyone in'],
    ['a sign-in without end', flags('--cookie-csrf-expire=0'), '15m counts in place of 0'],
    ['a cookie domain with a path', flags('--cookie-domain=a.example/x'), 'the entry counts for nothing'],
    [
      'a cookie domain with a scheme',
      flags('--cookie-domain=https://a.example'),
      'the entry counts for nothing',
    ],
    [
      'an address as return target',
      flags('--whitelist-domain=https://a.example:8443'),
      'the entry fits no return',
    ],
    ['every host as return target', flags('--whitelist-domain=*'), 'write *.your-domain in place of "*"'],
    ['an issuer at GitHub', flags('--provider=github'), 'this has no effect, GitHub is not an OpenID issuer'],
    ['a static status in words', flags('--upstream=static://ok'), '--upstream: write static://200'],
    ['a static upstream without a status', flags('--upstream=static://'), '--upstream: write static://200'],
    ['a method that is a pattern', flags('--skip-auth-route=^/x\\?y=1'), 'the entry fits no request'],
    ['an empty group beside others', flags('--allowed-group=a,'), '--allowed-group: remove the empty entry'],
    ['an empty cookie path', flags('--cookie-path='), 'the default counts: "/"'],
    ['an empty request id header', flags('--request-id-header='), 'the default counts: "X-Request-Id"'],
    ['a limit below zero', flags('--cookie-csrf-per-request-limit=-1'), 'write 0'],
    ['an age below zero', flags('--logging-max-age=-1'), 'write 0'],
    ['no nonce', flags('--insecure-oidc-skip-nonce'), '--insecure-oidc-skip-nonce: this is insecure'],
    ['any issuer', flags('--insecure-oidc-skip-issuer-verification'), 'this is insecure'],
    ['any e-mail', flags('--insecure-oidc-allow-unverified-email'), 'this is insecure'],
    ['any provider certificate', flags('--ssl-insecure-skip-verify'), 'this is insecure'],
    ['any upstream certificate', flags('--ssl-upstream-insecure-skip-verify'), 'this is insecure'],
    ['plain PKCE', flags('--code-challenge-method=plain'), 'use S256'],
    ['an issuer over plain http', flags('--oidc-issuer-url=http://dex:5556'), 'use https'],
    ['cookies without Secure', flags('--cookie-secure=false'), 'plain http too'],
    ['cookies for scripts', flags('--cookie-httponly=false'), 'scripts of the app'],
    ['identity headers of clients', flags('--skip-auth-strip-headers=false'), 'this is insecure'],
    ['details on error pages', flags('--show-debug-on-error'), 'visitors see'],
    ['a strict sign-in cookie', flags('--cookie-csrf-samesite=strict'), 'does not come back'],
    ['https-address without TLS files', flags('--https-address=:4443'), 'nothing listens there'],
    [
      'a redirect URL at another path',
      flags('--redirect-url=https://a.example/cb'),
      'answers are read at "/oauth2/callback" only',
    ],
    [
      'a redirect URL over plain http',
      flags('--redirect-url=http://a.example'),
      'browsers do not keep Secure cookies',
    ],
    [
      'bearer issuers without bearer tokens',
      flags('--extra-jwt-issuers=https://i.example=a'),
      'no effect without --skip-jwt',
    ],
    [
      'introspection without bearer tokens',
      flags(`--introspection-url=${INTROSPECT}`),
      'no effect without --skip-jwt',
    ],
    ['scopes without bearer tokens', flags('--bearer-required-scope=a'), 'no effect without --skip-jwt'],
    [
      'a client of introspection without an endpoint',
      flags('--skip-jwt-bearer-tokens', '--introspection-client-id=a'),
      'no effect without --introspection-url',
    ],
    [
      'a bearer rule without bearer tokens',
      flags('--bearer-token-login-fallback=false'),
      'no effect without --skip-jwt',
    ],
    ['groups for no local users', flags('--htpasswd-user-group=a'), 'no effect without htpasswd-file'],
    ['two client secrets', flags('--client-secret-file=/users'), 'this is not used'],
    [
      'a cookie domain with a port',
      flags('--cookie-domain=a.example:80'),
      '--cookie-domain: write "a.example" in place of "a.example:80"',
    ],
    [
      'a cookie domain with an asterisk',
      flags('--cookie-domain=*.a.example'),
      '--cookie-domain: write "a.example" in place of "*.a.example"',
    ],
    [
      'an unknown client address header that nothing reads',
      flags('--real-client-ip-header='),
      'without --reverse-proxy it has no effect',
    ],
    [
      'bearer issuers that cannot be read, without bearer tokens',
      flags('--extra-jwt-issuers=x'),
      'no effect without --skip-jwt',
    ],
    ['blanks around the client id', flags('--client-id= gate '), '--client-id: remove the blanks'],
    ['blanks around the client secret', flags('--client-secret= s\t'), '--client-secret: remove the blanks'],
    [
      'blanks in the file of the client secret',
      { ...flags('--client-secret-file=/padded'), env: { OAUTH2_PROXY_CLIENT_SECRET: undefined } },
      '--client-secret-file: remove the blanks around the secret in "/padded"',
    ],
  ])('a configuration is taken with a warning: %s', (_, given, sentence) => {
    expect(warningsOf(given)).toContainEqual(expect.stringContaining(sentence))
  })

  it('a configuration is taken without a warning with loopback over plain http', () => {
    expect(
      warningsOf(
        flags(
          '--oidc-issuer-url=http://127.0.0.1:9000',
          '--redirect-url=http://localhost:4180/oauth2/callback',
          '--cookie-secure=false',
        ),
      ),
    ).toEqual([])
  })

  it.each(['', '-'])(
    'a configuration is taken without a warning with a listener for https that is off: "%s"',
    (address) => {
      const told = warningsOf(flags(`--https-address=${address}`, '--http-address=:4180'))
      expect(told.filter((warning) => warning.startsWith('--https-address'))).toEqual([])
    },
  )
})

describe('what the settings become', () => {
  it.each<[string, Given, Readonly<Record<string, unknown>>]>([
    ['the __Host- prefix where it fits', flags(), { cookie: { name: '__Host-_oauth2_proxy' } }],
    [
      'no prefix with a domain',
      flags('--cookie-domain=.B.example,a.b.example,b.example'),
      { cookie: { name: '_oauth2_proxy', domains: ['a.b.example', '.b.example', 'b.example'] } },
    ],
    [
      'no prefix with a path',
      flags('--cookie-path=/app', '--proxy-prefix=/app/b'),
      { cookie: { name: '_oauth2_proxy' } },
    ],
    ['no prefix without Secure', flags('--cookie-secure=false'), { cookie: { name: '_oauth2_proxy' } }],
    [
      'no domain of one that browsers would drop',
      flags('--cookie-domain=a.example:8080,*.b.example'),
      { cookie: { name: '__Host-_oauth2_proxy', domains: [] } },
    ],
    [
      'the client without the blanks around it',
      flags('--client-id= gate ', '--client-secret= s '),
      { providers: [{ clientId: 'gate', clientSecret: { value: 's' } }] },
    ],
    [
      'an explicit name as it is',
      flags('--cookie-name=_oauth2_proxy'),
      { cookie: { name: '_oauth2_proxy' } },
    ],
    [
      'lax for the sign-in cookie of strict sessions',
      flags('--cookie-samesite=strict'),
      { cookie: { sameSite: 'strict', csrf: { sameSite: 'lax' } } },
    ],
    [
      'none for both',
      flags('--cookie-samesite=none'),
      { cookie: { sameSite: 'none', csrf: { sameSite: 'none' } } },
    ],
    [
      'TLS alone',
      flags(...TLS),
      {
        listen: {
          http: undefined,
          https: { address: { kind: 'tcp', host: '', port: 443 }, minVersion: 'TLSv1.2' },
        },
      },
    ],
    [
      'TLS beside plain',
      flags(...TLS, '--http-address=:80'),
      { listen: { http: { port: 80 }, https: { address: { port: 443 } } } },
    ],
    [
      'force-https behind a proxy',
      flags('--force-https', '--reverse-proxy'),
      { listen: { forceHttps: true } },
    ],
    [
      'trusted proxies when none is named',
      flags('--reverse-proxy'),
      { trust: { trustedProxyIps: expect.arrayContaining(['127.0.0.0/8', 'fc00::/7']) } },
    ],
    [
      'trusted proxies as named',
      flags('--reverse-proxy', '--trusted-proxy-ip=192.0.2.7'),
      { trust: { trustedProxyIps: ['192.0.2.7/32'] } },
    ],
    [
      'the callback of a bare redirect URL',
      flags('--redirect-url=https://a.example', '--proxy-prefix=/auth/'),
      { paths: { prefix: '/auth' }, signIn: { redirectUrl: 'https://a.example/auth/callback' } },
    ],
    [
      'a full redirect URL byte for byte',
      flags('--redirect-url=https://A.example:443/oauth2/callback'),
      { signIn: { redirectUrl: 'https://A.example:443/oauth2/callback' } },
    ],
    [
      'entries that count for nothing',
      flags(
        '--cookie-domain=https://a.example',
        '--whitelist-domain=https://a.example,b.example,',
        '--allowed-group=a,',
        '--upstream-timeout=-1s',
        '--upstream=HTTP://app/',
        '--cookie-csrf-expire=0',
        '--cookie-path=',
      ),
      {
        cookie: { domains: [], path: '/', csrf: { expireMs: 900_000 } },
        signIn: { whitelistDomains: ['b.example'] },
        policy: { allowedGroups: ['a'] },
        upstreams: [{ timeoutMs: 0, target: { host: 'app' } }],
      },
    ],
    [
      'a relative redirect URL that is ours anyway',
      flags('--redirect-url=/oauth2/callback'),
      { signIn: { redirectUrl: undefined } },
    ],
    [
      'prompt before approval-prompt',
      flags('--prompt=login', '--approval-prompt=force'),
      { providers: [{ loginParameters: { prompt: 'login' } }] },
    ],
    [
      'Google by default',
      { env: { OAUTH2_PROXY_PROVIDER: '', OAUTH2_PROXY_OIDC_ISSUER_URL: '' } },
      { providers: [{ kind: 'google', issuer: 'https://accounts.google.com', displayName: 'Google' }] },
    ],
    [
      'a provider called by its host',
      flags('--provider=oidc', '--oidc-issuer-url=https://id.example.com:8443/realm'),
      { providers: [{ displayName: 'id.example.com' }] },
    ],
    [
      "a GitHub of one's own called by its host",
      flags(...GITHUB, '--login-url=https://git.example.com/login/oauth/authorize'),
      { providers: [{ displayName: 'git.example.com' }] },
    ],
    [
      'a provider with a name',
      flags('--oidc-issuer-url=https://id.example.com', '--provider-display-name=Acme ID'),
      { providers: [{ displayName: 'Acme ID' }] },
    ],
    ['a colour in three digits', flags('--accent-color=#0aF'), { pages: { accentColor: '#00aaff' } }],
    [
      'GitHub teams',
      flags(...GITHUB, '--github-org=acme', '--github-team=ops, dev,'),
      { providers: [{ kind: 'github', issuer: undefined, own: { org: 'acme', teams: ['ops', 'dev'] } }] },
    ],
    ['a public client', flags('--client-secret='), { providers: [{ clientSecret: undefined }] }],
    [
      'a moment',
      flags('--min-issued-at=2026-01-01T01:00:00+01:00'),
      { session: { minIssuedAtMs: Date.UTC(2026, 0, 1) } },
    ],
    ['Unix seconds', flags('--min-issued-at=1750000000'), { session: { minIssuedAtMs: 1_750_000_000_000 } }],
    [
      'an inline SVG',
      flags('--custom-sign-in-logo=/logo.svg'),
      { pages: { logo: '<svg xmlns="x"><path/></svg>' } },
    ],
    [
      'a linked logo',
      flags('--custom-sign-in-logo=https://a.example/x.png?a=1&b=2'),
      {
        pages: {
          logo: expect.stringContaining('src="https://a.example/x.png?a=1&amp;b=2"'),
        },
      },
    ],
    [
      'an https upstream',
      flags('--upstream=https://[::1]:8443/x/'),
      {
        upstreams: [
          {
            id: '/x/',
            path: '/x/',
            target: { kind: 'tcp', protocol: 'https:', host: '::1', port: 8443, verifyTls: true },
          },
        ],
      },
    ],
    [
      'an upstream for one path',
      flags('--upstream=http://APP/x'),
      { upstreams: [{ path: '/x', target: { host: 'app', port: 80 } }] },
    ],
    [
      'a socket upstream',
      flags('--upstream=unix:///run/a.sock'),
      { upstreams: [{ id: '/run/a.sock', path: '/', target: { kind: 'unix', path: '/run/a.sock' } }] },
    ],
    [
      'a file upstream',
      flags('--upstream=file:///srv/www/#/static/,file:////srv/b/'),
      {
        upstreams: [
          { path: '/static/', target: { kind: 'file', directory: '/srv/www/' } },
          { path: '/srv/b/' },
        ],
      },
    ],
    [
      'a static upstream',
      flags('--upstream=static://202'),
      { upstreams: [{ id: 'static://202', path: '/', target: { kind: 'static', status: 202 } }] },
    ],
    [
      'pod and container in the log',
      { env: { POD_NAME: 'app-1', POD_NAMESPACE: 'prod', HOSTNAME: 'node-7', CONTAINER_NAME: '' } },
      { log: { context: { pod: 'app-1', namespace: 'prod', host: 'node-7' } } },
    ],
  ])('a configuration becomes what its settings say: %s', (_, given, expected) => {
    expect(configOf(given)).toMatchObject(expected)
  })
})

describe('a secret', () => {
  const MARK = 'hunter2hunter2'
  const places: readonly string[] = [
    'OAUTH2_PROXY_COOKIE_SECRET',
    'OAUTH2_PROXY_CLIENT_SECRET',
    'OAUTH2_PROXY_BASIC_AUTH_PASSWORD',
    'OAUTH2_PROXY_GITHUB_TOKEN',
    'OAUTH2_PROXY_REDIS_CONNECTION_URL',
    'OAUTH2_PROXY_REDIS_PASSWORD',
    'OAUTH2_PROXY_SIGNATURE_KEY',
    'OAUTH2_PROXY_JWT_KEY',
    'OAUTH2_PROXY_REDIS_SENTINEL_CONNECTION_URLS',
  ]

  it('a secret stands in no message, wherever it was given and whatever is wrong with it', () => {
    const env = Object.fromEntries(places.map((name) => [name, MARK]))
    const file = `${places.map((name) => `${name.replace('OAUTH2_PROXY_', '').toLowerCase()} = "${MARK}"`).join('\n')}\n`
    const flagged = places.map(
      (name) => `--${name.replace('OAUTH2_PROXY_', '').toLowerCase().replaceAll('_', '-')}=${MARK}`,
    )
    const runs = [
      load({ env }),
      load({ args: flagged }),
      load({
        args: ['--config=/f'],
        files: { '/f': file },
        env: { OAUTH2_PROXY_COOKIE_SECRET: '', OAUTH2_PROXY_CLIENT_SECRET: '' },
      }),
      load({ args: ['--config=/f'], files: { '/f': `${file}broken` } }),
      load({ args: ['--config=/f'], files: { '/f': file.replace('cookie_secret =', 'cookie_secrt =') } }),
      load({
        args: ['--cookie-secret-file=/f'],
        env: { OAUTH2_PROXY_COOKIE_SECRET: '' },
        files: { '/f': MARK },
      }),
      load({
        args: [
          `--upstream=http://user:${MARK}@app/`,
          `--oidc-issuer-url=https://user:${MARK}@i.example`,
          `--cookie-secrets=${MARK}`,
          MARK,
          '--client-secret',
          '--',
          MARK,
        ],
      }),
      load({ env: { [`OAUTH2_PROXY_COOKIE_SECRETS`]: MARK, OAUTH2_PROXY_UPSTREAMS: 'x' } }),
    ]
    for (const run of runs) {
      expect(run.kind).toBe('problems')
      expect(JSON.stringify(run)).not.toContain(MARK)
    }
  })
})

describe('a gateway that names the request', () => {
  const rule = ['--reverse-proxy', '--skip-auth-route=^/public/']
  it.each([
    ['says so', [...rule, '--upstream=static://202', '--forward-auth-uri-header=X-Original-URL']],
    ['is none, there is an app to forward to', [...rule, '--upstream=http://127.0.0.1:8080/']],
    ['is none, no peer is believed', ['--skip-auth-route=^/public/', '--upstream=static://202']],
    ['decides nothing, there are no rules', ['--reverse-proxy', '--upstream=static://202']],
  ])('a gateway that names the request is not warned about when it %s', (_, args) => {
    expect(warningsOf({ args }).join()).not.toContain('which rule they are judged by')
  })
})
