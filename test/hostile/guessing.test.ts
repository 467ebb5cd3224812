import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { rawRequest } from './client.ts'
import { type Gate, ORIGIN, type Rig, startRig } from './gate-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'guesses-'))
/** A tenth of a second of work for each name, whether it exists or not. */
const COSTLY = `erin:${hashSync('x', 4).replace('$04$', '$11$')}\n`
const FILE = `carol:${hashSync('demo', 4)}\ndave:${hashSync('secret', 4)}\n`

let rig: Rig
let gate: Gate
beforeAll(async () => {
  rig = await startRig()
})
afterEach(() => gate.stop())
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await rig.close()
})

async function startWith(text: string): Promise<void> {
  const users = join(folder, 'users')
  writeFileSync(users, text)
  gate = await rig.gate(`--htpasswd-file=${users}`)
}

async function byForm(username: string, password: string, from = '127.0.0.1'): Promise<number | undefined> {
  const lines = ['Content-Type: application/x-www-form-urlencoded', `Origin: ${ORIGIN}`]
  const body = `username=${username}&password=${password}`
  return (await gate.tell(rawRequest('/oauth2/sign_in', { method: 'POST', lines, body }), from))?.status
}

async function byHeader(pair: string, from = '127.0.0.1') {
  const lines = [`Authorization: Basic ${Buffer.from(pair).toString('base64')}`]
  return gate.tell(rawRequest('/x', { lines }), from)
}

/** Another machine of the internet, for all that the gate knows. */
const address = (at: number): string => `127.0.1.${at + 1}`

describe('a client that guesses passwords', () => {
  it('a client that guesses has to wait, while others and other users at its own address do not [DS-62]', async () => {
    await startWith(FILE)
    const statuses: (number | undefined)[] = []
    for (let at = 0; at < 8; at += 1) statuses.push(await byForm('carol', `wrong-${at}`))
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(3).fill(429)])
    expect(await byForm('carol', 'demo')).toBe(429)
    expect(await byForm('carol', 'demo', '127.0.0.3')).toBe(302)
    expect(await byForm('dave', 'secret')).toBe(302)
    expect((await byHeader('dave:secret'))?.status).toBe(200)
    const throttled = await byHeader('carol:demo')
    expect(throttled?.status).toBe(429)
    expect(Number(throttled?.header('retry-after'))).toBeGreaterThan(0)
  })

  it('a client has no more guesses at once than one after another [DS-60]', async () => {
    await startWith(FILE)
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, at) => byForm('carol', `wrong-${at}`)))
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(35)
  })
})

describe('a hundred clients that guess at once', () => {
  it('a hundred guesses do not hold up health checks: all of them are answered before the guesses are [DS-64]', async () => {
    await startWith(COSTLY)
    const guesses = Array.from({ length: 100 }, (_, at) => byForm('erin', `wrong-${at}`, address(at)))
    // Most are turned away at once; then the others are being compared or wait for it.
    const refused = await Promise.any(guesses)
    expect(refused).toBe(429)
    let answered = 0
    for (const guess of guesses) void guess.then((status) => (answered += status === 401 ? 1 : 0))
    for (let at = 0; at < 10; at += 1) expect((await gate.tell(rawRequest('/ping')))?.status).toBe(200)
    expect(answered).toBeLessThan(26)
    const statuses = await Promise.all(guesses)
    expect(statuses.filter((status) => status === 401)).toHaveLength(26)
    expect(statuses.filter((status) => status === 429)).toHaveLength(74)
    expect(gate.output()).not.toContain('Bug:')
  })
})
