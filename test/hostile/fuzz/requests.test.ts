import { expect, it } from 'vitest'
import { toOwnPaths } from '../../../src/config/own-paths.ts'
import { startGate } from '../../support/gate.ts'
import { FUZZ_TIMEOUT_MS, fuzz, mutate } from '../../support/mutator.ts'

const HOST = ['Host', 'app.example.com']

/** Paths as programs behind a gate read them: each decodes, cleans or trims in a way of its own. */
const READERS: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'decoded once': decode,
  'decoded twice': (path) => decode(decode(path)),
  'cleaned after decoding (Go, Node path)': (path) => clean(decode(path)),
  'cleaned before decoding': (path) => decode(clean(path)),
  'cleaned between two decodings': (path) => clean(decode(clean(decode(path)))),
  'backslashes are slashes (IIS, browsers)': (path) => clean(decode(path).replaceAll('\\', '/')),
  'parameters of segments dropped (Tomcat)': (path) => clean(decode(path.replace(/;[^/]*/gu, ''))),
  'cut at NUL (C)': (path) => clean(decode(path).split('\0')[0] ?? ''),
  'trimmed segments': (path) => clean(eachSegment(decode(path), (segment) => segment.trim())),
  'trailing dots and blanks dropped (Windows)': (path) =>
    clean(
      eachSegment(decode(path), (segment) =>
        /^\.+$/u.test(segment) ? segment : segment.replace(/[. ]+$/u, ''),
      ),
    ),
  NFKC: (path) => clean(decode(path).normalize('NFKC')),
  'ignorable characters dropped': (path) =>
    clean(decode(path).replace(/\p{Default_Ignorable_Code_Point}/gu, '')),
  'by the URL standard': (path) => new URL(path, 'http://app.example.com').pathname,
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path.replace(/%([0-9a-f]{2})/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
}

function eachSegment(path: string, change: (segment: string) => string): string {
  return path.split('/').map(change).join('/')
}

function clean(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

const PATHS = [
  '/public/a',
  '/public/',
  '/public/../admin',
  '/public/%2e%2e/admin',
  '/public/..%2fadmin',
  '/public//admin',
  '/public/..;/admin',
  '/public/.%00./admin',
  '/public\\..\\admin',
  '/admin',
  '/admin/users',
  '/%61dmin',
  '/ADMIN',
]

/** The request that reached the app, when one did. */
async function forwarded(
  gate: Awaited<ReturnType<typeof startGate>>,
  target: string,
): Promise<string | undefined> {
  const before = gate.platform.plans.length
  const response = await gate.ask(target, { headers: HOST })
  expect(response.status).not.toBe(500)
  return gate.platform.plans.length > before ? target : undefined
}

it(
  'a path passes a rule that skips sign-in only if no program behind the gate reads another one [RT-90]',
  async () => {
    const gate = await startGate({ args: ['--skip-auth-route=^/public/'] })
    expect(await forwarded(gate, '/public/a')).toBe('/public/a')
    const cases = await fuzz(async (random) => {
      const target = mutate(random, PATHS)
      if ((await forwarded(gate, target)) === undefined) return
      const path = target.split(/[?#]/u, 1)[0] ?? ''
      for (const [name, read] of Object.entries(READERS))
        expect(`${read(path)}/`, `${JSON.stringify(target)} ${name}`).toMatch(/^\/+public\//u)
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)

it(
  'a path that a negated rule guards is guarded however programs read it [RT-91]',
  async () => {
    const gate = await startGate({ args: ['--skip-auth-route=!=^/admin(/|$)'] })
    expect(await forwarded(gate, '/free')).toBe('/free')
    const cases = await fuzz(async (random) => {
      const target = mutate(random, PATHS)
      if ((await forwarded(gate, target)) === undefined) return
      const path = target.split(/[?#]/u, 1)[0] ?? ''
      for (const [name, read] of Object.entries(READERS))
        expect(`${read(path)}/`, `${JSON.stringify(target)} ${name}`).not.toMatch(/^\/+admin\//u)
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)

const NAMES = [
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Auth-Request-Groups',
  'x_forwarded_user',
  'X.Auth.Request.User',
  'Accept',
]
const VALUES = ['root', 'root@example.com', 'text/html', 'a, b', 'x\r\nX-Forwarded-User: root']

it(
  'no header that a client makes up reaches the app under a name of the identity family [HD-90]',
  async () => {
    const gate = await startGate({ args: ['--skip-auth-route=^/'] })
    const cases = await fuzz(async (random) => {
      const lines = Array.from({ length: 1 + random.int(4) }, () => [
        mutate(random, NAMES),
        mutate(random, VALUES),
      ]).flat()
      const before = gate.platform.plans.length
      const response = await gate.ask('/x', { headers: [...HOST, ...lines] })
      expect(response.status).not.toBe(500)
      const headers = gate.platform.plans.slice(before).flatMap((plan) => plan.headers)
      const names = headers
        .filter((_, at) => at % 2 === 0)
        .map((name) => name.toLowerCase().replace(/[._]/gu, '-'))
      expect(
        names.filter((name) =>
          /^x-(?:forwarded-(?:user|email|groups|preferred-username|access-token)|auth-request-(?:user|email|groups|preferred-username|access-token))$/u.test(
            name,
          ),
        ),
      ).toEqual([])
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)

it(
  'a changed session cookie is no session, and no Cookie header breaks anything [CK-90]',
  async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    await alice.browse('/oauth2/start')
    const honest = [...alice.jar].map(([name, value]) => `${name}=${value}`)
    const header = honest.join('; ')
    expect((await gate.ask('/x', { headers: [...HOST, 'Cookie', header] })).status).toBe(200)
    const cases = await fuzz(async (random) => {
      const changed = mutate(random, [
        header,
        ...honest,
        '__Host-_oauth2_proxy_0=a; __Host-_oauth2_proxy_1=b',
      ])
      const response = await gate.ask('/x', { headers: [...HOST, 'Cookie', changed] })
      expect(response.status).not.toBe(500)
      // A request that still has the whole value has a session, whatever stands beside it. The last character has bits that
      // count for nothing, so it has several spellings [CK-27].
      if (response.status === 200)
        expect(honest.some((pair) => changed.includes(pair.slice(pair.indexOf('=') + 1, -1)))).toBe(true)
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)

const TARGETS = [
  '/deep?x=//y#f',
  'https://ok.example.com/a',
  'https://app.example.com/a',
  '//evil.test',
  '/\\evil.test',
  'https://evil.test/',
  'https://ok.example.com@evil.test/',
  'https://ok.example.com.evil.test/',
  'javascript:alert(1)',
  '/oauth2/sign_out',
  '/%2F%2Fevil.test',
]

/** Endpoints of the gate, but the page that a sign-in without a target ends at. */
const { signedIn: SIGNED_IN, ...OTHERS } = toOwnPaths('/oauth2')
const ENDPOINTS = Object.values(OTHERS).filter((path) => path !== SIGNED_IN)

it(
  'a return target leads to this site or an allowed host, and never to an endpoint of the gate [CB-90]',
  async () => {
    const gate = await startGate({ args: ['--whitelist-domain=ok.example.com'] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start')
    const cases = await fuzz(async (random) => {
      const rd = mutate(random, TARGETS)
      // An empty one is none, and the page without one ends the session, as in oauth2-proxy.
      if (rd === '') return
      const query = new URLSearchParams({ rd })
      // Many of these lead to the start page, and that again and again would be a loop.
      alice.jar.delete('__Host-_oauth2_proxy_turns')
      const { location = '', status } = await alice.visit(`/oauth2/sign_in?${query}`)
      expect(status).toBe(302)
      const url = new URL(location, 'https://app.example.com/oauth2/sign_in')
      expect(url.protocol, rd).toMatch(/^https?:$/u)
      expect(['app.example.com', 'ok.example.com'], rd).toContain(url.hostname)
      const path = decode(url.pathname).replace(/^\/+/u, '/')
      expect(ENDPOINTS, rd).not.toContain(path)
      // Another host may have an app of its own there.
      if (url.hostname === 'app.example.com') expect(path, rd).not.toMatch(/^\/oauth2\/(?!signed_in$)/u)
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)
