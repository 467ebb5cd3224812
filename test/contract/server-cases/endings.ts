import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { after } from '../../support/fake-server.ts'
import { aResponse, startRawUpstream } from '../../support/raw-upstream.ts'
import type { Served } from '../../support/served.ts'
import { ask } from '../../support/wire.ts'
import { HOST, signIn, visitorOf } from '../contract-fixture.ts'
import type { Yard } from '../server-fixture.ts'

/** How a program ends: orchestrators send SIGTERM, and nobody's request may be lost. */
export function endings(yard: Yard): void {
  describe('the end', () => {
    it.each(['SIGTERM', 'SIGINT'] as const)('comes at once when nothing is under way: %s', async (signal) => {
      const gate = await yard.open()
      await ask(gate.urls[0] ?? '', { target: '/ping' })
      const beganMs = Date.now()
      expect(await gate.stop(signal)).toBe(0)
      expect(Date.now() - beganMs).toBeLessThan(3000)
    })

    it('waits for what is under way and takes nothing new', async () => {
      const app = await startRawUpstream((socket) => {
        setTimeout(() => socket.write(aResponse('slowly')), 800)
      })
      const gate = await yard.open({ OAUTH2_PROXY_UPSTREAMS: `http://127.0.0.1:${app.port}` })
      const url = gate.urls[0] ?? ''
      const slow = ask(url, { target: '/public/slow' })
      await app.waitFor((received) => received.length > 0)
      const stopped = gate.stop('SIGTERM')
      await sleep(200)
      await expect(ask(url, { target: '/ping' })).rejects.toThrow()
      expect([(await slow).status, (await slow).text]).toEqual([200, 'slowly'])
      expect(await stopped).toBe(0)
      await app.close()
    })

    it('waits for a refresh, and its cookie leaves [SL-27]', async () => {
      const settings = { OAUTH2_PROXY_COOKIE_REFRESH: '1s' }
      const gate = await yard.open(settings)
      const ofGate = ({ urls }: Served) => ({ url: urls[0] ?? '' })
      const cookie = await signIn(visitorOf(ofGate(gate)))
      await sleep(1200)
      const asked = yard.provider.hits.token
      yard.provider.scripts.token = after(3000)
      const slow = ask(ofGate(gate).url, { headers: [...HOST, 'Cookie', cookie] })
      await expect.poll(() => yard.provider.hits.token).toBe(asked + 1)
      const stopped = gate.stop('SIGTERM')
      const answer = await slow
      delete yard.provider.scripts.token
      const renewed = answer.all('set-cookie')[0]?.split(';')[0] ?? ''
      expect([answer.status, await stopped]).toEqual([200, 0])
      // Its refresh token is the one that the provider knows.
      const next = await yard.open(settings)
      const refreshed = await ask(ofGate(next).url, {
        method: 'POST',
        target: '/oauth2/session/refresh',
        headers: [...HOST, 'Cookie', renewed, 'Origin', 'https://app.example.com'],
        body: '',
      })
      expect(refreshed.status).toBe(200)
    }, 30_000)

    it('is told to WebSockets, so that they come back elsewhere', async () => {
      const gate = await yard.open()
      const socket = new WebSocket(`${gate.urls[0]?.replace('http', 'ws')}/public/ws`, {
        headers: { Host: 'app.example.com' },
      })
      await once(socket, 'open')
      const closed = once(socket, 'close')
      expect(await gate.stop('SIGTERM')).toBe(0)
      expect((await closed)[0]).toBe(1001)
    })
  })

  describe('a start', () => {
    it('with settings that make no sense ends with a sentence for each and status 1', async () => {
      const start = yard.open({ OAUTH2_PROXY_UPSTREAMS: 'ftp://x', OAUTH2_PROXY_COOKIE_SECRET: 'short' })
      await expect(start).rejects.toThrow(/fix 2 settings/u)
    })

    it('on an address that is taken says so', async () => {
      const first = await yard.open()
      const taken = new URL(first.urls[0] ?? '').host
      await expect(yard.open({ OAUTH2_PROXY_HTTP_ADDRESS: taken })).rejects.toThrow(
        /another program does already/u,
      )
    })
  })
}
