import { describe, expect, it } from 'vitest'
import { toExposition } from '../../src/observe/metrics/exposition.ts'
import { createMetrics } from '../../src/observe/metrics/metrics.ts'
import { type Exposition, readExposition } from '../support/exposition.ts'
import { type AGate, startGate } from '../support/gate.ts'

const MINUTE = 60_000
const DOMAIN = ['--email-domain=example.com']

/** A gate whose metrics are on, and what a scrape says. */
async function aMeasuredGate(given: AGate = {}) {
  const metrics = createMetrics({ providers: ['oidc'], version: '1.2.3', runtime: 'node', families: [] })
  const gate = await startGate({ ...given, sinks: [metrics.sink] })
  return { gate, scrape: (): Exposition => readExposition(toExposition(metrics.families)) }
}

describe('metrics of a gate at work', () => {
  it('metrics count a sign-in from the redirect to the page of the app, and what it weighs', async () => {
    const { gate, scrape } = await aMeasuredGate()
    const alice = gate.visitor()
    expect((await alice.browse('/oauth2/start?rd=%2Freports')).status).toBe(200)
    await alice.fetch('/more')
    const seen = scrape()
    expect(seen.value('sidegate_sign_ins_started_total', { provider: 'oidc' })).toBe(1)
    expect(seen.value('sidegate_sign_ins_total', { provider: 'oidc', outcome: 'succeeded' })).toBe(1)
    expect(seen.value('sidegate_session_cookie_bytes')).toBe(1)
    expect(seen.value('sidegate_session_loads_total', { outcome: 'active' })).toBe(2)
    expect(seen.value('sidegate_policy_verdicts_total', { verdict: 'allow' })).toBe(2)
    expect(seen.value('sidegate_upstream_responses_total', { upstream: '/', class: '2xx' })).toBe(2)
    expect(seen.value('oauth2_proxy_requests_total', { code: '200' })).toBe(2)
    expect(seen.value('oauth2_proxy_requests_total', { code: '302' })).toBe(2)
    expect(seen.value('oauth2_proxy_response_duration_seconds', { method: 'get' })).toBe(4)
    expect(seen.value('oauth2_proxy_requests_in_flight')).toBe(0)
  })

  it('metrics count a sign-in that fails by its code, and by its provider where a callback tells that', async () => {
    const { gate, scrape } = await aMeasuredGate()
    gate.provider.user = { sub: 'mallory', email: 'mallory@evil.test' }
    await gate.visitor().browse('/oauth2/start')
    gate.provider.scripts.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 })
    await gate.visitor().browse('/oauth2/start')
    await gate.ask('/oauth2/callback?code=x&state=y')
    const signIns = (provider: string, outcome: string) =>
      scrape().value('sidegate_sign_ins_total', { provider, outcome })
    expect(signIns('oidc', 'not_permitted')).toBe(1)
    expect(signIns('oidc', 'code_refused')).toBe(1)
    expect(signIns('unknown', 'state_mismatch')).toBe(1)
    expect(signIns('oidc', 'succeeded')).toBe(0)
  })

  it('metrics count refreshes, their failures and a sign-out', async () => {
    const { gate, scrape } = await aMeasuredGate({ args: [...DOMAIN, '--session-revalidate=5m'] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start')
    gate.platform.pass(4 * MINUTE)
    await alice.fetch('/x')
    gate.provider.scripts.token = () => new Response('oops', { status: 500 })
    gate.platform.pass(4 * MINUTE)
    await alice.fetch('/x')
    await alice.visit('/oauth2/sign_out')
    const refreshes = (outcome: string, code: string) =>
      scrape().value('sidegate_session_refreshes_total', { provider: 'oidc', outcome, code })
    expect([refreshes('renewed', ''), refreshes('failed', 'provider_unreachable')]).toEqual([1, 1])
    expect(scrape().value('sidegate_sign_outs_total', { kind: 'browser' })).toBe(1)
  })

  it('metrics count what a gateway was told, and what the app was not asked', async () => {
    const { gate, scrape } = await aMeasuredGate({ args: [...DOMAIN, '--skip-auth-route=GET=^/public$'] })
    const headers = ['Host', 'app.example.com', 'Accept', 'application/json']
    await gate.ask('/oauth2/auth', { headers })
    await gate.ask('/inbox', { headers })
    await gate.ask('/public', { headers })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start')
    await alice.fetch('/oauth2/auth?allowed_groups=no-such-group')
    await alice.fetch('/oauth2/auth')
    const seen = scrape()
    const verdicts = ['public', 'allow', 'sign-in', 'deny'].map((verdict) =>
      seen.value('sidegate_policy_verdicts_total', { verdict }),
    )
    // The last page of the sign-in is a request for the app too.
    expect(verdicts).toEqual([1, 2, 2, 1])
    expect(seen.value('sidegate_requests_total', { verdict: 'auth' })).toBe(3)
  })

  it('metrics tell an app that is gone from one that fails by itself', async () => {
    let isGone = true
    const upstream = () => {
      if (isGone) throw new Error('connect ECONNREFUSED')
      return new Response('oops', { status: 502 })
    }
    const { gate, scrape } = await aMeasuredGate({ upstream, args: ['--skip-auth-route=^/'] })
    await gate.ask('/x')
    isGone = false
    await gate.ask('/x')
    const failed = { upstream: '/', reason: 'upstream_unreachable' }
    expect(scrape().value('sidegate_upstream_failures_total', failed)).toBe(1)
    expect(scrape().value('sidegate_upstream_responses_total', { upstream: '/', class: '5xx' })).toBe(1)
    expect(scrape().value('oauth2_proxy_requests_total', { code: '502' })).toBe(2)
  })

  it('metrics stay as many as they are, whatever strangers ask for [DS-71]', async () => {
    const { gate, scrape } = await aMeasuredGate()
    const strange = async (round: number) => {
      for (let at = 0; at < 40; at += 1) {
        const one = `${round}-${at}`
        const headers = ['Host', `${one}.example.com`, 'User-Agent', one, 'Authorization', `Basic ${one}`]
        await gate.ask(`/${one}?q=${one}`, { method: `M${one}`, headers: [...headers, 'Cookie', `a=${one}`] })
        await gate.ask(`/oauth2/callback?state=${one}&code=${one}&error=${one}`, { headers })
        await gate.ask(`/oauth2/${one}`, { headers: ['Host', `bad host ${one}`] })
      }
      return scrape().lines
    }
    const before = await strange(1)
    expect(await strange(2)).toBe(before)
  })
})
