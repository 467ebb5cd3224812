import { describe, expect, it } from 'vitest'
import type { EventName, FinishedRequest } from '../../../src/observe/event.ts'
import { createLog } from '../../../src/observe/log.ts'
import { toExposition } from '../../../src/observe/metrics/exposition.ts'
import { createCounter, createHistogram, createReading } from '../../../src/observe/metrics/instruments.ts'
import { createMetrics } from '../../../src/observe/metrics/metrics.ts'
import { readExposition } from '../../support/exposition.ts'

const FINISHED: FinishedRequest = {
  requestId: 'request-1',
  method: 'GET',
  host: 'app.example.com',
  path: '/inbox',
  status: 200,
  bytes: 512,
  durationMs: 7,
  client: '192.0.2.7',
  user: 'alice@example.com',
  upstream: '/',
  verdict: 'allow',
  userAgent: 'Mozilla/5.0',
  aborted: false,
}

function someMetrics() {
  const metrics = createMetrics({
    providers: ['oidc', 'github'],
    version: '1.2.3',
    runtime: 'node',
    families: [],
  })
  const log = createLog([metrics.sink])
  return {
    log,
    finish: (...requests: readonly Partial<FinishedRequest>[]) => {
      for (const request of requests) {
        if (request.unread === undefined) log.started?.()
        log.finished({ ...FINISHED, ...request })
      }
    },
    tell: (event: EventName, fields = {}) => log.event(event, 'info', fields),
    scrape: () => readExposition(toExposition(metrics.families)),
    text: () => toExposition(metrics.families),
  }
}

describe('the exposition text', () => {
  it('the exposition escapes help and label values as the format says', () => {
    const counter = createCounter({ name: 'a_total', help: 'back\\slash\nline', labels: ['path'] })
    counter.cell('C:\\DIR\n"x"é').value = 1.5
    const text = toExposition([counter])
    expect(text).toBe(
      '# HELP a_total back\\\\slash\\nline\n# TYPE a_total counter\na_total{path="C:\\\\DIR\\n\\"x\\"é"} 1.5\n',
    )
    expect(readExposition(text).valuesOf('a_total', 'path')).toEqual(['C:\\DIR\n"x"é'])
  })

  it('the exposition is sorted by name, and leaves out a family that has nothing to tell', () => {
    const gauge = (name: string, value: number | undefined) =>
      createReading({ name, help: 'A number.', type: 'gauge' }, () => value)
    const text = toExposition([gauge('b', Number.POSITIVE_INFINITY), gauge('c', undefined), gauge('a', 1e21)])
    expect(text.match(/^[a-z]+ .*$/gmu)).toEqual(['a 1e+21', 'b +Inf'])
    expect(text).not.toContain('# TYPE c')
  })

  it('a histogram counts a value on a bound in that bucket, and all of them in the last', () => {
    const sizes = createHistogram({ name: 'size_bytes', help: 'Sizes.', bounds: [1, 2.5, 10] })
    for (const value of [0, 1, 2, 2.5, 11]) sizes.cell().observe(value)
    const text = toExposition([sizes])
    expect(readExposition(text).buckets('size_bytes')).toEqual(
      new Map([
        ['1', 2],
        ['2.5', 4],
        ['10', 4],
        ['+Inf', 5],
      ]),
    )
    expect(text).toContain('size_bytes_sum 16.5\nsize_bytes_count 5\n')
  })

  it('a counter keeps its lines bounded, whatever it is given [DS-71]', () => {
    const counter = createCounter({ name: 'a_total', help: 'A.', labels: ['one', 'two'] })
    for (let at = 0; at < 5000; at += 1) counter.cell(`${at}`, 'x').value += 1
    const scraped = readExposition(toExposition([counter]))
    expect(scraped.lines).toBeLessThanOrEqual(1001)
    expect(scraped.value('a_total', { one: 'other', two: 'other' })).toBe(4000)
  })
})

describe("oauth2-proxy's families", () => {
  it("oauth2-proxy's families have its names, types, labels and buckets", () => {
    const { finish, scrape } = someMetrics()
    finish({}, { status: 403, method: 'POST', verdict: 'deny', durationMs: 2600, upstream: undefined })
    const scraped = scrape()
    expect([...scraped.types].filter(([name]) => name.startsWith('oauth2_proxy_'))).toEqual([
      ['oauth2_proxy_requests_in_flight', 'gauge'],
      ['oauth2_proxy_requests_total', 'counter'],
      ['oauth2_proxy_response_duration_seconds', 'histogram'],
    ])
    expect(scraped.labelsOf('oauth2_proxy_requests_total')).toEqual(['code'])
    expect(scraped.value('oauth2_proxy_requests_total', { code: '403' })).toBe(1)
    const ofPost = scraped.buckets('oauth2_proxy_response_duration_seconds', { method: 'post' })
    expect([...ofPost.keys()].join(' ')).toBe('0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf')
    expect([ofPost.get('2.5'), ofPost.get('5')]).toEqual([0, 1])
    const ofGet = scraped.buckets('oauth2_proxy_response_duration_seconds', { method: 'get' })
    expect([ofGet.get('0.005'), ofGet.get('0.01')]).toEqual([0, 1])
  })

  it("oauth2-proxy's families leave out health checks, as there, and count what was refused unread", () => {
    const { finish, scrape } = someMetrics()
    finish({ verdict: 'ping', upstream: undefined }, { verdict: 'ready', upstream: undefined })
    finish({ verdict: 'overloaded', status: 503, unread: true, upstream: undefined })
    const scraped = scrape()
    expect(scraped.value('oauth2_proxy_requests_total', { code: '200' })).toBe(0)
    expect(scraped.value('oauth2_proxy_requests_total', { code: '503' })).toBe(1)
    expect(scraped.value('sidegate_requests_total', { verdict: 'ping' })).toBe(1)
    expect(scraped.value('sidegate_requests_total', { verdict: 'overloaded' })).toBe(1)
  })

  it('requests in flight are those that began and are not over', () => {
    const { log, finish, scrape } = someMetrics()
    log.started?.()
    log.started?.()
    finish({ verdict: 'overloaded', unread: true })
    expect(scrape().value('oauth2_proxy_requests_in_flight')).toBe(2)
    log.finished(FINISHED)
    log.finished(FINISHED)
    expect(scrape().value('oauth2_proxy_requests_in_flight')).toBe(0)
  })

  it('a method or status that anybody can make up is one label value [DS-71]', () => {
    const { finish, scrape } = someMetrics()
    for (const method of ['BREW', 'PROPFIND', 'get', '', 'X"} 1\n# TYPE evil counter', '__proto__'])
      finish({ method })
    for (const status of [0, 99, 600, 999, -1, 1e6, Number.NaN]) finish({ status })
    const scraped = scrape()
    const methods = scraped.valuesOf('oauth2_proxy_response_duration_seconds', 'method')
    expect(methods.toSorted()).toEqual(['get', 'unknown'])
    expect(scraped.value('oauth2_proxy_requests_total', { code: 'unknown' })).toBe(7)
    expect(scraped.valuesOf('oauth2_proxy_requests_total', 'code').toSorted()).toEqual(['200', 'unknown'])
  })
})

describe('families of requests', () => {
  it('a verdict of the policy is counted for requests and for questions of gateways', () => {
    const { finish, scrape } = someMetrics()
    finish({}, { verdict: 'sign-in', status: 401, upstream: undefined })
    finish({ verdict: 'auth', decision: 'deny', status: 403, upstream: undefined })
    finish({ verdict: 'callback', status: 302, upstream: undefined })
    const verdicts = ['public', 'allow', 'sign-in', 'deny']
    const scraped = scrape()
    expect(verdicts.map((verdict) => scraped.value('sidegate_policy_verdicts_total', { verdict }))).toEqual([
      0, 1, 1, 1,
    ])
    expect(scraped.value('sidegate_requests_total', { verdict: 'auth' })).toBe(1)
  })

  it('an upstream is counted by the class of its answers, and by why it gave none', () => {
    const { finish, scrape } = someMetrics()
    finish({}, { status: 404 }, { status: 101 }, { upstream: '/api/', status: 503 })
    finish({ status: 502, failure: 'upstream_unreachable' }, { status: 504, failure: 'upstream_timeout' })
    finish({ status: 499, failure: 'client_gone', aborted: true })
    // The gate itself refused this one, after it knew the upstream.
    finish({ verdict: 'deny', status: 403 })
    const scraped = scrape()
    const answers = (upstream: string, of: string) =>
      scraped.value('sidegate_upstream_responses_total', { upstream, class: of })
    expect([answers('/', '2xx'), answers('/', '4xx'), answers('/', '1xx'), answers('/api/', '5xx')]).toEqual([
      1, 1, 1, 1,
    ])
    expect(answers('/', '5xx')).toBe(0)
    expect(scraped.valuesOf('sidegate_upstream_failures_total', 'reason')).toEqual([
      'upstream_unreachable',
      'upstream_timeout',
    ])
    expect(scraped.value('sidegate_requests_aborted_total')).toBe(1)
  })
})

describe('families of sign-ins and sessions', () => {
  it('a sign-in is counted by its provider and its outcome, with the size of its cookies', () => {
    const { tell, scrape } = someMetrics()
    tell('sign_in_started', { provider: 'oidc' })
    tell('sign_in_succeeded', { provider: 'oidc', cookie_bytes: 1500 })
    tell('sign_in_succeeded', { source: 'local', cookie_bytes: 400 })
    tell('sign_in_failed', { provider: 'github', code: 'not_permitted' })
    tell('sign_in_restarted', { provider: 'oidc', code: 'state_expired' })
    const scraped = scrape()
    const signIns = (provider: string, outcome: string) =>
      scraped.value('sidegate_sign_ins_total', { provider, outcome })
    expect([
      signIns('oidc', 'succeeded'),
      signIns('local', 'succeeded'),
      signIns('github', 'not_permitted'),
    ]).toEqual([1, 1, 1])
    expect(signIns('github', 'succeeded')).toBe(0)
    expect(scraped.valuesOf('sidegate_sign_ins_total', 'outcome')).toEqual(['succeeded', 'not_permitted'])
    expect(scraped.value('sidegate_sign_ins_started_total', { provider: 'oidc' })).toBe(1)
    expect(
      scraped.value('sidegate_sign_ins_restarted_total', { provider: 'oidc', reason: 'state_expired' }),
    ).toBe(1)
    const sizes = scraped.buckets('sidegate_session_cookie_bytes')
    expect([sizes.get('512'), sizes.get('1024'), sizes.get('2048')]).toEqual([1, 1, 2])
  })

  it('a provider or a code that the program does not know is one label value [DS-71]', () => {
    const { tell, scrape } = someMetrics()
    for (const name of ['evil', 'oidc2', '__proto__', 'constructor'])
      tell('sign_in_failed', { provider: name, code: name })
    expect(scrape().valuesOf('sidegate_sign_ins_total', 'provider')).toEqual(['oidc', 'github', 'unknown'])
    expect(scrape().value('sidegate_sign_ins_total', { provider: 'unknown', outcome: 'unknown' })).toBe(4)
  })

  it.each([
    ['session_refreshed', 'renewed', ''],
    ['session_refresh_refused', 'refused', 'refresh_refused'],
    ['session_refresh_ended', 'ended', 'id_token_invalid'],
    ['session_refresh_failed', 'failed', 'provider_unreachable'],
  ] as const)('a refresh is counted by its outcome: %s', (event, outcome, code) => {
    const { tell, scrape } = someMetrics()
    tell(event, { provider: 'oidc', ...(code === '' ? {} : { code }) })
    expect(scrape().value('sidegate_session_refreshes_total', { provider: 'oidc', outcome, code })).toBe(1)
  })

  it('a look for a session is counted by what was found', () => {
    const { log, scrape } = someMetrics()
    for (const outcome of ['active', 'active', 'none', 'expired', 'key'] as const)
      log.sessionLoaded?.(outcome)
    const found = (outcome: string) => scrape().value('sidegate_session_loads_total', { outcome })
    expect(['active', 'none', 'expired', 'key'].map(found)).toEqual([2, 1, 1, 1])
  })

  it('a sign-out, a refused header, a trimmed session and an ended stream are counted', () => {
    const { tell, scrape } = someMetrics()
    tell('signed_out')
    tell('backchannel_logout')
    tell('basic_refused', { code: 'credentials_wrong' })
    tell('bearer_refused', { code: 'bearer_invalid' })
    tell('session_trimmed')
    tell('stream_ended')
    const scraped = scrape()
    expect([
      scraped.value('sidegate_sign_outs_total', { kind: 'browser' }),
      scraped.value('sidegate_sign_outs_total', { kind: 'backchannel' }),
      scraped.value('sidegate_credentials_refused_total', { scheme: 'basic', code: 'credentials_wrong' }),
      scraped.value('sidegate_credentials_refused_total', { scheme: 'bearer', code: 'bearer_invalid' }),
      scraped.value('sidegate_sessions_trimmed_total'),
      scraped.value('sidegate_streams_ended_total'),
    ]).toEqual([1, 1, 1, 1, 1, 1])
  })
})

describe('what nothing has happened to', () => {
  it('metrics stand at 0 before the first event, so that the first is an increase', () => {
    const scraped = someMetrics().scrape()
    const from = [
      ['sidegate_sign_ins_total', { provider: 'oidc', outcome: 'succeeded' }],
      ['sidegate_policy_verdicts_total', { verdict: 'deny' }],
      ['sidegate_requests_aborted_total', {}],
    ] as const
    for (const [family, labels] of from) expect(scraped.value(family, labels)).toBe(0)
    expect(someMetrics().text()).toContain(
      'sidegate_sign_ins_total{provider="github",outcome="succeeded"} 0\n',
    )
    expect(scraped.value('sidegate_build_info', { version: '1.2.3', runtime: 'node' })).toBe(1)
  })

  it('a log without metrics is told neither of beginnings nor of sessions', () => {
    const log = createLog([{ request: () => {} }])
    expect([log.started, log.sessionLoaded]).toEqual([undefined, undefined])
  })
})
