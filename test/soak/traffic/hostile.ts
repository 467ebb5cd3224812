import { connect } from 'node:net'
import { Deviation } from '../judge.ts'
import type { TrafficKind } from '../stage.ts'
import { SESSION_COOKIE } from '../world/people.ts'
import { addressOf } from './pages.ts'

/** Bytes that no honest client sends, and the statuses that may come back first; none is a 200 of the app. */
interface Attack {
  readonly name: string
  readonly bytes: string
  readonly statuses: readonly number[]
}

const HOST = 'Host: app.example.com\r\n'
const JUNK = 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.BBBB.CCCC'
/** A request that must never reach the app: it hides behind another. */
const HIDDEN = `GET /app/smuggled HTTP/1.1\r\n${HOST}\r\n`

const ATTACKS: readonly Attack[] = [
  { name: 'no request', bytes: 'hello\r\n\r\n', statuses: [400, 501] },
  {
    name: 'TLS on a plain port',
    bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    statuses: [400],
  },
  {
    name: 'a header without a colon',
    bytes: `GET /app/x HTTP/1.1\r\n${HOST}broken\r\n\r\n`,
    statuses: [400],
  },
  {
    name: 'a space before the colon',
    bytes: `GET /app/x HTTP/1.1\r\n${HOST}X-A : b\r\n\r\n`,
    statuses: [400],
  },
  { name: 'a bare line feed', bytes: `GET /app/x HTTP/1.1\n${HOST}\r\n\r\n`, statuses: [400] },
  { name: 'NUL in a header', bytes: `GET /app/x HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`, statuses: [400] },
  { name: 'no Host', bytes: 'GET /app/x HTTP/1.1\r\n\r\n', statuses: [400] },
  { name: 'two Hosts', bytes: `GET /app/x HTTP/1.1\r\n${HOST}${HOST}\r\n`, statuses: [400] },
  {
    name: 'a method of its own',
    bytes: `LIST /app/x HTTP/1.1\r\n${HOST}\r\n`,
    statuses: [400, 401, 405, 501],
  },
  {
    name: 'CONNECT',
    bytes: `CONNECT app.example.com:443 HTTP/1.1\r\n${HOST}\r\n`,
    statuses: [400, 401, 404, 405, 501],
  },
  {
    name: 'two lengths',
    bytes: `POST /public/x HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${HIDDEN}`,
    statuses: [400],
  },
  {
    name: 'length and chunks',
    bytes: `POST /public/x HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    statuses: [400],
  },
  {
    name: 'chunks in disguise',
    bytes: `POST /public/x HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    statuses: [400, 501],
  },
  {
    name: 'a chunk size that is none',
    bytes: `POST /public/x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
    statuses: [400],
  },
  {
    name: 'a path that climbs',
    bytes: `GET /public/..%2f/app/smuggled HTTP/1.1\r\n${HOST}Accept: */*\r\nSec-Fetch-Mode: cors\r\n\r\n`,
    statuses: [400, 401],
  },
  {
    name: 'a junk cookie',
    bytes: `GET /app/smuggled HTTP/1.1\r\n${HOST}Sec-Fetch-Mode: cors\r\nCookie: ${SESSION_COOKIE}=${JUNK}\r\n\r\n`,
    statuses: [401],
  },
  {
    name: 'junk parts of a cookie',
    bytes: `GET /app/smuggled HTTP/1.1\r\n${HOST}Sec-Fetch-Mode: cors\r\nCookie: ${SESSION_COOKIE}_0=2.AAAAAAAA.x; ${SESSION_COOKIE}_1=2.AAAAAAAA.y\r\n\r\n`,
    statuses: [401],
  },
  {
    name: 'a cookie of 40 KiB',
    bytes: `GET /app/smuggled HTTP/1.1\r\n${HOST}Cookie: ${SESSION_COOKIE}=${'x'.repeat(40_960)}\r\n\r\n`,
    statuses: [431],
  },
  {
    name: 'a thousand headers',
    bytes: `GET /app/smuggled HTTP/1.1\r\n${HOST}${Array.from({ length: 2500 }, (_, at) => `X-${at}: ${at}\r\n`).join('')}\r\n`,
    statuses: [400, 401, 431],
  },
  {
    name: 'a callback of no one',
    bytes: `GET /oauth2/callback?code=x&state=${JUNK} HTTP/1.1\r\n${HOST}Sec-Fetch-Mode: cors\r\n\r\n`,
    statuses: [303, 400, 403],
  },
  {
    name: 'a sign-out by no one',
    bytes: `POST /oauth2/backchannel_logout HTTP/1.1\r\n${HOST}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nlogout_token=eyJ.e.e`,
    statuses: [400],
  },
  { name: 'half a request', bytes: `GET /app/smuggled HTTP/1.1\r\n${HOST}X-Never: en`, statuses: [] },
]

/** One attack after another. */
const hostile: TrafficKind = {
  weight: 12,
  async play({ world, random }) {
    const attack = random.pick(ATTACKS)
    const answer = await exchange(world.gate().port, attack, addressOf(random.int(200)))
    if (world.app.smuggled.length > 0)
      throw new Deviation(`${attack.name}: the app was asked ${world.app.smuggled.splice(0).join()}`)
    if (attack.statuses.length === 0) return true
    const status = Number(/^HTTP\/1\.1 (\d{3}) /u.exec(answer)?.[1])
    if (status === 503) throw new Deviation(`${attack.name}: 503`, 'overload')
    if (Number.isNaN(status)) throw new Deviation(`${attack.name}: no answer`, 'no connection')
    if (!attack.statuses.includes(status)) throw new Deviation(`${attack.name}: ${status}`)
    return true
  },
}

export const HOSTILE = { hostile }

/** Sends the bytes and reads until the first answer's head is there; what is not answered is left after a moment. */
function exchange(port: number, { bytes, statuses }: Attack, localAddress: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect({ host: '127.0.0.1', port, localAddress })
    socket.setTimeout(statuses.length === 0 ? 300 : 20_000, () => socket.destroy())
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text
      // A second answer on the connection would be that of the hidden request.
      if (heard.includes('\r\n\r\n')) setTimeout(() => socket.destroy(), 20)
    })
    socket.on('error', (error) => {
      if (heard === '') reject(new Deviation(`hostile: ${error.message}`, 'no connection'))
    })
    socket.on('close', () => resolve(heard))
    socket.write(bytes, 'latin1')
  })
}
