import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ask } from '../../support/wire.ts'
import { makeCertificate } from '../../unit/runtimes/certificate-fixture.ts'
import { say } from '../http-messages.ts'
import type { Yard } from '../server-fixture.ts'

const PIECE = Buffer.alloc(64 * 1024, 'x')

/** Apps that are reached by other ways than plain TCP, and files. */
export function upstreams(yard: Yard): void {
  const openTlsApp = async (listener: RequestListener) => {
    const files = { certFile: join(yard.folder, 'app.crt'), keyFile: join(yard.folder, 'app.key') }
    makeCertificate('127.0.0.1', files)
    const server = createTlsServer(
      { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) },
      listener,
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    // A server on a TCP port has an address of this kind.
    return { server, origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  describe('an upstream', () => {
    it('an upstream with TLS must be who it says it is, unless the operator skips the verification', async () => {
      const { server, origin } = await openTlsApp((incoming, outgoing) => void incoming.pipe(outgoing))
      const upstream = { OAUTH2_PROXY_UPSTREAMS: origin, OAUTH2_PROXY_SKIP_AUTH_ROUTES: '^/public/' }
      const strict = await yard.open(upstream)
      const easy = await yard.open({ ...upstream, OAUTH2_PROXY_SSL_UPSTREAM_INSECURE_SKIP_VERIFY: 'true' })
      const wanted = { method: 'POST', target: '/public/x', body: 'echo' }
      expect((await ask(strict.urls[0] ?? '', wanted)).status).toBe(502)
      for (let round = 0; round < 3; round += 1) {
        expect((await ask(easy.urls[0] ?? '', wanted)).text).toBe('echo')
      }
      server.closeAllConnections()
      server.close()
    })

    it('an upstream is rid of clients that neither send what they announced nor read what they get [DS-29, DS-30]', async () => {
      let pouring: ServerResponse | undefined
      const server = createServer((incoming, outgoing) => {
        if (incoming.method === 'POST') return void incoming.resume()
        pouring = outgoing
        const pour = (): void => {
          while (outgoing.write(PIECE));
          outgoing.once('drain', pour)
        }
        pour()
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const gate = await yard.open({
        OAUTH2_PROXY_UPSTREAMS: `http://127.0.0.1:${port}`,
        OAUTH2_PROXY_SKIP_AUTH_ROUTES: '^/public/',
        OAUTH2_PROXY_UPSTREAM_TIMEOUT: '1s',
      })
      const url = gate.urls[0] ?? ''
      const lines = 'Host: a\r\nContent-Length: 100\r\n\r\n'
      expect((await say(url, `POST /public/x HTTP/1.1\r\n${lines}some`)).statuses).toEqual([408])
      const reader = request(url, { path: '/public/x' }).end()
      const [answer] = await once(reader, 'response')
      answer.on('error', () => undefined)
      answer.pause()
      await expect.poll(() => pouring?.closed, { timeout: 10_000 }).toBe(true)
      reader.destroy()
      server.closeAllConnections()
      server.close()
    }, 20_000)

    it('an upstream on a unix socket is an app like any other, WebSockets included', async () => {
      const path = join(yard.folder, 'app.sock')
      const server = createServer((_, outgoing) => outgoing.end('over unix'))
      const sockets = new WebSocketServer({ server })
      sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())))
      server.listen(path)
      await once(server, 'listening')
      const gate = await yard.open({ OAUTH2_PROXY_UPSTREAMS: `unix://${path}` })
      const url = gate.urls[0] ?? ''
      expect((await ask(url, { target: '/public/x' })).text).toBe('over unix')
      const socket = new WebSocket(`${url.replace('http', 'ws')}/public/ws`, {
        headers: { Host: 'app.example.com' },
      })
      await once(socket, 'open')
      socket.send('hi')
      expect(String((await once(socket, 'message'))[0])).toBe('hi')
      socket.close()
      server.closeAllConnections()
      server.close()
    })

    it('an upstream may be a folder: whole files, parts, conditions, no way out', async () => {
      const folder = join(yard.folder, 'site')
      mkdirSync(folder)
      writeFileSync(join(folder, 'index.html'), '<h1>Hello</h1>')
      const gate = await yard.open({ OAUTH2_PROXY_UPSTREAMS: `file://${folder}/#/public/` })
      const get = (target: string, headers: readonly string[] = []) =>
        ask(gate.urls[0] ?? '', { target, headers: ['Host', 'app.example.com', ...headers] })
      const whole = await get('/public/')
      expect([whole.status, whole.text, whole.all('content-type')]).toEqual([
        200,
        '<h1>Hello</h1>',
        ['text/html; charset=utf-8'],
      ])
      const part = await get('/public/index.html', ['Range', 'bytes=4-8'])
      expect([part.status, part.text]).toEqual([206, 'Hello'])
      expect((await get('/public/', ['If-None-Match', whole.all('etag')[0] ?? ''])).status).toBe(304)
      expect((await get('/public/none')).status).toBe(404)
      expect((await get('/public/%2e%2e/app.key')).status).not.toBe(200)
    })
  })

  describe('a provider', () => {
    it('a provider with an unsigned certificate is believed only when the operator says so', async () => {
      const { provider } = yard
      const { server, origin } = await openTlsApp(async (incoming, outgoing) => {
        const answer = await provider.app.fetch(new Request(`${provider.origin}${incoming.url}`))
        outgoing.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? '' })
        outgoing.end((await answer.text()).replaceAll(provider.origin, origin))
      })
      const start = {
        target: '/oauth2/start?rd=%2F',
        headers: ['Host', 'app.example.com', 'Accept', 'text/html'],
      }
      const issuer = { OAUTH2_PROXY_OIDC_ISSUER_URL: origin }
      const strict = await yard.open(issuer)
      expect((await ask(strict.urls[0] ?? '', start)).status).toBe(503)
      const easy = await yard.open({ ...issuer, OAUTH2_PROXY_SSL_INSECURE_SKIP_VERIFY: 'true' })
      const answer = await ask(easy.urls[0] ?? '', start)
      expect([answer.status, answer.all('location')[0]?.startsWith(origin)]).toEqual([302, true])
      server.closeAllConnections()
      server.close()
    })
  })
}
