import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeSession } from '../../../src/session/cookie/payload.ts'
import type { Session, Tokens } from '../../../src/session/session.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { aGate, aToken, cookiesOf, someGroups, type Wishes } from './refresh-fixture.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/sessions.md'), 'utf8')
const GROUPS = someGroups(200)
const PASSES: Wishes = { headers: { passAccessToken: true } }

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
      const gate = await aGate(wishes)
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
    const everything = { user: 'al', sid: 'op-session-1', localRecord: 'record' }
    const full = withTokens({ access: 'AT', id: 'IT', refresh: 'RT' }, everything)
    const bytes = await encodeSession(full)
    if (!bytes.ok) throw new Error(bytes.problem)
    const members = Object.keys(JSON.parse(new TextDecoder().decode(bytes.value.subarray(1))))
    expect(members).toHaveLength(18)
    expect(members.filter((member) => !PAGE.includes(`\`${member}\``))).toEqual([])
  })
})

describe('a session that version 0.1 sealed', () => {
  // Recorded under the secret, deployment and clock of these tests. Never to be recorded anew.
  const RECORDED =
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwidHlwIjoic2ctc2Vzc2lvbiIsImtpZCI6InhfQzlQS0NqIn0..s8F7so' +
    'nlYTNATcQv.o-XrQJiEoeQKq1Z_0rQ7UM-Y1PR7kTFUvZS0JOXX8X_i_CfGKIAC141qbSbhsSbagbE3q2u6Ru1TzznlfBjZ' +
    'NLccvs9bW8J0vn9zzV0j9ymkqWcb1pBAQ5A4ldCRvM_AzZz6Ps4FRude6-pfiSk3MgLgcz9pTWVorqMcHUm367Na9a1MirE' +
    'BlRCI8aFtQBHc7DGoftLipNwcg9bGvCiWyaVvrJdzNQ5My1qtpMMsfe3AXcnjREmfktqWdhThz1EtMT1iVF3b73q3EEEbbC' +
    '8hpUbnlwJZouMN_g.orc4C9Y8bCIpjaMH8bSXLg'

  it('a session that version 0.1 sealed opens, so that an update of the program signs no one out', async () => {
    const { store } = await aGate()
    expect(await store.openToken(RECORDED)).toEqual(aSession())
  })
})
