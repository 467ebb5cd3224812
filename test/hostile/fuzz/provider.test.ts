import { expect, it } from 'vitest'
import { startGate } from '../../support/gate.ts'
import { FUZZ_TIMEOUT_MS, fuzz, mutate } from '../../support/mutator.ts'

/** Pieces that providers put where something else is expected. */
const PIECES = [
  'null',
  '""',
  '[]',
  '{}',
  'true',
  '"true"',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  '["a","b"]',
  '{"a":{"b":{}}}',
  `${'['.repeat(200)}${']'.repeat(200)}`,
  '"\\ud800"',
  '"a\\u0000b"',
]

it.each(['discovery', 'jwks', 'token', 'userinfo'] as const)(
  'whatever the %s endpoint answers is a sign-in or that provider’s fault, and no bug [ID-90]',
  async (endpoint) => {
    let answer: ((text: string) => string) | undefined
    const cases = await fuzz(async (random) => {
      const gate = await startGate()
      gate.provider.behaviour.profileOnly = ['email', 'groups']
      answer = (text) => {
        const members = Object.entries(JSON.parse(text))
        const [name] = random.pick(members)
        const changed = members.map(([key, value]) => {
          if (key !== name) return `${JSON.stringify(key)}:${JSON.stringify(value)}`
          const piece =
            random.int(2) === 0 ? random.pick(PIECES) : mutate(random, [JSON.stringify(value), ...PIECES])
          return `${JSON.stringify(key)}:${piece}`
        })
        const whole = `{${changed.join(',')}}`
        return random.int(4) === 0 ? mutate(random, [whole]) : whole
      }
      gate.provider.scripts[endpoint] = async (next) => {
        const honest = await next()
        return new Response(answer?.(await honest.text()), { status: honest.status, headers: honest.headers })
      }
      // A changed document can send the browser to a host that is not there.
      const seen = await gate
        .visitor()
        .browse('/oauth2/start?rd=%2Fdeep')
        .catch((error: unknown) =>
          String(error).includes('fetch failed') ? undefined : Promise.reject(error),
        )
      expect(gate.platform.lines.filter(({ msg }) => String(msg).startsWith('Bug'))).toEqual([])
      if (seen === undefined) return
      expect(seen.text).not.toContain('The fault is on our side')
      expect([200, 400, 401, 403, 404, 500, 502, 503]).toContain(seen.status)
    })
    expect(cases).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)
