import { expect, test } from 'vitest'
import { toOwnPaths } from '../../../../src/config/own-paths.ts'
import { compileAllowedHosts } from '../../../../src/http/allowed-hosts.ts'
import { type ReturnRules, readReturnTo } from '../../../../src/signin/login/return-to.ts'

const RULES: ReturnRules = {
  origin: 'https://app.example.com',
  paths: toOwnPaths('/oauth2'),
  allowsHost: compileAllowedHosts([
    'foo.bar',
    '.bar.foo',
    'port.bar:8080',
    'anyport.bar:*',
    '*.wildcard.bar',
  ]),
}

// What must come back as it is.
const kept = [
  '/',
  '/redirect',
  '/a/b/c?x=1&y=2#part',
  '/page?next=https://example.org/x',
  '/page?u=//evil.com/y',
  '/page?path=/../../etc',
  '/page?q=/./%2e%2e//',
  '/page?back=%5cevil.com',
  '/page?q=a+b%20c',
  '/page#//evil.com',
  '/page?',
  '/?rd=/oauth2/sign_out',
  '/My%20File%20%28final%29.txt',
  '/caf%C3%A9/men%C3%BC',
  '/100%',
  '/a//b',
  '/web/2020/https://example.org/',
  '/@user/profile',
  '/user@host',
  '/a:b;c=d',
  '/.well-known/openid-configuration',
  '/...',
  '/oauth2x/y',
  '/oauth',
  '/x/oauth2/sign_out',
  "/q?x='%22<>|{}`^",
  'http://foo.bar/r',
  'https://foo.bar',
  'https://foo.bar/r?x=//y#z',
  'https://baz.bar.foo/r',
  'http://bar.foo/r',
  'http://port.bar:8080/r',
  'http://anyport.bar:8081/r',
  'http://anyport.bar/r',
  'http://wildcard.bar/r',
  'https://a.b.wildcard.bar/r',
  // Okta's sign-out, and the one endpoint that is made to be arrived at.
  'https://foo.bar/oauth2/default/v1/logout?id_token_hint=x&y=/oauth2/start',
  'https://foo.bar/oauth2/signed_in',
]

test.each(kept)('a return target is kept: %j', (raw) => {
  expect(readReturnTo(raw, RULES)).toBe(raw)
})

// [target, what a browser would ask for]
const straightened: [string, string][] = [
  ['/a/../b', '/b'],
  ['/a/./b?x=/../y', '/a/b?x=/../y'],
  ['/a/%2e%2e/b', '/b'],
  ['https://app.example.com/x?y=//z', '/x?y=//z'],
  ['https://app.example.com', '/'],
  ['https://app.example.com?x=1', '/?x=1'],
  // From a gateway that does not escape what it puts into rd.
  ['/wiki/München', '/wiki/M%C3%BCnchen'],
  ['/サーバー?q=東京', '/%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC?q=%E6%9D%B1%E4%BA%AC'],
  ['/search?q=a b&c=é#ü', '/search?q=a%20b&c=%C3%A9#%C3%BC'],
  ['https://foo.bar/ü?ä=1 2', 'https://foo.bar/%C3%BC?%C3%A4=1%202'],
]

test.each(straightened)('a return target %j becomes %j', (raw, target) => {
  expect(readReturnTo(raw, RULES)).toBe(target)
})

const slashes = [
  '//',
  '///',
  '////',
  '/\\',
  '\\/',
  '\\\\',
  '\\',
  '/\\\\',
  '//\\',
  '/\t/',
  '/\n/',
  '/\r/',
  '/\r\n/',
  '/ /',
]
const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).concat('\x7f')
const spaces = [
  '\u00a0',
  '\u1680',
  '\u2000',
  '\u2028',
  '\u2029',
  '\u202f',
  '\u205f',
  '\u3000',
  '\ufeff',
  '\u200b',
  '\u00ad',
  '\u180e',
]
const encode = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const twice = (text: string): string => encode(text).replaceAll('%', '%25')
const thrice = (text: string): string => twice(text).replaceAll('%', '%25')

/** Classes of hostile targets; each line must become `/`. */
const refused = [
  '',
  'redirect',
  'evil.com',
  'foo.bar/r',
  './x',
  '../x',
  '?x=1',
  '#x',
  // Scheme-relative and folded slashes, raw and encoded.
  ...slashes.flatMap((slash) => [
    `${slash}evil.com`,
    `${slash}evil.com/%2f..`,
    `${slash}app.example.com@evil.com/`,
  ]),
  ...['\\', '/', '\t/', '\n/', ' /', '\\\\', '/\\'].flatMap((rest) => [
    `/${encode(rest)}evil.com`,
    `/${encode(rest).toUpperCase().replaceAll('%', '%')}evil.com`,
    `/${twice(rest)}evil.com`,
    `/${thrice(rest)}evil.com`,
  ]),
  // Dot segments that leave a leading double slash.
  '/.//evil.com',
  '/..//evil.com',
  '/./\\evil.com',
  '/../\\evil.com',
  '/./evil.com',
  '/.././/evil.com',
  '/a/..//evil.com',
  '/a/../..//evil.com',
  '/a/b/../..//evil.com',
  '/%2e//evil.com',
  '/%2e%2e//evil.com',
  '/.%2e//evil.com',
  '/a/%2e%2e//evil.com',
  '/%252e%252e//evil.com',
  '/%2e%2f%2fevil.com',
  '/a/..%2f%2fevil.com',
  '/a%2f..%2f/evil.com',
  '/;/..//evil.com',
  '/.%2fevil.com',
  '/%2e%2fevil.com',
  // Backslashes anywhere.
  '/a\\b',
  '/a?x=\\',
  '/a#\\',
  '/a%5cb',
  '/a%255cb',
  '/a/..\\evil.com',
  '/a/..%5cevil.com',
  // Control characters and strange spaces anywhere.
  ...controls.flatMap((character) => [
    `/${character}/evil.com`,
    `/a${character}b`,
    `${character}/a`,
    `/a?b${character}c`,
    `/a${encode(character)}b`,
    `/a${twice(character)}b`,
  ]),
  ...spaces.flatMap((space) => [
    `/${space}/evil.com`,
    `/a${space}b`,
    `${space}//evil.com`,
    `/a${encode(space)}b`,
  ]),
  ' //evil.com',
  ' /a',
  '/a ',
  '/a b',
  '/%20/evil.com',
  '/%2520/evil.com',
  // Full-width and compatibility forms.
  '/／evil.com',
  '/＼evil.com',
  '/%ef%bc%8fevil.com',
  '/%ef%bc%bcevil.com',
  '/．．／／evil.com',
  '/%e2%80%a5//evil.com',
  // Schemes.
  'https:evil.com',
  'https:/evil.com',
  'https:///evil.com',
  'https:\\\\evil.com',
  'https:foo.bar',
  'https:/foo.bar/r',
  'https:///foo.bar/r',
  'HTTPS://foo.bar/r',
  'Http://foo.bar/r',
  'hTTps://evil.com',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  'javascript://foo.bar/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://foo.bar/r',
  'ws://foo.bar/r',
  'blob:https://foo.bar/x',
  'view-source:https://foo.bar',
  'intent://foo.bar/#Intent;end',
  '/javascript:alert(1)//\\',
  // Endpoints of a gate, which may be this one under another name.
  'https://foo.bar/oauth2/start',
  'https://foo.bar/oauth2/start?rd=/x#y',
  'https://foo.bar/oauth2/sign_in',
  'https://foo.bar/oauth2/sign_out?rd=/',
  'https://foo.bar/oauth2/%73tart',
  'https://foo.bar/oauth2%2fcallback',
  'https://foo.bar/oauth2/%2573tart',
  'https://foo.bar/a/../oauth2/callback',
  'https://foo.bar/oauth2/./auth',
  'https://foo.bar//oauth2/sign_out',
  'https://foo.bar/oauth2//sign_out',
  'https://foo.bar/%2foauth2/sign_out',
  // Hosts that are not allowed.
  'https://evil.com',
  'http://baz.foo.bar/r',
  'http://foo.bar.evil.corp/r',
  'http://evilfoo.bar/r',
  'http://evil-foo.bar/r',
  'http://evilbar.foo/r',
  'http://xwildcard.bar/r',
  'http://wildcard.bar.evil.com/r',
  'http://foo.bar:3838/r',
  'https://foo.bar:443/r',
  'http://foo.bar:80/r',
  'http://port.bar/r',
  'http://port.bar:3838/r',
  'http://port.bar:8080@evil.com/r',
  'http://port.bar:80800/r',
  'http://anyport.bar:99999/r',
  'http://anyport.bar:/r',
  'http://anyport.bar:0x50/r',
  'http://FOO.bar/r',
  'https://foo.bar./r',
  'https://foo.bar%2eevil.com/r',
  'https://foo%2ebar/r',
  'https://foo.bär/r',
  'https://foo.barü/r',
  'https://foo.bar /r',
  'ü/r',
  '/ü//\u2028?',
  '/ü ?',
  'https://foo.bar%00.evil.com/r',
  'https://foo.bar\\@evil.com',
  'https://foo.bar\\.evil.com',
  'https://foo.bar\t.evil.com/',
  'https://foo.bar\n.evil.com/',
  'https://foo.bar .evil.com/',
  'https://foo.bar@evil.com/',
  'https://foo.bar:pw@evil.com/',
  'https://user@foo.bar/r',
  'https://user:pw@foo.bar/r',
  'https://@foo.bar/r',
  'https://:@foo.bar/r',
  'https://evil.com#@foo.bar/',
  'https://evil.com?@foo.bar/',
  'https://evil.com/.foo.bar',
  'https://foo。bar/r',
  'https://ｆｏｏ.bar/r',
  'https://foo.bаr/r',
  'https://xn--fo-fka.bar/r',
  'https://foo.bar\u00ad/r',
  'https://0x7f000001/r',
  'https://2130706433/r',
  'https://0177.0.0.1/r',
  'https://127.1/r',
  'https://[::1]/r',
  'https://[::ffff:7f00:1]/r',
  'https://',
  'https:///',
  'https://?x',
  'https://.bar.foo/r',
  'https://..bar.foo/r',
  'https://app.example.com.evil.com/',
  'https://app.example.com:444/',
  'http://app.example.com/',
  'https://app.example.com//evil.com',
  'https://app.example.com/\\evil.com',
  'https://app.example.com/%5cevil.com',
  'https://app.example.com/oauth2/sign_out',
  '//app.example.com/x',
  // Our own endpoints.
  '/oauth2',
  '/oauth2/',
  '/oauth2/sign_out',
  '/oauth2/sign_out?rd=https://evil.com',
  '/oauth2?x',
  '/oauth2#x',
  '/./oauth2/sign_out',
  '/x/../oauth2/sign_out',
  '/x/%2e%2e/oauth2/start',
  '/%6fauth2/sign_out',
  '/%256fauth2/sign_out',
  '/oauth2%2fsign_out',
  // Too long, or encoded without end.
  `/${'a'.repeat(8_192)}`,
  '/%252525252fevil.com',
]

test.each(refused)('a return target is refused: %j', (raw) => {
  expect(readReturnTo(raw, RULES)).toBe('/')
})

test('every return target that is accepted leads a browser to this site or to an allowed host', () => {
  const parts = [
    '/',
    '\\',
    '.',
    '..',
    '%2f',
    '%5c',
    '%2e',
    '//',
    'evil.com',
    '@',
    ':',
    'https:',
    '?',
    '#',
    '\t',
    'a',
    '%252f',
    'foo.bar',
    ';',
  ]
  const allowed = new Set(['https://app.example.com', 'https://foo.bar'])
  // A fixed sequence of 20,000 combinations: failures can be repeated.
  let seed = 42
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return parts[seed % parts.length] ?? ''
  }
  for (let at = 0; at < 20_000; at += 1) {
    const raw = `${at % 2 === 0 ? '/' : ''}${Array.from({ length: (at % 7) + 1 }, next).join('')}`
    const target = readReturnTo(raw, RULES)
    const landed = new URL(target, 'https://app.example.com/oauth2/callback')
    expect(allowed, `${JSON.stringify(raw)} → ${target}`).toContain(landed.origin)
    expect(landed.pathname.startsWith('//'), `${JSON.stringify(raw)} → ${target}`).toBe(false)
    expect(readReturnTo(target, RULES), `twice: ${JSON.stringify(raw)}`).toBe(target)
  }
})

test('a return target on another origin is refused without allowed hosts', () => {
  const rules = { ...RULES, allowsHost: compileAllowedHosts([]) }
  expect(readReturnTo('https://foo.bar/r', rules)).toBe('/')
  expect(readReturnTo('https://app.example.com/r', rules)).toBe('/r')
})
