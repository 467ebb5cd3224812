import { describe, expect, it } from 'vitest'
import type { HeaderLines } from '../../src/platform.ts'
import { startGate, type TestGate } from '../support/gate.ts'

const HOST = ['Host', 'app.example.com']

/** What a load balancer may send that makes a request unfit for routing or for a session. */
const UNFIT: readonly (readonly [string, HeaderLines])[] = [
  ['no Host', []],
  ['an empty Host', ['Host', '']],
  ['two Hosts', ['Host', 'a.example', 'Host', 'b.example']],
  ['a Host that is none', ['Host', 'a b/c']],
  ['cookies of RFC 2109', [...HOST, 'Cookie', '$Version=1; a=b']],
  ['cookies that are none', [...HOST, 'Cookie', ';;=; "']],
  ['a session that is none', [...HOST, 'Cookie', '__Host-_oauth2_proxy=xyz']],
]

const lastLine = (gate: TestGate) => gate.platform.lines.findLast(({ msg }) => msg === 'request')

describe('a health check', () => {
  it.each(UNFIT)('a health check is answered with %s', async (_, headers) => {
    const gate = await startGate({ args: ['--gcp-healthchecks', '--force-https', '--reverse-proxy'] })
    for (const path of ['/ping', '/ready']) {
      const answer = await gate.ask(path, { headers })
      expect([answer.status, await answer.text()]).toEqual([200, 'OK'])
      expect(lastLine(gate)).toMatchObject({ path, status: 200, verdict: path.slice(1) })
    }
    const google = [...headers, 'User-Agent', 'GoogleHC/1.0']
    expect((await gate.ask('/liveness_check', { headers: google })).status).toBe(200)
  })

  it('a health check is none when it is framed so that two programs could read two requests', async () => {
    const gate = await startGate()
    const headers = [...HOST, 'Transfer-Encoding', 'chunked', 'Content-Length', '3']
    expect((await gate.ask('/ping', { headers })).status).toBe(400)
    expect(lastLine(gate)).toMatchObject({ verdict: 'request_malformed' })
    expect((await gate.ask('/ping', { method: 'TRACE' })).status).toBe(405)
  })

  it('a health check of another agent than ping-user-agent is a request for the app, judged like all of them', async () => {
    const gate = await startGate({
      args: ['--ping-user-agent=probe/1', '--force-https', '--reverse-proxy', '--trusted-proxy-ip=10.0.0.5'],
    })
    const ask = (agent: string, more: HeaderLines = HOST) =>
      gate.ask('/ping', {
        headers: [...more, 'User-Agent', agent],
        peer: { kind: 'ip', address: '10.0.0.5' },
      })
    expect((await ask('probe/1')).status).toBe(200)
    expect((await ask('curl/8')).status).toBe(308)
    expect((await ask('curl/8', [...HOST, 'X-Forwarded-Proto', 'https'])).status).toBe(401)
    expect((await ask('curl/8', [])).status).toBe(400)
    expect(lastLine(gate)).toMatchObject({ verdict: 'host_malformed' })
  })
})

describe('a request for the app', () => {
  it.each(UNFIT.slice(0, 4))('a request for the app with %s is refused', async (_, headers) => {
    const gate = await startGate({ args: ['--skip-auth-route=^/'] })
    expect((await gate.ask('/x', { headers })).status).toBe(400)
    expect(gate.platform.plans).toEqual([])
  })

  it('a request for the app keeps its session and its other cookies beside those of RFC 2109', async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    const session = [...alice.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const cookie = `$Version=1; a="b; $Path=/"; ${session}; $path="/"; c=d;$Domain=x;$Port="80"; $e=f`
    expect((await gate.ask('/x', { headers: [...HOST, 'Cookie', cookie] })).status).toBe(200)
    const headers = gate.platform.plans.at(-1)?.headers ?? []
    expect(headers[headers.indexOf('Cookie') + 1]).toBe('a="b; c=d; $e=f')
  })
})
