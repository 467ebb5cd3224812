import { describe, expect, it } from 'vitest'
import { loadLogLines } from '../../src/observe/log-lines.ts'
import { startGate } from '../support/gate.ts'
import { configOf } from '../unit/config/config-fixture.ts'

const USERS = { '/users': 'bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' }

/** A gate whose log is written in the format of oauth2-proxy too. */
async function startLogging(args: readonly string[] = [], files: Record<string, string> = USERS) {
  const lines: string[] = []
  const { log } = configOf({ args: ['--log-format=oauth2-proxy', '--errors-to-info-log'] })
  const sink = await loadLogLines(log, { now: () => 0, write: (line) => lines.push(line) })
  const gate = await startGate({ args: ['--htpasswd-file=/users', ...args], files, sinks: [sink] })
  return { gate, lines, said: (words: string) => lines.filter((line) => line.includes(words)) }
}

describe('the log in the format of oauth2-proxy', () => {
  it('a sign-in line of oauth2-proxy names the person and the client of a sign-in', async () => {
    const { gate, said } = await startLogging()
    await gate.visitor().browse('/oauth2/start')
    expect(said('[AuthSuccess]')).toEqual([
      expect.stringMatching(
        /^203\.0\.113\.7 - \S+ - alice@example\.com \[.*\] \[AuthSuccess\] Authenticated via OAuth2: Session\{email:alice@example\.com user:\S+ PreferredUsername:/u,
      ),
    ])
  })

  it('a line of oauth2-proxy names the address that a rule refuses', async () => {
    const { gate, said } = await startLogging(['--email-domain=other.example'])
    gate.provider.user = { sub: 's', email: 'eve@evil.example', email_verified: true }
    await gate.visitor().browse('/oauth2/start')
    const refused = said('[AuthFailure] Invalid authentication via OAuth2: unauthorized')
    expect(refused).toEqual([expect.stringContaining(' - eve@evil.example [')])
  })

  it('a line of oauth2-proxy names the local user whose password is wrong, and JSON does not', async () => {
    const { gate, said } = await startLogging()
    const authorization = (password: string) => ['Authorization', `Basic ${btoa(`bob:${password}`)}`]
    await gate.ask('/x', { headers: ['Host', 'app.example.com', ...authorization('wrong')] })
    await gate.ask('/x', { headers: ['Host', 'app.example.com', ...authorization('password')] })
    expect(said('not in Htpasswd File')).toEqual([expect.stringMatching(/ - bob \[.*\[AuthFailure\]/u)])
    expect(said('Authenticated via basic auth')).toEqual([
      expect.stringMatching(/ - bob \[.*\[AuthSuccess\]/u),
    ])
    const refused = gate.platform.lines.filter(({ event }) => event === 'basic_refused')
    expect(refused).toHaveLength(1)
    expect(JSON.stringify(refused)).not.toContain('bob')
    expect(gate.platform.lines.some(({ event }) => event === 'basic_accepted')).toBe(false)
  })

  it('a line of oauth2-proxy tells of a session whose address is not in the list any more', async () => {
    const files = { ...USERS, '/mails': 'alice@other.example\n' }
    const { gate, said } = await startLogging(['--authenticated-emails-file=/mails'], files)
    gate.provider.user = { sub: 's', email: 'alice@other.example', email_verified: true }
    const alice = gate.visitor()
    await alice.browse('/oauth2/start')
    expect(said('[AuthSuccess]')).toHaveLength(1)
    gate.platform.change('/mails', 'carol@example.com\n')
    await alice.visit('/reports')
    expect(said('[AuthFailure]')).toEqual([
      expect.stringContaining('Invalid authorization via session (invalid email): refusing session Session{'),
    ])
    expect(gate.platform.lines.some(({ event }) => event === 'session_denied')).toBe(false)
  })
})
