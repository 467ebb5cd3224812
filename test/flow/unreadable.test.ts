import { describe, expect, it } from 'vitest'
import type { HeaderLines } from '../../src/platform.ts'
import { startGate } from '../support/gate.ts'

const HOST = ['Host', 'app.example.com']
const PAGE = ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8']
const MANY: HeaderLines = Array.from({ length: 402 }, (_, at) => (at % 2 === 0 ? 'X-Line' : 'x'))

describe('a request that cannot be read', () => {
  it.each([
    ['has too many headers', '/', [...HOST, ...PAGE, ...MANY], 431, 'Delete those of this site'],
    ['has an address that is too long', `/${'x'.repeat(16_384)}`, [...HOST, ...PAGE], 414, 'is too long'],
    ['names no host', '/', PAGE, 400, 'Host header'],
  ] as const)(
    'a request that cannot be read is told to a person on a page: it %s',
    async (_, target, headers, status, text) => {
      const gate = await startGate({ args: ['--contact=help@example.com'] })
      const answer = await gate.ask(target, { headers })
      const page = await answer.text()
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.toLowerCase()).toContain(text.toLowerCase())
      expect(page).toContain('mailto:help@example.com')
      const line = gate.platform.lines.findLast(({ msg }) => msg === 'request')
      expect(page).toContain(`>${line?.['request_id']}<`)
    },
  )

  it('a request that cannot be read is told to a program in JSON', async () => {
    const gate = await startGate()
    const answer = await gate.ask('/', { headers: [...HOST, ...MANY] })
    expect(answer.status).toBe(431)
    expect(await answer.json()).toMatchObject({ error: 'headers_too_many' })
  })

  it('a request that cannot be read is told to a person on a page when the server of the runtime refused it', async () => {
    const gate = await startGate()
    const refused = {
      reason: 'headers_too_many',
      why: 'Header overflow',
      method: 'GET',
      target: '/app?q=secret',
      client: '203.0.113.7',
      aborted: false,
    } as const
    const page = gate.app.respondUnparsed({ ...refused, wantsHtml: true })
    expect(page.status).toBe(431)
    expect(page.body).toContain('nearly always cookies')
    expect(page.body).not.toContain('secret')
    const json = gate.app.respondUnparsed({ ...refused, wantsHtml: false })
    expect(JSON.parse(json.body)).toMatchObject({ error: 'headers_too_many' })
  })
})
