/** The corpus of return targets: hostile ones by class, and those that must survive. */

const EVIL = [
  'evil.example',
  'evil.example/',
  'evil.example/x?y#z',
  'app.example.com@evil.example/',
  'evil.example:443/',
]

const encoded = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const again = (text: string): string => text.replaceAll('%', '%25')

/** What browsers, servers and proxies fold into `//`, or into a scheme. */
const SLASHES = ['//', '///', '////', '/\\', '\\/', '\\\\', '\\', '/\\\\', '//\\', '/\\/']
const BETWEEN = ['\t', '\n', '\r', '\r\n', '\x00', '\x01', '\x0b', '\x0c', '\x1f', '\x7f', ' ']
const SPACES = [
  '\u0085',
  '\u00a0',
  '\u1680',
  '\u2000',
  '\u200b',
  '\u2028',
  '\u2029',
  '\u202f',
  '\u3000',
  '\ufeff',
]
const DOTS = ['/./', '/../', '/%2e/', '/%2e%2e/', '/.%2e/', '/a/../', '/a/%2e%2e/', '/././', '/../../']

const schemeRelative = [
  ...SLASHES,
  ...BETWEEN.flatMap((text) => [`/${text}/`, `${text}//`, `//${text}`, `/${text}\\`]),
  ...SPACES.flatMap((text) => [`/${text}/`, `${text}//`, `//${text}`]),
  ...DOTS.flatMap((dots) => [`${dots}/`, `${dots}\\`]),
].flatMap((lead) => EVIL.map((host) => lead + host))

/** The second slash in disguise, up to three times encoded. */
const hidden = ['/', '\\', '\t/', '\n/', '\r/', ' /', '/\\', '\\\\', '\u00a0/', '\u3000/'].flatMap((rest) => {
  const once = encoded(rest)
  const forms = [once, once.toUpperCase(), again(once), again(again(once))]
  return forms.flatMap((form) => EVIL.map((host) => `/${form}${host}`))
})

const SCHEMES = [
  ...['https:', 'https:/', 'https://', 'https:///', 'https:\\\\', 'http:', 'http:/', 'http://', 'http:///'],
  ...[
    'HTTPS://',
    'hTTp://',
    'https:%2f%2f',
    'https%3a//',
    '\thttps://',
    'ht\ttps://',
    ' https://',
    '\x00https://',
  ],
  ...[
    'ftp://',
    'file://',
    'ws://',
    'wss://',
    'blob:https://',
    'filesystem:https://',
    'view-source:https://',
    '//https://',
  ],
]
const withScheme = SCHEMES.flatMap((scheme) => EVIL.map((host) => scheme + host))

const scripts = [
  'javascript:',
  'JaVaScRiPt:',
  'java\tscript:',
  '\x01javascript:',
  'javascript://%0a',
  'vbscript:',
  'data:text/html,',
  'data:text/html;base64,',
  'about:',
  'mailto:',
].flatMap((scheme) => [
  `${scheme}alert(1)`,
  `/${scheme.includes('\t') || scheme.includes('\x01') ? scheme : '\\'}${scheme}alert(1)`,
])

/** Hosts that only look allowed, and other spellings of addresses. */
const lookAlikes = [
  'app.example.com.evil.example',
  'app.example.comevil.example',
  'evil-app.example.com',
  'app.example.com.',
  'app.example.com:443@evil.example',
  'app.example.com%2f@evil.example',
  'app.example.com%00.evil.example',
  'app.example.com%23.evil.example',
  'app.example.com\\@evil.example',
  'app.example.com\\.evil.example',
  'evil.example\\.app.example.com',
  'evil.example#.app.example.com',
  'evil.example?.allowed.example',
  'evil.example/.allowed.example',
  'user@app.example.com',
  'user:password@sub.allowed.example',
  'sub.allowed.example@evil.example',
  'notallowed.example',
  'allowed.example.evil.example',
  'sub.allowed.example:8443',
  'sub.allowed.example.',
  'sub.allowed.example%2eevil.example',
  'xfoo.bar',
  'sub.foo.bar',
  'foo.bar.evil.example',
  'foo.bar:8080',
  'foo.bar.',
  'FOO.BAR',
  'foo%2ebar',
  'f%6fo.bar',
  'ｆｏｏ.bar',
  'foo。bar',
  'foo．bar',
  'foó.bar',
  'xn--fo-5ja.bar',
  'port.bar',
  'port.bar:80',
  'port.bar:8081',
  'port.bar:08080',
  'port.bar:8080@evil.example',
  'port.bar:8080.evil.example',
  'anyport.bar:x',
  'anyport.bar:99999',
  'anyport.bar:80:80',
  'anyport.bar:@evil.example',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '127.1',
  '0177.0.0.1',
  '127.0.0.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::1%25lo]',
  'localhost',
  '.',
  '..',
  '',
].flatMap((host) => [`https://${host}`, `https://${host}/x`, `http://${host}/`, `//${host}/`])

const shapeless = [
  '',
  'evil.example',
  'redirect',
  './x',
  '../x',
  '?x',
  '#x',
  '*',
  '/x\r\nSet-Cookie: a=b',
  '/x\nLocation: https://evil.example',
  '/\u0000',
  '/\ud83d',
  'https://café.example/',
  '/café\u2028',
  `/${'/'.repeat(50)}evil.example`,
  `/%${'25'.repeat(20)}2fevil.example`,
  '/%e3%80%80/evil.example',
  '/%ef%bc%8fevil.example',
]

/** Targets that become the start page, each of them in one spelling. */
export const HOSTILE: readonly string[] = [
  ...new Set([...schemeRelative, ...hidden, ...withScheme, ...scripts, ...lookAlikes, ...shapeless]),
]

/** Our own endpoints: whoever comes back there signs out, or goes in circles. */
export const OWN: readonly string[] = [
  '/oauth2',
  '/oauth2/sign_out',
  '/oauth2/start?rd=/x',
  '/oauth2/callback?code=x&state=y',
  '/x/../oauth2/sign_out',
  '/%6fauth2/sign_out',
  '/oauth2%2fsign_out',
  '/./oauth2/sign_out',
  'https://app.example.com/oauth2/sign_out',
]

/** Deep links of real apps; what stands in a query or a fragment is the app's business. */
export const KEPT: readonly string[] = [
  '/',
  '/redirect',
  '/a/b/c?x=1&y=2#part',
  '/page?next=https://example.org/x',
  '/page?u=//evil.example/y',
  '/page?path=/../../etc',
  '/page?q=/./%2e%2e//',
  '/page?back=%5cevil.example',
  '/web/2020/https://example.org/',
  '/@user/profile',
  '/a:b;c=d',
  '/100%25',
  '/caf%C3%A9/men%C3%BC',
  '/oauth2x/y',
  '/x/oauth2/sign_out',
]

/** Absolute targets on hosts that `whitelist-domain` names. */
export const ALLOWED: readonly string[] = [
  'https://sub.allowed.example/x',
  'https://allowed.example/x?y=//z#w',
  'https://foo.bar/r',
  'http://port.bar:8080/r',
  'http://anyport.bar:8081/r',
  'http://anyport.bar/r',
]
