import { describe, expect, it } from 'vitest'
import type { FinishedRequest, Sink } from '../../src/observe/event.ts'
import { startGate } from '../support/gate.ts'

/** What a metrics or audit sink would count: it names no endpoint, and nothing else in the program names it. */
function aCounter() {
  const counts = new Map<string, number>()
  const requests: FinishedRequest[] = []
  const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  const sink: Sink = {
    request(finished) {
      requests.push(finished)
      count(`${finished.verdict} ${finished.status}`)
    },
    event: (event, _level, { provider }) => count(`${event} ${provider ?? ''}`.trim()),
    program: (level) => count(`program ${level}`),
  }
  return { sink, counts, requests }
}

describe('a sink beside the log', () => {
  it('a sink beside the log sees each sign-in, refusal, sign-out and finished request once, whatever the log leaves out', async () => {
    const { sink, counts, requests } = aCounter()
    const quiet = ['--request-logging=false', '--auth-logging=false', '--standard-logging=false']
    const gate = await startGate({ args: quiet, sinks: [sink] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2Freports')
    await gate.ask('/api', { headers: ['Host', 'app.example.com', 'Accept', 'application/json'] })
    await gate.ask('/oauth2/callback?code=x&state=y')
    await alice.visit('/oauth2/sign_out')
    expect(Object.fromEntries(counts)).toMatchObject({
      'start 302': 1,
      'callback 302': 1,
      'allow 200': 1,
      'sign-in 401': 1,
      'state_mismatch 403': 1,
      'sign_out 302': 1,
      'sign_in_started oidc': 1,
      'sign_in_succeeded oidc': 1,
      sign_in_failed: 1,
      'signed_out oidc': 1,
    })
    expect(requests.find(({ verdict }) => verdict === 'allow')).toMatchObject({
      path: '/reports',
      upstream: '/',
      user: 'alice@example.com',
      method: 'GET',
    })
    expect(gate.platform.lines).toEqual([])
  })

  it('a sink beside the log does not take the place of the log, and several sinks hear the same', async () => {
    const [one, two] = [aCounter(), aCounter()]
    const gate = await startGate({ sinks: [one.sink, two.sink] })
    await gate.visitor().browse('/oauth2/start')
    expect(one.counts.size).toBeGreaterThan(3)
    expect([...two.counts]).toEqual([...one.counts])
    expect(gate.platform.lines.some((line) => line['event'] === 'sign_in_succeeded')).toBe(true)
  })
})
