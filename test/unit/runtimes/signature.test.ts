import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSign } from '../../../src/proxy/signature.ts'
import { aSession } from '../../support/session.ts'
import { anExchange } from '../signin/signin-fixture.ts'
import { openDoor, type RunningServer } from './server-fixture.ts'

/** An app that tells which headers it got, and how much content. */
const app = createServer((incoming, outgoing) => {
  let bytes = 0
  incoming.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  incoming.on('end', () => outgoing.end(JSON.stringify({ headers: incoming.headers, bytes })))
})
let door: RunningServer
beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  // A server on a TCP port has an address of this kind.
  const { port } = app.address() as AddressInfo
  door = await openDoor({ upstream: port, signature: { algorithm: 'sha256', key: 'key' } })
})
afterAll(async () => {
  await door.close()
  app.close()
})

interface Asking {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

interface Seen {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: number
}

function ask(path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: door.port, path, method, headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', async (answer) => {
      const pieces = await answer.toArray()
      const text = Buffer.concat(pieces).toString()
      const seen = text.startsWith('{') ? JSON.parse(text) : { headers: {}, bytes: 0 }
      resolve({ status: answer.statusCode ?? 0, ...seen })
    })
    outgoing.end(body)
  })
}

const LENGTH = (body: string) => ({ 'content-length': Buffer.byteLength(body) })
const PLAIN = { 'content-type': 'text/plain' }

describe('the signature of requests', () => {
  // What oauth2-proxy 7.15.3 sends for these requests with --signature-key=sha256:key.
  it.each<[string, Asking, string]>([
    ['/withSignature', {}, 'osMWI8Rr0Zr5HgNq6wakrgJITVJQMmFN1fXCesrqrmM='],
    [
      '/a%20b/%C3%BC?x=1&y=%20;z=2',
      { headers: { cookie: 'a=1; b=2', date: 'Mon', authorization: 'Bearer x' } },
      'NENysHf2o7PQcYsNKmAbBsTCpP5N5RxNFVfjO/EW9qQ=',
    ],
    ['/q?', {}, 'BmM97g8y8X9j9EfKjJcFTTVoXCFItNJ4EiFx4BOiCd4='],
    [
      '/p',
      { method: 'POST', headers: { ...PLAIN, ...LENGTH('hello wörld') }, body: 'hello wörld' },
      '+0wPiM1MHk4rqUMtcbvym/SjabJU0ceXO3uvH4tclQc=',
    ],
    [
      '/chunked',
      { method: 'POST', headers: { ...PLAIN, 'transfer-encoding': 'chunked' }, body: 'hello' },
      'pba0H2Py368jEB4Q2zs5yfSDL6kx6RadTT+5qsH2dJ8=',
    ],
    [
      '/empty',
      { method: 'POST', headers: { 'content-length': 0 } },
      'OcLH3K7JKO22+8IgmQV+aqeYNT43B/V4qoTEOgsL0fw=',
    ],
    [
      '/expect',
      { method: 'POST', headers: { expect: '100-continue', ...LENGTH('body') }, body: 'body' },
      'nzqHymaDu8al4XYlA5M7SsJuJcHkVGaWjJZU02ghz1U=',
    ],
    [
      '/big',
      { method: 'PUT', headers: LENGTH('x'.repeat(3_000_000)), body: 'x'.repeat(3_000_000) },
      'hYUdhqpYuIz9mrP8pvEHms7eeTQzzPava6Ady0Fv8ts=',
    ],
  ])('a request is signed as oauth2-proxy signs it: %s', async (path, asking, signature) => {
    const seen = await ask(path, asking)
    expect(seen.headers['gap-signature']).toBe(`sha256 ${signature}`)
    expect(seen.headers['gap-auth']).toBe('')
    expect(seen.bytes).toBe(Buffer.byteLength(asking.body ?? ''))
  })

  it('a signature of a client never reaches the app [HD-70]', async () => {
    const { headers } = await ask('/withSignature', {
      headers: { 'gap-signature': 'sha256 x', 'gap-auth': 'root', GAP_AUTH: 'root' },
    })
    expect(headers['gap-signature']).toBe('sha256 osMWI8Rr0Zr5HgNq6wakrgJITVJQMmFN1fXCesrqrmM=')
    expect(headers['gap-auth']).toBe('')
    expect(JSON.stringify(headers)).not.toContain('root')
  })

  it('content that is too long to be held for its signature is refused [DS-70]', async () => {
    const body = 'x'.repeat(9 * 1024 * 1024)
    const status = await ask('/big', { method: 'PUT', headers: LENGTH(body), body }).then(
      (seen) => seen.status,
      // The rest of the content may find the connection closed.
      (error: { code: string }) => error.code,
    )
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(status)
  })

  it('the signature names the person and covers the name', () => {
    const sign = createSign(
      { algorithm: 'sha512', key: 'k' },
      { hmac: (...[hash, key, pieces]) => `${hash} ${key} ${Buffer.concat(pieces).toString()}` },
    )
    expect(sign(anExchange('/x'), aSession({ email: 'alice@example.com' }), []).headers).toEqual([
      'GAP-Auth',
      'alice@example.com',
      'GAP-Signature',
      'sha512 sha512 k GET\n\n\n\n\n\n\n\n\n\n\nalice@example.com\n/x\n',
    ])
  })
})
