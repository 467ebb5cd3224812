import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Served } from '../../support/served.ts'
import { ask, open } from '../../support/wire.ts'
import { say } from '../http-messages.ts'
import type { Yard } from '../server-fixture.ts'

const MIB = 1024 * 1024
/** What the kernel keeps on the way, and the one piece that the program has handed over. */
const BESIDE = MIB

/** What reads the log may be stopped, or slower than the log grows. */
export function log(yard: Yard): void {
  describe('a log that is not read', () => {
    it('a log that is not read keeps no request waiting and no memory, and what was lost is said first [IL-26]', async () => {
      const gate = await yard.open({ OAUTH2_PROXY_AUTH_LOGGING: 'true' })
      const [url = ''] = gate.urls
      const pieces: string[] = []
      gate.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()))
      await ask(url, { target: '/ping' })
      gate.stdout.pause()
      const before = memoryOf(gate.pid)
      const target = `/${'a'.repeat(3000)}`
      for (let at = 0; at < 60; at += 1) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => open(url, { target })))
        for (const answer of answers) answer.resume()
      }
      expect((await ask(url, { target: '/ping' })).status).toBe(200)
      // Nine megabytes of lines would be in there.
      expect(memoryOf(gate.pid) - before).toBeLessThan(64 * MIB)
      gate.stdout.resume()
      const seen = () => pieces.join('')
      await expect.poll(seen, { timeout: 5000 }).toMatch(/Log lines were lost/u)
      await ask(url, { target: '/after' })
      await expect.poll(seen, { timeout: 5000 }).toMatch(/"path":"\/after"/u)
      const lines = seen()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const gap = lines.findIndex(({ msg }) => msg.startsWith('Log lines were lost'))
      const kept = lines.slice(0, gap).reduce((sum, line) => sum + JSON.stringify(line).length, 0)
      expect(kept).toBeLessThan(MIB + BESIDE)
      // Everything that was not kept is counted.
      const requests = lines.slice(0, gap).filter(({ path }) => path?.startsWith('/aaa')).length
      expect(lines[gap].lines).toBeGreaterThanOrEqual(3000 - requests)
    }, 60_000)
  })

  describe('the provider', () => {
    const told = (gate: Served, level: string) => () =>
      gate
        .output()
        .split('\n')
        .filter((line) => line.includes(`"level":"${level}","msg":"The provider `)).length

    it('the provider is asked once after the start, and a line says that it is good', async () => {
      const before = { ...yard.provider.hits }
      const gate = await yard.open()
      await expect.poll(told(gate, 'info'), { timeout: 5_000 }).toBe(1)
      const { discovery, jwks } = yard.provider.hits
      expect([discovery - before.discovery, jwks - before.jwks]).toEqual([1, 1])
    })

    it('the provider keeps /ready at 503 where that is asked for, until it has come up', async () => {
      yard.provider.scripts.discovery = () => new Response('starting', { status: 503 })
      const gate = await yard.open({ OAUTH2_PROXY_READY_WAIT_FOR_PROVIDER: 'true' })
      const [url = ''] = gate.urls
      await expect.poll(told(gate, 'error'), { timeout: 5_000 }).toBe(1)
      expect((await ask(url, { target: '/ready' })).status).toBe(503)
      expect((await ask(url, { target: '/ping' })).status).toBe(200)
      delete yard.provider.scripts.discovery
      const ready = async () => (await ask(url, { target: '/ready' })).status
      await expect.poll(ready, { timeout: 20_000, interval: 100 }).toBe(200)
      // Lines are gathered for a moment before they are written.
      await expect.poll(() => [told(gate, 'error')(), told(gate, 'info')()]).toEqual([1, 1])
    }, 30_000)
  })

  describe('a request that the parser refuses', () => {
    it.each([
      ['LIST /v1/secret?hidden HTTP/1.1\r\nHost: a\r\n\r\n', 501, 'method_unknown'],
      ['GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'target_malformed'],
      ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'request_malformed'],
    ])(
      'a request that the parser refuses has an answer and a line: %j [SM-40]',
      async (request, status, verdict) => {
        const gate = await yard.open()
        const heard = await say(gate.urls[0] ?? '', request)
        expect(heard.statuses).toEqual([status])
        const line = () =>
          gate
            .output()
            .split('\n')
            .findLast((text) => text.includes(`"${verdict}"`))
        await expect.poll(line).toBeDefined()
        expect(JSON.parse(line() ?? '')).toMatchObject({
          msg: 'request',
          status,
          verdict,
          why: expect.any(String),
        })
        expect(gate.output()).not.toContain('hidden')
      },
    )
  })
}

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}
