import { describe, expect, it } from 'vitest'
import type { HeaderLines, Peer } from '../../src/platform.ts'
import { type AGate, startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const GATEWAY: Peer = { kind: 'ip', address: '10.0.0.5' }
const TRUSTING = ['--reverse-proxy', '--trusted-proxy-ip=10.0.0.5']

async function alice(given: AGate = {}) {
  const gate = await startGate(given)
  const visitor = gate.visitor()
  await visitor.browse('/oauth2/start?rd=%2Fhome')
  // What the sign-in itself counted is over.
  gate.platform.pass(61_000)
  return { gate, visitor }
}

/** A gateway asks whether alice may see a page that is for the board. */
async function refuse(gate: TestGate, { jar }: Visitor, more: HeaderLines = []): Promise<void> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = ['Host', 'app.example.com', 'Cookie', cookie, ...more]
  const answer = await gate.ask('/oauth2/auth?allowed_groups=board', { peer: GATEWAY, headers })
  expect(answer.status).toBe(403)
}

const failures = (gate: TestGate) => gate.platform.lines.filter(({ event }) => event === 'sign_in_failed')

describe('a person that a gateway refused just now', () => {
  it.each([
    ['/oauth2/sign_in?rd=%2Fboard', 'without saying where', []],
    ['/oauth2/sign_in?rd=%2Fboard%23top', 'at that page', ['X-Forwarded-Uri', '/board']],
    ['/oauth2/start?rd=%2Fboard', 'at that page', ['X-Forwarded-Uri', '/board']],
    [
      '/oauth2/start?rd=https%3A%2F%2Fapp.example.com%2Fboard',
      'at that page, by ingress-nginx',
      ['X-Original-URL', 'https://app.example.com/board'],
    ],
  ])(
    'a person that a gateway refused just now sees the reason and another way at %s, refused %s',
    async (page, _, named) => {
      const { gate, visitor } = await alice({ args: TRUSTING })
      await refuse(gate, visitor, named)
      const seen = await visitor.visit(page)
      expect([seen.status, seen.location]).toEqual([403, undefined])
      expect(seen.text).toContain('No access')
      expect(seen.text).toContain('alice@example.com')
      expect(seen.text).toContain('account=other')
      const other = await visitor.visit('/oauth2/start?rd=%2Fboard&account=other')
      expect(other.location).toMatch(/prompt=select_account/u)
    },
  )

  it('a person that a gateway refused just now is let go to other pages, and to that one when half a minute has passed', async () => {
    const { gate, visitor } = await alice({ args: TRUSTING })
    await refuse(gate, visitor, ['X-Forwarded-Uri', '/board'])
    expect((await visitor.visit('/oauth2/sign_in?rd=%2Fhome')).location).toBe('/home')
    gate.platform.pass(31_000)
    expect((await visitor.visit('/oauth2/sign_in?rd=%2Fboard')).location).toBe('/board')
  })

  it('a person that a gateway refused just now is not told that all is well by a static upstream', async () => {
    const { gate, visitor } = await alice({ args: TRUSTING, upstreams: ['static://202'] })
    await refuse(gate, visitor, ['X-Forwarded-Uri', '/board'])
    expect((await visitor.visit('/board')).status).toBe(403)
    expect((await visitor.visit('/home')).status).toBe(202)
  })
})

describe('a person who is sent back and forth', () => {
  it.each(['/oauth2/sign_in?rd=%2Fboard'])(
    'a person who is sent back and forth is told so by %s the third time within a minute, whichever replica answers',
    async (page) => {
      const { gate, visitor } = await alice({ args: TRUSTING })
      expect((await visitor.visit(page)).status).toBe(302)
      gate.platform.pass(10_000)
      expect((await visitor.visit(page)).status).toBe(302)
      const seen = await visitor.visit(page)
      expect([seen.status, seen.location]).toEqual([403, undefined])
      expect(seen.text).toContain('were sent back here each time')
      expect(seen.text).toContain('account=other')
      expect(failures(gate)).toEqual([
        expect.objectContaining({ level: 'warn', code: 'sent_back', user: 'alice' }),
      ])
      // It said so, and may be tried again.
      expect((await visitor.visit(page)).status).toBe(302)
    },
  )

  it('a person who is sent back and forth may visit the sign-in page as often as they like, if not within a minute or for one target', async () => {
    const { gate, visitor } = await alice()
    for (const target of ['a', 'b', 'c', 'd']) {
      expect((await visitor.visit(`/oauth2/sign_in?rd=%2F${target}`)).location).toBe(`/${target}`)
    }
    for (let turn = 0; turn < 4; turn += 1) {
      gate.platform.pass(31_000)
      expect((await visitor.visit('/oauth2/sign_in?rd=%2Fhome')).status).toBe(302)
    }
  })

  it('a person who signs out and in again while they are sent back and forth is in no loop', async () => {
    const { visitor } = await alice()
    for (let turn = 0; turn < 5; turn += 1) {
      const out = { method: 'POST', headers: ['Origin', 'https://app.example.com'] }
      expect((await visitor.visit('/oauth2/sign_out', out)).status).toBe(302)
      expect((await visitor.browse('/oauth2/start?rd=%2Fhome')).url).toMatch(/\/home$/u)
    }
  })
})
