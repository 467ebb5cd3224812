import { describe, expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'

const GLANCE = {
  method: 'GET',
  target: '/report?token=secret',
  host: 'app.example.com',
  userAgent: 'curl/8',
  client: '203.0.113.7',
  wantsHtml: false,
  durationMs: 1200,
}

describe('a request that there is no time for', () => {
  it('an overloaded gate tells when to try again, by a page or by JSON that must not be stored', async () => {
    const { app } = await startGate()
    const json = app.respondOverloaded(GLANCE)
    expect(json.status).toBe(503)
    expect(json.headers.join('\n')).toMatch(/Retry-After\n1/u)
    expect(json.headers.join('\n')).toMatch(/Cache-Control\n[^\n]*no-store/u)
    expect(JSON.parse(json.body)).toEqual({
      error: 'overloaded',
      message: 'Too many requests are under way. Try again in a moment.',
    })
    const page = app.respondOverloaded({ ...GLANCE, wantsHtml: true })
    expect(page.body).toMatch(/Too many requests are under way/u)
    expect(page.body).not.toMatch(/Request id/u)
    expect(page.headers.join('\n')).toMatch(/Content-Security-Policy\ndefault-src 'none'/u)
  })

  // [flags, paths]
  it.each([
    [[], ['/ping', '/ready']],
    [['--ping-path=/alive', '--ready-path='], ['/alive']],
    [['--gcp-healthchecks'], ['/ping', '/ready', '/liveness_check', '/readiness_check']],
  ])('an overloaded gate still answers the health check %j', async (args, paths) => {
    expect((await startGate({ args })).app.probes).toEqual(paths)
  })

  it('an overloaded gate writes an access line, without the query', async () => {
    const { app, platform } = await startGate()
    app.respondOverloaded(GLANCE)
    expect(platform.lines.at(-1)).toMatchObject({
      msg: 'request',
      path: '/report',
      status: 503,
      verdict: 'overloaded',
      client: '203.0.113.7',
      duration_ms: 1200,
    })
  })
})
