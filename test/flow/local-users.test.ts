import { createHash } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

const sha = (password: string): string => `{SHA}${createHash('sha1').update(password).digest('base64')}`
const CAROL = `carol:${hashSync('demo', 4)}\n`
const FILE = `${CAROL}dave:${sha('secret')}\n`
const FLAGS = ['--htpasswd-file=/users', '--htpasswd-user-group=local']

const start = (
  more: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<TestGate> => startGate({ files: { '/users': FILE, ...files }, args: [...FLAGS, ...more] })

const FORM = ['Origin', 'https://app.example.com', 'Content-Type', 'application/x-www-form-urlencoded']

function post(visitor: Visitor, fields: Readonly<Record<string, string>>) {
  const body = new URLSearchParams(fields).toString()
  return visitor.visit('/oauth2/sign_in', { method: 'POST', headers: FORM, body })
}

/** A program that shows Basic credentials, and perhaps a browser's cookies. */
function asProgram(gate: TestGate, pair: string, cookies = '') {
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  const more = cookies === '' ? [] : ['Cookie', cookies]
  return (target = '/x') =>
    gate.ask(target, { headers: ['Host', 'app.example.com', 'Authorization', authorization, ...more] })
}

async function guessUntilThrottled(gate: TestGate, username = 'carol'): Promise<void> {
  for (let at = 0; at < 5; at += 1) {
    const { status } = await asProgram(gate, `${username}:guess ${at}`)()
    expect(status).toBe(401)
  }
}

const cookiesOf = ({ jar }: Visitor): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

describe('the session of a local user', () => {
  async function signedIn(gate: TestGate): Promise<Visitor> {
    const carol = gate.visitor()
    expect(await post(carol, { username: 'carol', password: 'demo', rd: '/' })).toMatchObject({ status: 302 })
    expect((await carol.fetch('/x')).status).toBe(200)
    return carol
  }

  it.each([
    ['is gone from the file', FILE.replace(CAROL, '')],
    ['has another password', FILE.replace(CAROL, `carol:${hashSync('changed', 4)}\n`)],
    ['has another hash of the same password', FILE.replace(CAROL, `carol:${hashSync('demo', 4)}\n`)],
  ])('the session of a local user is over at the reload when the user %s [SL-40]', async (_, changed) => {
    const gate = await start()
    const carol = await signedIn(gate)
    gate.platform.change('/users', changed)
    await expect.poll(async () => (await carol.fetch('/oauth2/auth')).status).toBe(401)
    expect((await carol.fetch('/x')).status).toBe(401)
    expect((await carol.fetch('/oauth2/userinfo')).status).toBe(401)
    expect((await carol.visit('/x')).text).toContain('Sign in to')
    expect(gate.platform.plans).toHaveLength(1)
  })

  it('the session of a local user who signs out while their line is gone stays ended when it is back', async () => {
    const gate = await start()
    const carol = await signedIn(gate)
    const cookie = cookiesOf(carol)
    gate.platform.change('/users', FILE.replace(CAROL, ''))
    await expect.poll(async () => (await carol.fetch('/oauth2/auth')).status).toBe(401)
    await carol.visit('/oauth2/sign_out', { method: 'POST', headers: ['Origin', 'https://app.example.com'] })
    gate.platform.change('/users', FILE)
    const erin = gate.visitor()
    await expect
      .poll(async () => (await post(erin, { username: 'carol', password: 'demo', rd: '/' })).status)
      .toBe(302)
    expect((await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookie] })).status).toBe(
      401,
    )
  })

  it('the session of a local user goes on when only others changed', async () => {
    const gate = await start()
    const carol = await signedIn(gate)
    gate.platform.change('/users', `erin:${sha('new')}\n${CAROL}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await carol.fetch('/x')).status).toBe(200)
  })

  it('the session of a local user is over in the next process with another file, without one, and with other groups [SL-40]', async () => {
    const gate = await start([], { '/later': FILE.replace(CAROL, ''), '/same': FILE })
    const carol = await signedIn(gate)
    const statusAt = async (args: readonly string[]): Promise<number> => {
      const { ask } = await gate.sibling(args)
      const answer = await ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookiesOf(carol)] })
      return answer.status
    }
    expect(await statusAt(['--htpasswd-file=/same', '--htpasswd-user-group=local'])).toBe(200)
    expect(await statusAt(['--htpasswd-file=/later', '--htpasswd-user-group=local'])).toBe(401)
    expect(await statusAt(['--htpasswd-file=/same', '--htpasswd-user-group=admins'])).toBe(401)
    expect(await statusAt([])).toBe(401)
  })

  it('a refused session of a local user keeps its cookie, because another replica may have read a newer file', async () => {
    const gate = await start([], { '/older': FILE.replace(CAROL, `carol:${sha('before')}\n`) })
    const carol = await signedIn(gate)
    const older = await gate.sibling(['--htpasswd-file=/older', '--htpasswd-user-group=local'])
    const answer = await older.ask('/x', { headers: ['Host', 'app.example.com', 'Cookie', cookiesOf(carol)] })
    expect(answer.status).toBe(401)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect((await carol.fetch('/x')).status).toBe(200)
  })
})

describe('too many wrong passwords', () => {
  it('too many wrong passwords are a 429 with Retry-After for a program, wherever it asks, and no 403 for a gateway [DS-60]', async () => {
    const gate = await start()
    await guessUntilThrottled(gate)
    const carol = asProgram(gate, 'carol:demo')
    const answer = await carol()
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('60')
    expect(await answer.json()).toMatchObject({ error: 'too_many_attempts' })
    expect((await carol('/oauth2/userinfo')).status).toBe(429)
    expect((await carol('/oauth2/auth')).status).toBe(401)
    gate.platform.pass(61_000)
    expect((await carol()).status).toBe(200)
  })

  it('too many wrong passwords do not touch other users of the same address, by form or by header [DS-62]', async () => {
    const gate = await start()
    await guessUntilThrottled(gate)
    expect((await asProgram(gate, 'dave:secret')()).status).toBe(200)
    expect(await post(gate.visitor(), { username: 'dave', password: 'secret', rd: '/' })).toMatchObject({
      status: 302,
    })
  })

  it('too many wrong passwords in a header leave a session and a route without sign-in alone', async () => {
    const gate = await start(['--skip-auth-route=^/public$'])
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=/x')
    await guessUntilThrottled(gate, 'account of the app')
    const header = asProgram(gate, 'account of the app:password of the app', cookiesOf(alice))
    expect((await header()).status).toBe(200)
    expect(gate.platform.plans.at(-1)?.headers.join()).toContain('Authorization,Basic ')
    expect((await asProgram(gate, 'account of the app:guess')('/public')).status).toBe(200)
  })

  it('too many wrong passwords are told in the form, with the time until another try', async () => {
    const gate = await start()
    const carol = gate.visitor()
    for (let at = 0; at < 5; at += 1) {
      const wrong = await post(carol, { username: 'carol', password: `guess ${at}`, rd: '/' })
      expect(wrong.status).toBe(401)
      expect(wrong.text.slice(wrong.text.indexOf('<form'))).toContain('role="alert"')
    }
    const last = await post(carol, { username: 'carol', password: 'demo', rd: '/' })
    expect(last.status).toBe(429)
    expect(last.headers.get('retry-after')).toBe('60')
    expect(last.text.slice(last.text.indexOf('<form'))).toContain('Wait a moment')
  })

  it('wrong passwords stand in the log with the limit that they met, and without a name or a password', async () => {
    const gate = await start()
    await guessUntilThrottled(gate)
    await asProgram(gate, 'carol:demo')()
    const events = gate.platform.lines.filter(({ event }) => event === 'basic_refused')
    expect(events.map(({ code, limit, level }) => [code, limit, level])).toEqual([
      ...Array(5).fill(['credentials_wrong', undefined, 'info']),
      ['too_many_attempts', 'client and user', 'warn'],
    ])
    expect(JSON.stringify(events)).not.toMatch(/carol|guess|demo/u)
  })
})
