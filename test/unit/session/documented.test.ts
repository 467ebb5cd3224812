import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeSession } from '../../../src/session/payload.ts'
import type { Session, Tokens } from '../../../src/session/session.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { aGate, aToken, cookiesOf, someGroups, type Wishes } from './refresh-fixture.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/sessions.md'), 'utf8')
const GROUPS = someGroups(200)
const PASSES: Wishes = { headers: headersOf('--pass-access-token') }

function withTokens(tokens: Partial<Tokens>, more: Partial<Session> = {}): Session {
  const none = { access: undefined, id: undefined, refresh: undefined, accessExpiresAtMs: NOW_MS + 300_000 }
  return aSession({ ...more, tokens: { ...none, ...tokens } })
}

/** Settings and session of each row of the table, by its first cell. */
const ROWS: Readonly<Record<string, [Wishes, Session]>> = {
  'identity and a group': [{}, withTokens({})],
  'with a refresh token of 300 characters': [{}, withTokens({ refresh: aToken(300) })],
  'with an access token of 1,500 and a refresh token of 1,200 characters': [
    PASSES,
    withTokens({ access: aToken(1500), refresh: aToken(1200) }),
  ],
  '200 groups of 36 characters (Entra object ids)': [{}, withTokens({}, { groups: GROUPS })],
  'the same with `session-groups=named` and three named': [
    { session: { groups: 'named' }, allowedGroups: GROUPS.slice(0, 3) },
    withTokens({}, { groups: GROUPS }),
  ],
  'an access token of 8,000 characters': [PASSES, withTokens({ access: aToken(8000) })],
}

describe('docs/sessions.md', () => {
  it.each(Object.entries(ROWS))(
    'docs/sessions.md tells what %s takes, to five per cent',
    async (name, [wishes, session]) => {
      const [, bytes = '', count] =
        PAGE.split('\n')
          .find((line) => line.startsWith(`| ${name} |`))
          ?.match(/\| ([^|]+) \| (\d) \|$/u) ?? []
      const gate = await aGate({ ...wishes, processId: 'A1b2C3' })
      const cookies = await cookiesOf(gate, session)
      const taken = cookies.reduce(
        (sum, cookie) => sum + cookie.name.length + cookie.value.length + '=; '.length,
        0,
      )
      expect(cookies).toHaveLength(Number(count))
      const [, told = ''] = /([\d,]+)$/u.exec(bytes) ?? []
      const expected = Number(told.replaceAll(',', ''))
      expect([name, Math.abs(taken - expected) / expected < 0.05, taken]).toEqual([name, true, taken])
    },
  )

  it('docs/sessions.md names every member that a session is written with', async () => {
    const more = { user: 'al', sid: 'op-session-1', claims: { tenant: 'acme' } }
    const full = withTokens({ access: 'AT', id: 'IT', refresh: 'RT' }, { ...more, refreshedBy: 'A1b2C3' })
    const bytes = await encodeSession(full)
    if (!bytes.ok) throw new Error(bytes.problem)
    const members = Object.keys(JSON.parse(new TextDecoder().decode(bytes.value.subarray(1))))
    expect(members).toHaveLength(20)
    expect([...members, 'rec'].filter((member) => !PAGE.includes(`\`${member}\``))).toEqual([])
  })
})

describe('a session that was recorded when it was sealed', () => {
  // Recorded under the secret, deployment and clock of these tests. Never to be recorded again.
  const RECORDED =
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwidHlwIjoic2ctc2Vzc2lvbiIsImtpZCI6ImdtakItZUJBIn0..PxyjjJBR1td' +
    'jt7bC.JGClaH5li-i2k7PYpyzxvR6hBBOlniZ0_6fTbjIVvTnOcGPbUj57ZIEH1PYilz77Wysz0sCU-VYB7DnmNgYL6MX-Gf4K7B' +
    'vzvRhFsunOorKUpJlltaCagovz5uHffE8lTU0hCuBEe86Baw02CNihf-8HnWtHa422Zw8yV0nCkdhSUIYEst0BDQEWuO1uptmuMu' +
    'jWR7hAc1m44wqrfV-HARJ9IMpudz8ruCJXxMwKUj96m7uwG1pKjzR-e2XR4z-QRD31Cd_1KujIHeOKsI4z72GHC5zKR1odm5dgxB' +
    'IRnJ-x39-C3qmOnxS1LoLGiDKuYaU.3M8aNoTl0OFBdc_RomY8dg'

  it('a session that version 0.1 sealed opens, so that an update of the program signs no one out', async () => {
    const { store } = await aGate()
    expect(await store.read(RECORDED)).toEqual(aSession())
  })
})
