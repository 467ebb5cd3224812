import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type ADeployment,
  cookieOf,
  type Deployment,
  deploy,
  type Gate,
  signIn,
} from '../support/deployment.ts'
import type { Visitor } from '../support/visitor.ts'
import type { Answered } from '../support/wire.ts'

const SESSION = '__Host-_oauth2_proxy'

let running: Deployment | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

/** One real process with Alice signed in. */
async function withAlice(given: ADeployment = {}, accessTokenSeconds = 300) {
  const deployment = await deploy(given)
  running = deployment
  deployment.provider.behaviour.accessTokenSeconds = accessTokenSeconds
  const [gate] = deployment.gates
  if (gate === undefined) throw new TypeError('no gate')
  return { ...deployment, gate, alice: await signIn(gate) }
}

function statusesOf(answers: readonly Answered[]): readonly number[] {
  return [...new Set(answers.map(({ status }) => status))]
}

/** The session that an answer sets: names and values, without the attributes. */
function familyOf(answer: Answered): string {
  return answer
    .all('set-cookie')
    .map((line) => line.split(';')[0])
    .join()
}

async function fifty(gate: Gate, alice: Visitor): Promise<readonly Answered[]> {
  return Promise.all(Array.from({ length: 50 }, () => gate.askAs(alice)))
}

describe('fifty requests at the moment of expiry, at a provider that revokes the family of a reused token', () => {
  it('fifty requests at the moment of expiry make one token request and get one session, also those that come late with the old cookie', async () => {
    const { gate, alice, refreshes } = await withAlice({ args: ['--session-revalidate=5m'] }, 2)
    await sleep(2_100)
    const answers = await fifty(gate, alice)
    expect(statusesOf(answers)).toEqual([200])
    expect(refreshes()).toBe(1)
    expect(new Set(answers.map(familyOf)).size).toBe(1)
    await sleep(1_000)
    const late = await gate.askAs(alice)
    expect([late.status, familyOf(late), refreshes()]).toEqual([200, familyOf(answers[0] ?? late), 1])
    expect(gate.lines().filter(({ event }) => event === 'session_refreshed')).toHaveLength(1)
  })

  it('fifty requests at the moment of expiry are not cut short by the one of them that started the refresh and left', async () => {
    const { gate, alice, provider, refreshes } = await withAlice({ args: ['--session-revalidate=5m'] }, 2)
    await sleep(2_100)
    provider.scripts.token = async (next) => {
      const answer = await next()
      await sleep(700)
      return answer
    }
    const leaving = gate.askAs(alice, { signal: AbortSignal.timeout(200) })
    await expect(leaving).rejects.toThrow(/abort/iu)
    await sleep(800)
    const answers = await fifty(gate, alice)
    expect([statusesOf(answers), refreshes()]).toEqual([[200], 1])
    expect(familyOf(answers[0] ?? (await gate.askAs(alice)))).toContain(SESSION)
  })

  it('fifty requests at the moment of expiry wait no longer than a second and a half for a provider that does not answer, and keep their session', async () => {
    const { gate, alice, provider } = await withAlice({ args: ['--session-revalidate=5m'] }, 8)
    provider.scripts.token = () => new Promise<Response>(() => {})
    await sleep(6_100)
    const begun = performance.now()
    const answers = await fifty(gate, alice)
    expect(statusesOf(answers)).toEqual([200])
    expect(performance.now() - begun).toBeLessThan(3_000)
    expect(provider.hits.token).toBe(2)
  })
})

describe('the cookie budget', () => {
  const groups = Array.from(
    { length: 200 },
    (_, at) => `${at}`.padStart(8, '0') + crypto.randomUUID().slice(8),
  )

  async function groupsSeen(args: readonly string[]) {
    const deployment = await deploy({ args })
    running = deployment
    deployment.provider.user = { sub: 'alice', email: 'alice@example.com', groups }
    const [gate] = deployment.gates
    if (gate === undefined) throw new TypeError('no gate')
    const alice = await signIn(gate)
    const lines = deployment.app.heard.at(-1)?.lines ?? []
    const at = lines.findIndex((name) => name.toLowerCase() === 'x-forwarded-groups')
    return { gate, alice, seen: lines[at + 1]?.split(','), app: deployment.app }
  }

  it('the cookie budget holds 200 groups of 36 characters, and the app hears of all of them', async () => {
    const { gate, alice, seen } = await groupsSeen([])
    expect(seen).toEqual(groups)
    const [, cookie] = cookieOf(alice)
    expect(cookie.length).toBeLessThan(7_168)
    const [line] = gate.lines().filter(({ event }) => event === 'sign_in_succeeded')
    expect(line).toMatchObject({ cookie_bytes: expect.any(Number) })
    expect(line).not.toHaveProperty('dropped')
  })

  it('the cookie budget takes one cookie under 4,096 bytes with session-groups=named', async () => {
    const named = groups.slice(0, 3)
    const { alice, seen } = await groupsSeen([
      '--session-groups=named',
      ...named.map((group) => `--allowed-group=${group}`),
    ])
    expect(seen).toEqual(named)
    expect(
      [...alice.jar.keys()].filter((name) => name.startsWith(SESSION) && !/_(?:csrf|turns)$/u.test(name)),
    ).toEqual([SESSION])
    expect(cookieOf(alice)[1].length).toBeLessThan(1_000)
  })

  it('the cookie budget at its largest still fits the headers that the program reads', async () => {
    const deployment = await deploy({
      args: [
        '--cookie-budget=24576',
        '--pass-access-token',
        '--pass-authorization-header',
        '--pass-host-header',
      ],
    })
    running = deployment
    const { provider, gates } = deployment
    // Letters at random: nothing that compression could make small.
    const noise = (length: number) =>
      Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(Math.random() * 26)]).join('')
    provider.scripts.token = async (next) =>
      Response.json({
        ...(await (await next()).json()),
        refresh_token: noise(12_000),
        access_token: noise(9_000),
      })
    const [gate] = gates
    if (gate === undefined) throw new TypeError('no gate')
    const alice = await signIn(gate)
    expect(cookieOf(alice)[1].length).toBeGreaterThan(16_384)
    expect((await alice.visit('/x')).text).toBe('hello from the app')
  })

  it('the cookie budget is complained of at start when the settings cannot fit', async () => {
    const { gate } = await withAlice({ args: ['--cookie-budget=2048', '--pass-access-token'] })
    expect(
      gate
        .lines()
        .filter(({ level, msg }) => level === 'warn' && String(msg).startsWith('Raise cookie-budget')),
    ).toHaveLength(1)
  })

  it('the cookie budget leaves out in its order, and each sign-in tells once what and how large it was', async () => {
    const { gate, alice, provider, app } = await withAlice({
      args: ['--pass-access-token', '--pass-authorization-header'],
    })
    provider.scripts.token = async (next) => {
      const body = await (await next()).json()
      return Response.json({ ...body, access_token: randomBytes(6_000).toString('hex') })
    }
    const bob = await signIn(gate)
    await bob.visit('/x')
    await bob.visit('/x')
    const told = gate.lines().filter(({ event }) => event === 'session_trimmed')
    expect(told).toEqual([
      expect.objectContaining({
        level: 'warn',
        dropped: 'id_token access_token',
        access_token_bytes: 12_000,
      }),
    ])
    const names = app.heard.at(-1)?.lines.map((name) => name.toLowerCase()) ?? []
    expect(names).not.toContain('x-forwarded-access-token')
    expect(names).toContain('x-forwarded-email')
    expect(alice.jar.size).toBeGreaterThan(0)
  })

  it.each([
    [
      'five hundred cookies of our name',
      Array.from({ length: 500 }, (_, at) => `${SESSION}_${at}=2.aaaaaaaa.x`).join('; '),
    ],
    [
      'thirty kilobytes of chunks',
      Array.from({ length: 9 }, (_, at) => `${SESSION}_${at}=9.aaaaaaaa.${'x'.repeat(3_000)}`).join('; '),
    ],
  ])('the cookie budget costs a stranger nothing to fill: %s', async (_, cookie) => {
    const { gate } = await withAlice()
    const nobody = gate.visitor()
    const begun = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gate.askAs(nobody, { headers: ['Cookie', cookie] })),
    )
    expect(statusesOf(answers)).toEqual([401])
    expect((performance.now() - begun) / 20).toBeLessThan(100)
  })
})
