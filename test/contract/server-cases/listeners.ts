import { renameSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../unit/runtimes/certificate-fixture.ts'
import { say } from '../http-messages.ts'
import type { Yard } from '../server-fixture.ts'
import { askUnix } from './unix.ts'

/** Addresses to listen on, and what a connection may take its time with. */
export function listeners(yard: Yard): void {
  describe('a listener', () => {
    it('a listener speaks TLS beside plain HTTP, and takes a new certificate without a restart', async () => {
      const files = { certFile: join(yard.folder, 'tls.crt'), keyFile: join(yard.folder, 'tls.key') }
      makeCertificate('first.example.com', files)
      const gate = await yard.open(
        {
          OAUTH2_PROXY_HTTPS_ADDRESS: '127.0.0.1:0',
          OAUTH2_PROXY_TLS_CERT_FILE: files.certFile,
          OAUTH2_PROXY_TLS_KEY_FILE: files.keyFile,
          OAUTH2_PROXY_TLS_MIN_VERSION: 'TLS1.3',
        },
        { listeners: 2 },
      )
      const [plain = '', secure = ''] = gate.urls
      expect(
        (await say(plain, 'GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).statuses,
      ).toEqual([200])
      expect(await askSecurely(secure, '/ping')).toBe(200)
      expect(await commonName(secure)).toBe('first.example.com')
      await expect(commonName(secure, 'TLSv1.2')).rejects.toThrow()
      makeCertificate('second.example.com', files)
      await expect
        .poll(() => commonName(secure), { timeout: 15_000, interval: 200 })
        .toBe('second.example.com')
    })

    it('a listener is a unix socket with a mode, in the place of one that no process answers on', async () => {
      const path = join(yard.folder, 'gate.sock')
      await leaveBehind(path)
      const gate = await yard.open({ OAUTH2_PROXY_HTTP_ADDRESS: `unix://${path},mode=0660` })
      expect(gate.urls).toEqual([`unix://${path}`])
      expect(statSync(path).mode & 0o777).toBe(0o660)
      expect(await askUnix(path, { path: '/ping' })).toEqual([200, 'OK'])
      expect(await askUnix(path, { path: '/public/x', headers: { Host: 'a' } })).toEqual([
        200,
        'hello from the app',
      ])
    })

    it('a listener does not wait for a head that never ends', async () => {
      const gate = await yard.open()
      const heard = await say(gate.urls[0] ?? '', 'GET /public/x HTTP/1.1\r\nHost: a\r\nX-', 2000)
      expect([heard.statuses, heard.closed]).toEqual([[408], true])
    })
  })
}

function askSecurely(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, url), { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asking.on('error', reject)
    asking.end()
  })
}

function commonName(url: string, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), rejectUnauthorized: false, maxVersion },
      () => {
        const { CN } = socket.getPeerCertificate().subject
        resolve(String(CN))
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

/** The socket file of a program that was killed: closing a server would remove it, so it is put aside meanwhile. */
async function leaveBehind(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  renameSync(path, `${path}.kept`)
  await new Promise((resolve) => server.close(resolve))
  renameSync(`${path}.kept`, path)
}
