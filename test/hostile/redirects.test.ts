import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawClient, rawRequest } from './client.ts'
import { cookieHeader, type Gate, ORIGIN, type Rig, startRig } from './gate-fixture.ts'
import { ALLOWED, HOSTILE, KEPT, OWN } from './targets.ts'

/** One that allows other hosts, with local users, and one that believes 127.0.0.2 what it says. */
let rig: Rig
let gate: Gate
let behind: Gate
let cookie: string
let client: RawClient
const folder = mkdtempSync(join(tmpdir(), 'redirects-'))

beforeAll(async () => {
  rig = await startRig()
  const users = join(folder, 'users')
  writeFileSync(users, `carol:{SHA}${createHash('sha1').update('demo').digest('base64')}\n`)
  const hosts = ['.allowed.example', 'foo.bar', 'port.bar:8080', 'anyport.bar:*'].map(
    (host) => `--whitelist-domain=${host}`,
  )
  ;[gate, behind] = await Promise.all([
    rig.gate(...hosts, `--htpasswd-file=${users}`),
    rig.gate(...hosts, '--reverse-proxy', '--trusted-proxy-ip=127.0.0.2'),
  ])
  cookie = await gate.signIn()
  client = gate.dial()
})
afterAll(async () => {
  client.socket.destroy()
  rmSync(folder, { recursive: true })
  await rig.close()
})

/** As a query; unlike encodeURIComponent it takes half a surrogate pair. */
function rd(target: string): string {
  return new URLSearchParams({ rd: target }).toString()
}

/** Where a browser lands that follows this Location from one of our pages; undefined when it goes nowhere. */
function landing(location: string | undefined): URL | undefined {
  return location === undefined ? undefined : new URL(location, `${ORIGIN}/oauth2/sign_in`)
}

/** Sends a request on the shared connection: one target costs one round trip and no handshake. */
async function locationOf(request: string): Promise<string | undefined> {
  client.write(request)
  const answer = await client.response()
  return answer.header('location')
}

/** Carriers: each turns a target into a request whose answer goes there. */
const CARRIERS: Record<string, (target: string) => string> = {
  'rd on sign_in': (target) => rawRequest(`/oauth2/sign_in?${rd(target)}`, { lines: [`Cookie: ${cookie}`] }),
  'rd in the form of sign_in': (target) =>
    form('/oauth2/sign_in', { username: 'carol', password: 'demo', rd: target }),
  'rd in the form of sign_out': (target) => form('/oauth2/sign_out', { rd: target }),
  'rd on sign_out': (target) => rawRequest(`/oauth2/sign_out?${rd(target)}`),
}

function form(path: string, fields: Record<string, string>): string {
  return rawRequest(path, {
    method: 'POST',
    lines: [`Origin: ${ORIGIN}`, 'Content-Type: application/x-www-form-urlencoded'],
    body: new URLSearchParams(fields).toString(),
  })
}

describe.each(Object.entries(CARRIERS))('%s', (_, carry) => {
  it(`each of ${HOSTILE.length} hostile return targets leads to the start page`, async () => {
    const elsewhere: [string, string | undefined][] = []
    for (const target of HOSTILE) {
      const location = await locationOf(carry(target))
      // A sign-out without a target ends on a page of ours.
      if (location !== '/' && location !== undefined) elsewhere.push([target, location])
    }
    expect(elsewhere).toEqual([])
  })

  it("a return target is never one of Sidegate's endpoints", async () => {
    for (const target of OWN) expect([undefined, '/']).toContain(await locationOf(carry(target)))
  })

  it.each(KEPT)('a return target is kept: %j', async (target) => {
    const location = await locationOf(carry(target))
    expect(location ?? '/').toBe(target)
  })

  it.each(ALLOWED)('a return target is kept whose host the operator allows: %j', async (target) => {
    expect(await locationOf(carry(target))).toBe(target)
  })
})

describe('a target that travels through the provider', () => {
  // Each is one whole sign-in, so a sample has to do: the other carriers see all of them.
  const sample = HOSTILE.filter((_, at) => at % 37 === 0)

  it(`a hostile return target is refused before and after the provider (${sample.length} sign-ins)`, async () => {
    for (const target of sample) {
      const visitor = gate.visitor()
      const start = await visitor.visit(`/oauth2/start?${rd(target)}`)
      const back = await rig.provider.visit(start.location ?? '')
      expect(back.href.startsWith(`${ORIGIN}/oauth2/callback?`)).toBe(true)
      const seen = await visitor.visit(back.pathname + back.search)
      expect([target, seen.location]).toEqual([target, '/'])
    }
  })

  it.each([...KEPT, ...ALLOWED])('a return target arrives through the provider: %j', async (target) => {
    const visitor = gate.visitor()
    const start = await visitor.visit(`/oauth2/start?${rd(target)}`)
    const back = await rig.provider.visit(start.location ?? '')
    expect((await visitor.visit(back.pathname + back.search)).location).toBe(target)
  })

  it('a return target is taken from one rd only: no duplicates, no other names, no redirect_uri', async () => {
    const visitor = gate.visitor()
    for (const query of [
      'rd=https://evil.example/&rd=/good',
      'rd=/good&rd=https://evil.example/',
      'rd[]=https://evil.example/',
      'RD=https://evil.example/',
      'redirect_uri=https://evil.example/',
      'return_to=https://evil.example/&next=//evil.example',
    ]) {
      const start = await visitor.visit(`/oauth2/start?${query}`)
      const url = new URL(start.location ?? '')
      expect(url.origin).toBe(rig.provider.origin)
      expect(url.searchParams.get('redirect_uri')).toBe(`${ORIGIN}/oauth2/callback`)
      expect(url.href).not.toContain('evil')
    }
  })
})

describe('the path of the page that asked for a sign-in', () => {
  const paths = [
    '//evil.example',
    '///evil.example/x',
    '//evil.example/%2f..',
    '/%2f/evil.example',
    '/%5cevil.example',
    '/%09/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e%2e//evil.example',
    '/;//evil.example/..//',
  ]
  it.each(paths)('the page for %j does not link away', async (path) => {
    const { status, text } = await gate.visitor().visit(path)
    expect(status).toBe(200)
    const href = /href="(\/oauth2\/start\?[^"]*)"/u.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const target = new URLSearchParams(href.slice(href.indexOf('?'))).get('rd') ?? ''
    const url = landing(target)
    expect([url?.origin, url?.pathname.startsWith('//')]).toEqual([ORIGIN, false])
  })
})

describe('X-Auth-Request-Redirect', () => {
  it('X-Auth-Request-Redirect counts from a trusted peer only, and is judged there', async () => {
    const signedIn = await behind.signIn()
    const ask = async (target: string, from: string) => {
      const lines = [`Cookie: ${signedIn}`, `X-Auth-Request-Redirect: ${target}`]
      return (await behind.tell(rawRequest('/oauth2/sign_in', { lines }), from))?.header('location')
    }
    expect(await ask('/deep?link', '127.0.0.1')).toBe('/')
    expect(await ask('/deep?link', '127.0.0.2')).toBe('/deep?link')
    const sendable = HOSTILE.filter((target) => /^[\x21-\x7e]+$/u.test(target)).filter(
      (_, at) => at % 11 === 0,
    )
    for (const target of sendable) expect([target, await ask(target, '127.0.0.2')]).toEqual([target, '/'])
  })
})

describe('a host that a client names', () => {
  it.each([
    'X-Forwarded-Host: evil.example',
    'Forwarded: host=evil.example',
    'X-Original-Host: evil.example',
  ])('a host that a client names changes no redirect URI: %s [HD-23, IL-05]', async (line) => {
    const answer = await gate.tell(rawRequest('/oauth2/start?rd=/x', { lines: [line] }))
    const url = new URL(answer?.header('location') ?? '')
    expect(url.searchParams.get('redirect_uri')).toBe(`${ORIGIN}/oauth2/callback`)
  })
})

it('a browser without a session gets sign-in cookies and nothing else', async () => {
  const visitor = gate.visitor()
  await visitor.visit('/oauth2/start?rd=https://evil.example/')
  expect(cookieHeader(visitor)).toMatch(
    /^__Host-_oauth2_proxy_csrf=[\w-]{43}; __Host-_oauth2_proxy_[\w-]{8}_csrf=[\w-]{43}$/u,
  )
})
