import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { after } from '../../support/fake-server.ts'
import { freePort } from '../../support/processes.ts'
import { aResponse, startRawUpstream } from '../../support/raw-upstream.ts'
import type { Served } from '../../support/served.ts'
import { ask } from '../../support/wire.ts'
import { makeCertificate } from '../../unit/runtimes/certificate-fixture.ts'
import { HOST, signIn, visitorOf } from '../contract-fixture.ts'
import type { Yard } from '../server-fixture.ts'

/** How a program ends: orchestrators send SIGTERM, and nobody's request may be lost. */
export function endings(yard: Yard): void {
  describe('the end', () => {
    it.each(['SIGTERM', 'SIGINT'] as const)(
      'a shutdown by %s ends at once when nothing is under way',
      async (signal) => {
        const gate = await yard.open()
        await ask(gate.urls[0] ?? '', { target: '/ping' })
        const beganMs = Date.now()
        expect(await gate.stop(signal)).toBe(0)
        expect(Date.now() - beganMs).toBeLessThan(3000)
      },
    )

    it('a shutdown waits for what is under way and takes nothing new', async () => {
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

    it('a shutdown waits for a refresh, and its cookie leaves [SL-27]', async () => {
      const settings = { OAUTH2_PROXY_COOKIE_REFRESH: '1s' }
      yard.provider.user = { sub: 'alice', email: 'alice@example.com', email_verified: true }
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

    it('a shutdown is told to WebSockets, so that they come back elsewhere', async () => {
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
    it('a start with invalid settings ends with a sentence for each and status 1', async () => {
      const start = yard.open({ OAUTH2_PROXY_UPSTREAMS: 'ftp://x', OAUTH2_PROXY_COOKIE_SECRET: 'short' })
      await expect(start).rejects.toThrow(/fix 2 settings/u)
    })

    it('a start of which one address is taken is never ready', async () => {
      const first = await yard.open()
      const files = { certFile: join(yard.folder, 'ready.crt'), keyFile: join(yard.folder, 'ready.key') }
      makeCertificate('app.example.com', files)
      const port = await freePort()
      const start = yard.open({
        OAUTH2_PROXY_HTTP_ADDRESS: `127.0.0.1:${port}`,
        OAUTH2_PROXY_HTTPS_ADDRESS: new URL(first.urls[0] ?? '').host,
        OAUTH2_PROXY_TLS_CERT_FILE: files.certFile,
        OAUTH2_PROXY_TLS_KEY_FILE: files.keyFile,
      })
      const statuses = new Set<number>()
      const look = setInterval(() => {
        ask(`http://127.0.0.1:${port}`, { target: '/ready' }).then(
          ({ status }) => statuses.add(status),
          () => undefined,
        )
      }, 1)
      await expect(start).rejects.toThrow(/another program does already/u)
      clearInterval(look)
      expect(statuses).not.toContain(200)
    })

    it('a start on an address that is taken says so', async () => {
      const first = await yard.open()
      const taken = new URL(first.urls[0] ?? '').host
      await expect(yard.open({ OAUTH2_PROXY_HTTP_ADDRESS: taken })).rejects.toThrow(
        /another program does already/u,
      )
    })
  })
}
