import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../support/mutator.ts'
import { begin, PATIENCE_MS, toAnswered, toDeviation, toResponse } from '../client.ts'
import { Deviation } from '../judge.ts'
import type { TrafficKind } from '../stage.ts'
import { APP_HEADER, someBytes } from '../world/app.ts'
import { cookieOf, keepCookies, type Person } from '../world/people.ts'
import { judgeApp, someTarget, withPerson } from './answers.ts'

const isIn = ({ state }: Person): boolean => state === 'in'

/** Bytes of a download, and of an upload. */
const LARGEST = { download: 3_000_000, upload: 400_000 }
const PIECES = 8
/** Pause between two pieces of a slow client, far below `upstream-timeout`. */
const PAUSE_MS = 150

/** An upload in pieces, with pauses, in a chunked body or one of known length; the app must have got every byte. */
const upload: TrafficKind = {
  weight: 5,
  play: (stage) =>
    withPerson(stage, isIn, async (person) => {
      const { random, world } = stage
      const body = someBytes(1 + random.int(LARGEST.upload))
      const answer = await send(world.gate().port, person, { body, target: someTarget(random), random })
      const echo = judgeApp(person, answer, 'upload')
      const sha256 = createHash('sha256').update(body).digest('hex')
      if (echo !== undefined && echo.sha256 !== sha256)
        throw new Deviation(`upload: ${echo.bytes} of ${body.length} bytes arrived, or others`)
    }),
}

/** A download whose reader takes its time; it must be whole, or be seen to be cut. */
const download: TrafficKind = {
  weight: 5,
  play: (stage) =>
    withPerson(stage, isIn, async (person) => {
      const { random, world } = stage
      const length = 1 + random.int(LARGEST.download)
      const wanted = {
        target: `/app/bytes?n=${length}`,
        headers: ['Host', 'app.example.com', 'Cookie', cookieOf(person.browser)],
        localAddress: person.address,
      }
      const answer = await begin(world.gate().port, wanted)
      const pauses = new Set(Array.from({ length: 3 }, () => random.int(20)))
      const chunks: Buffer[] = []
      try {
        for await (const chunk of answer) {
          chunks.push(chunk)
          if (pauses.has(chunks.length)) await sleep(PAUSE_MS)
        }
      } catch (error) {
        throw toDeviation(error, wanted, 'cut')
      }
      const whole = toAnswered(answer, Buffer.concat(chunks))
      const response = toResponse(whole)
      const setCookies = response.headers.getSetCookie()
      keepCookies(person, setCookies)
      const isApps = response.headers.has(APP_HEADER)
      judgeApp(
        person,
        { status: whole.status, headers: response.headers, text: isApps ? '' : whole.text, setCookies },
        'download',
      )
      if (isApps && !whole.body.equals(someBytes(length)))
        throw new Deviation(
          `download: ${whole.body.length} of ${length} bytes came as if they were all, or others`,
        )
    }),
}

export const TRANSFERS = { upload, download }

interface Upload {
  readonly target: string
  readonly body: Buffer
  readonly random: Random
}

async function send(port: number, person: Person, { target, body, random }: Upload) {
  const framing =
    random.int(2) === 0 ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', `${body.length}`]
  const sent = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: target,
    headers: ['Host', 'app.example.com', 'Cookie', cookieOf(person.browser), ...framing],
    setHost: false,
    agent: false,
    localAddress: person.address,
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const answered = new Promise<Response>((resolve, reject) => {
    sent.on('error', (error) => reject(toDeviation(error, { method: 'POST', target }, 'no connection')))
    sent.on('response', async (incoming) => {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of incoming) chunks.push(chunk)
        resolve(toResponse(toAnswered(incoming, Buffer.concat(chunks))))
      } catch (error) {
        reject(toDeviation(error, { method: 'POST', target }, 'cut'))
      }
    })
  })
  answered.catch(() => undefined)
  const piece = Math.ceil(body.length / PIECES)
  for (let at = 0; at < body.length && !sent.destroyed; at += piece) {
    sent.write(body.subarray(at, at + piece))
    if (random.int(3) === 0) await sleep(PAUSE_MS)
  }
  sent.end()
  const response = await answered
  const setCookies = response.headers.getSetCookie()
  keepCookies(person, setCookies)
  return { status: response.status, headers: response.headers, text: await response.text(), setCookies }
}
