import { describe, expect, it } from 'vitest'
import type { Peer } from '../../src/platform.ts'
import { ORIGIN, startGate, type TestGate } from '../support/gate.ts'
import type { Seen, Visitor } from '../support/visitor.ts'

const STRAIGHT = '--skip-provider-button'
const SESSION = '__Host-_oauth2_proxy'
const GATEWAY: Peer = { kind: 'ip', address: '10.0.0.5' }

type Tamper = (visitor: Visitor, moment: 'app' | 'callback') => void

/** A browser between app and provider, until something other than a redirect answers, or the tenth turn. */
async function goRound(
  gate: TestGate,
  visitor: Visitor,
  {
    target = '/app?x=1',
    tamper = () => {},
    passMs = 300,
  }: { target?: string; tamper?: Tamper; passMs?: number } = {},
): Promise<{ turns: number; seen: Seen }> {
  for (let turns = 1; turns <= 10; turns += 1) {
    gate.platform.pass(1)
    tamper(visitor, 'app')
    const start = await visitor.visit(target)
    if (start.location === undefined) return { turns, seen: start }
    gate.platform.pass(passMs)
    const back = await gate.provider.visit(start.location)
    tamper(visitor, 'callback')
    const done = await visitor.visit(back.pathname + back.search)
    if (done.status === 303) return { turns, seen: await visitor.visit(done.location ?? '') }
  }
  throw new Error('It never ends')
}

const lastFailure = (gate: TestGate) =>
  gate.platform.lines.findLast(({ event }) => event === 'sign_in_failed') ?? {}

const dropSession: Tamper = ({ jar }) => void jar.delete(SESSION)

/** What a browser does with cookies whose Path is below that of the app. */
function narrowPath(): Tamper {
  let hidden: [string, string][] = []
  return ({ jar }, moment) => {
    if (moment === 'app') {
      hidden = [...jar]
      jar.clear()
    } else for (const [name, value] of hidden) if (!jar.has(name)) jar.set(name, value)
  }
}

describe('a browser that signs in again and again', () => {
  it.each<[string, Tamper, RegExp, object]>([
    [
      'because the session cookie gets lost',
      dropSession,
      /The cookie of the session did not come back/u,
      { seen: 'session_missing', session: 'none', advice: expect.stringContaining('proxy_buffer_size') },
    ],
    [
      'because no cookie is sent to the app',
      narrowPath(),
      /not at the address on app\.example\.com that was asked for/u,
      {
        seen: 'session_not_sent',
        session: 'active',
        session_at_start: 'none',
        advice: expect.stringContaining('--cookie-path'),
      },
    ],
    [
      'because the session comes back damaged',
      ({ jar }) => jar.has(SESSION) && void jar.set(SESSION, 'x'),
      /A part of the session did not come back/u,
      { seen: 'session_incomplete', session: 'none', session_at_start: 'format' },
    ],
  ])(
    'a browser that signs in again and again is stopped at the third turn: %s',
    async (_, tamper, text, line) => {
      const gate = await startGate({ args: [STRAIGHT] })
      const { turns, seen } = await goRound(gate, gate.visitor(), { tamper })
      expect(turns).toBe(3)
      expect(seen.status).toBe(500)
      expect(seen.text).toContain('goes in a circle')
      expect(seen.text.replaceAll(/<[^>]+>/gu, '')).toMatch(text)
      expect(seen.text.replaceAll(/<[^>]+>/gu, '')).not.toMatch(/Start again|Sign in again/u)
      expect(lastFailure(gate)).toMatchObject({ code: 'sign_in_loop', level: 'error', ...line })
    },
  )

  it('a browser that signs in again and again is stopped when replicas have different secrets', async () => {
    const args = [STRAIGHT, '--cookie-secret=c2Vjb25kIHNlY3JldCBzZWNvbmQgc2VjcmV0IDEyMzQ']
    const gate = await startGate({ args: [STRAIGHT] })
    const bob = (await gate.sibling(args)).visitor()
    await bob.browse('/oauth2/start?rd=%2F')
    const foreign = bob.jar.get(SESSION) ?? ''
    const { turns, seen } = await goRound(gate, gate.visitor(), {
      tamper: ({ jar }) => jar.has(SESSION) && void jar.set(SESSION, foreign),
    })
    expect(turns).toBe(3)
    expect(seen.text).toContain('sealed with another secret')
    expect(lastFailure(gate)).toMatchObject({ advice: expect.stringContaining('--cookie-secret') })
  })

  it('a browser that signs in again and again learns how large its cookies are when that may be the cause', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    alice.jar.set('huge', 'x'.repeat(4_000))
    alice.jar.set('more', 'x'.repeat(4_090))
    const { seen } = await goRound(gate, alice, { tamper: dropSession })
    expect(seen.text).toMatch(/sends 8\d{3} bytes of cookies/u)
    expect(lastFailure(gate)).toMatchObject({ seen: 'session_missing header_large' })
  })

  it('a browser that signs in again and again can try again after the page, and is stopped again', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    for (let round = 0; round < 2; round += 1)
      expect((await goRound(gate, alice, { tamper: dropSession })).turns).toBe(3)
    expect((await goRound(gate, alice)).seen.text).toBe('hello from the app')
  })

  it('a browser that signs in again and again is not stopped when it takes its time', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    await expect(goRound(gate, gate.visitor(), { tamper: dropSession, passMs: 40_000 })).rejects.toThrow(
      'never ends',
    )
  })

  it('a browser that signs in again and again is not stopped when it signs out in between', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    for (let round = 0; round < 5; round += 1) {
      expect((await goRound(gate, alice)).seen.text).toBe('hello from the app')
      await alice.visit('/oauth2/sign_out', { method: 'POST', headers: ['Origin', ORIGIN] })
      expect([...alice.jar.keys()]).toEqual([])
    }
  })

  it('a browser that signs in again and again is not stopped for tabs that sign in side by side', async () => {
    const gate = await startGate({ args: [STRAIGHT] })
    const alice = gate.visitor()
    const callbacks: string[] = []
    for (let tab = 0; tab < 6; tab += 1) {
      const start = await alice.visit('/app')
      const back = await gate.provider.visit(start.location ?? '')
      callbacks.push(back.pathname + back.search)
    }
    for (const callback of callbacks) {
      gate.platform.pass(200)
      expect(await alice.visit(callback)).toMatchObject({ status: 302, location: '/app' })
    }
  })

  it('a browser that signs in again and again is not stopped when it asks for another account', async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    for (let round = 0; round < 5; round += 1) {
      const seen = await alice.browse('/oauth2/start?rd=%2Fapp&account=other')
      expect(seen.text).toBe('hello from the app')
    }
  })
})

describe('a gateway that sends refused people to the sign-in page', () => {
  const args = ['--reverse-proxy', '--trusted-proxy-ip=10.0.0.5', '--allowed-group=staff']

  async function signedIn(gate: TestGate): Promise<{ visitor: Visitor; cookie: () => string }> {
    const visitor = gate.visitor()
    await visitor.browse('/oauth2/start?rd=%2F')
    // The turn of that sign-in is over.
    gate.platform.pass(61_000)
    visitor.jar.delete(`${SESSION}_turns`)
    return { visitor, cookie: () => [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  const askAuth = (gate: TestGate, cookie: string, uri: string) =>
    gate.ask('/oauth2/auth?allowed_groups=board', {
      headers: [
        'Host',
        'app.example.com',
        'X-Forwarded-Uri',
        uri,
        'X-Forwarded-Method',
        'GET',
        'Cookie',
        cookie,
      ],
      peer: GATEWAY,
    })

  it.each(['/oauth2/sign_in', '/oauth2/start'])(
    'a gateway that sends refused people to the sign-in page has them refused there, and not sent back, at %s',
    async (path) => {
      const gate = await startGate({ args })
      const { visitor, cookie } = await signedIn(gate)
      expect((await askAuth(gate, cookie(), '/app?x=1')).status).toBe(403)
      const seen = await visitor.visit(`${path}?rd=%2Fapp%3Fx%3D1`)
      expect(seen.status).toBe(403)
      expect(seen.text).toContain('alice@example.com')
      expect(seen.text).toContain('href="/oauth2/start?rd=%2Fapp%3Fx%3D1&amp;account=other"')
      expect(seen.text).toContain('action="/oauth2/sign_out"')
      // Where nothing was refused the way is open.
      expect(await visitor.visit('/oauth2/sign_in?rd=%2Fother')).toMatchObject({
        status: 302,
        location: '/other',
      })
    },
  )

  it('a gateway that sends refused people to the sign-in page may let them go again a moment later', async () => {
    const gate = await startGate({ args })
    const { visitor, cookie } = await signedIn(gate)
    await askAuth(gate, cookie(), '/app')
    gate.platform.pass(30_001)
    expect(await visitor.visit('/oauth2/sign_in?rd=%2Fapp')).toMatchObject({ status: 302 })
  })

  it('a gateway that sends refused people to the sign-in page is found out at the third turn by another replica, which heard of no refusal', async () => {
    const gate = await startGate({ args })
    const { visitor } = await signedIn(gate)
    for (let turn = 1; turn <= 2; turn += 1)
      expect(await visitor.visit('/oauth2/sign_in?rd=%2Fapp')).toMatchObject({
        status: 302,
        location: '/app',
      })
    const seen = await visitor.visit('/oauth2/sign_in?rd=%2Fapp')
    expect(seen.status).toBe(403)
    expect(seen.text).toContain('were sent back here each time')
    expect(seen.text).toContain('account=other')
    expect(lastFailure(gate)).toMatchObject({ code: 'sent_back', advice: expect.stringContaining('gateway') })
  })

  it('a gateway that sends refused people to the sign-in page has them refused by a rule of Sidegate as well, with their account and another way', async () => {
    const gate = await startGate({ args })
    const { visitor } = await signedIn(gate)
    const strict = await gate.sibling(['--allowed-group=board'])
    const bob = strict.visitor()
    for (const [name, value] of visitor.jar) bob.jar.set(name, value)
    const seen = await bob.visit('/oauth2/sign_in?rd=%2Fapp')
    expect(seen.status).toBe(403)
    expect(seen.text).toContain('alice@example.com')
  })

  it('a gateway that sends refused people to the sign-in page has the form of local users offered where there is one', async () => {
    const local = ['--htpasswd-file=/htpasswd', '--allowed-group=board', STRAIGHT]
    const gate = await startGate({
      args: local,
      files: { '/htpasswd': 'dora:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' },
    })
    const alice = gate.visitor()
    const refused = await alice.browse('/oauth2/start?rd=%2Fapp')
    expect(refused.status).toBe(403)
    const [, href = ''] = /href="([^"]+account=other)"/u.exec(refused.text) ?? []
    expect(href).toBe('/oauth2/sign_in?rd=%2Fapp&amp;account=other')
    const page = await alice.visit(href.replaceAll('&amp;', '&'))
    expect(page.status).toBe(200)
    expect(page.text).toContain('name="password"')
    expect(page.text).toContain('href="/oauth2/start?rd=%2Fapp&amp;account=other"')
  })
})

describe('force-https behind a proxy that does not tell the scheme', () => {
  const args = ['--force-https', '--reverse-proxy', '--trusted-proxy-ip=10.0.0.5']
  const HTML = ['Accept', 'text/html']

  it('a browser on https is not redirected to https for ever, and one line says why', async () => {
    const gate = await startGate({ args })
    for (let time = 0; time < 3; time += 1) {
      const seen = await gate.visitor().visit('/app')
      expect([seen.status, seen.location]).toEqual([500, undefined])
      expect(seen.text).toContain('Tell the operator')
    }
    const lines = gate.platform.lines.filter(
      ({ msg }) => msg === 'Requests over https are redirected to https',
    )
    expect(lines).toEqual([
      expect.objectContaining({ advice: expect.stringContaining('--trusted-proxy-ip') }),
    ])
  })

  it('a browser on http, a program and this machine are redirected as before', async () => {
    const gate = await startGate({ args })
    const site = ['Sec-Fetch-Site', 'none', 'Sec-Fetch-Mode', 'navigate']
    for (const headers of [
      ['Host', 'app.example.com', ...HTML],
      ['Host', 'app.example.com', 'Accept', '*/*'],
      ['Host', 'localhost:4180', ...HTML, ...site],
    ])
      expect((await gate.ask('/app', { headers })).status).toBe(308)
    const told = ['Host', 'app.example.com', ...HTML, ...site, 'X-Forwarded-Proto', 'https']
    expect((await gate.ask('/app', { headers: told, peer: GATEWAY })).status).toBe(200)
  })
})
