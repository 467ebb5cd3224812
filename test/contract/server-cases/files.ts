import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startRedis } from '../../support/redis.ts'
import { createVisitor, type Visitor } from '../../support/visitor.ts'
import { ask } from '../../support/wire.ts'
import { signIn } from '../contract-fixture.ts'
import type { Yard } from '../server-fixture.ts'

/** Settings in files, files that change, and processes that share something. */
export function files(yard: Yard): void {
  const statusFor = async (url: string, cookie: string): Promise<number> =>
    (await ask(url, { headers: ['Host', 'app.example.com', 'Cookie', cookie] })).status

  describe('a file', () => {
    it('a file with settings is read, and one with a secret', async () => {
      const [config, secret] = [join(yard.folder, 'gate.toml'), join(yard.folder, 'secret')]
      writeFileSync(secret, yard.provider.client.secret)
      writeFileSync(config, `ping_path = "/alive"\nclient_secret_file = "${secret}"\n`)
      const gate = await yard.open({ OAUTH2_PROXY_CLIENT_SECRET: '' }, { args: [`--config=${config}`] })
      expect((await ask(gate.urls[0] ?? '', { target: '/alive' })).text).toBe('OK')
      expect(await signIn(visitorOf(gate.urls[0] ?? ''))).toContain('_oauth2_proxy')
    })

    it('a file of people who may sign in counts when it changes, also behind a symbolic link', async () => {
      const people = join(yard.folder, 'people')
      const place = (name: string): string => join(yard.folder, `people-${name}`)
      writeFileSync(place('now'), 'alice@example.com\n')
      writeFileSync(place('later'), 'bob@example.com\n')
      symlinkSync(place('now'), people)
      const gate = await yard.open({
        OAUTH2_PROXY_AUTHENTICATED_EMAILS_FILE: people,
        OAUTH2_PROXY_EMAIL_DOMAINS: '',
      })
      const cookie = await signIn(visitorOf(gate.urls[0] ?? ''))
      expect(await statusFor(gate.urls[0] ?? '', cookie)).toBe(200)
      // As Kubernetes replaces a mounted ConfigMap: a new link takes the old one's name.
      symlinkSync(place('later'), `${people}.next`)
      renameSync(`${people}.next`, people)
      await expect
        .poll(() => statusFor(gate.urls[0] ?? '', cookie), { timeout: 15_000, interval: 200 })
        .toBe(403)
    })
  })

  describe('Redis', () => {
    it.each([
      ['cookie', 401],
      ['redis', 503],
    ])('Redis tells all processes of a sign-out, with sessions in a store of %s', async (store, without) => {
      const redis = await startRedis()
      onTestFinished(redis.stop)
      const shared = {
        OAUTH2_PROXY_REDIS_CONNECTION_URL: redis.url,
        OAUTH2_PROXY_SESSION_STORE_TYPE: store,
      }
      const [one, two] = [await yard.open(shared), await yard.open(shared)]
      const visitor = visitorOf(one.urls[0] ?? '')
      const cookie = await signIn(visitor)
      expect(await statusFor(two.urls[0] ?? '', cookie)).toBe(200)
      // Not on to the provider, whose own session the next one needs.
      await visitor.visit('/oauth2/sign_out')
      await expect.poll(() => statusFor(two.urls[0] ?? '', cookie)).toBe(401)
      await redis.stop()
      // A ticket says nothing of its session, so that what became of it cannot be told.
      expect(await statusFor(two.urls[0] ?? '', cookie)).toBe(without)
      await redis.start()
      await expect.poll(() => statusFor(two.urls[0] ?? '', cookie), { timeout: 8_000 }).toBe(401)
      expect(one.output() + two.output()).not.toContain('Bug:')
    })
  })
}

function visitorOf(url: string): Visitor {
  return createVisitor({
    gateOrigin: 'https://app.example.com',
    gate: async (target, { body, headers = [], method = 'GET' }) => {
      const answer = await ask(url, { method, target, headers, ...(body === undefined ? {} : { body }) })
      const lines = answer.lines.flatMap((_, at) =>
        at % 2 === 0 ? [[answer.lines[at] ?? '', answer.lines[at + 1] ?? '']] : [],
      )
      return new Response(answer.text === '' ? null : answer.text, {
        status: answer.status,
        headers: lines as [string, string][],
      })
    },
    elsewhere: (address, init) => fetch(address, init),
  })
}
