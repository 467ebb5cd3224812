import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { ask } from '../../support/wire.ts'
import type { Yard } from '../server-fixture.ts'

const FORM = [
  'Host',
  'app.example.com',
  'Origin',
  'https://app.example.com',
  'Content-Type',
  'application/x-www-form-urlencoded',
]

/** People from an htpasswd file. */
export function localUsers(yard: Yard): void {
  describe('a local user', () => {
    it('a local user signs in with a password that bcrypt compares, until the line is gone from the file', async () => {
      const users = join(yard.folder, 'users')
      const other = `bob:${hashSync('secret', 6)}\n`
      writeFileSync(users, `alice:${hashSync('correct horse', 4)}\n${other}`)
      const gate = await yard.open({ OAUTH2_PROXY_HTPASSWD_FILE: users })
      const url = gate.urls[0] ?? ''
      const statusOf = async (headers: readonly string[]): Promise<number> =>
        (await ask(url, { headers: ['Host', 'app.example.com', ...headers] })).status
      const basic = (pair: string) => ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
      expect(await statusOf(basic('alice:correct horse'))).toBe(200)
      expect(await statusOf(basic('alice:Correct horse'))).toBe(401)
      expect(await statusOf(basic('carol:correct horse'))).toBe(401)
      const body = 'username=alice&password=correct+horse&rd=%2F'
      const answer = await ask(url, { method: 'POST', target: '/oauth2/sign_in', headers: FORM, body })
      expect(answer.status).toBe(302)
      const at = answer.lines.findIndex((name) => name.toLowerCase() === 'set-cookie')
      const cookie = ['Cookie', answer.lines[at + 1]?.split(';')[0] ?? '']
      expect(await statusOf(cookie)).toBe(200)
      writeFileSync(users, other)
      await expect.poll(() => statusOf(cookie), { timeout: 15_000, interval: 200 }).toBe(401)
      expect(await statusOf(basic('alice:correct horse'))).toBe(401)
      expect(await statusOf(basic('bob:secret'))).toBe(200)
      expect(gate.output()).not.toContain('Bug:')
    })
  })
}
