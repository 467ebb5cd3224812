import { request } from 'node:http'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStreamApp } from '../doors/stream.ts'
import type { Door } from '../doors/target.ts'
import { cpuMicroseconds, peakMiB, resetPeak } from '../harness/proc.ts'
import { rawGet } from '../harness/raw-client.ts'
import { type Row, single } from '../harness/table.ts'
import { enterPod } from './in-pod.ts'
import type { Outcome, World } from './scene.ts'

const MIB = 1024 * 1024

/** One long download, one long upload, and many slow readers: what is under way must not pile up in the gate. */
export async function transfers(world: World): Promise<Outcome> {
  const { quick, cookies } = world
  const app = await startStreamApp()
  const { gate, leave } = await enterPod(world, app.port)
  const bytes = (quick ? 256 : 1024) * MIB
  const client = { port: gate.port, cookie: cookies.alice }
  const size = `${bytes / MIB} MiB`
  const readers = quick ? { count: 50, bytes: 4 * MIB } : { count: 200, bytes: 10 * MIB }
  const rows = [
    await watched(gate, `${size} download`, () => download({ ...client, bytes })),
    await watched(gate, `${size} upload`, () => upload({ ...client, bytes })),
    await watched(gate, `${readers.count} slow readers of ${readers.bytes / MIB} MiB`, () =>
      slowReaders({ ...client, ...readers }),
    ),
  ]
  const fate = await leave()
  await app.stop()
  return { rows: rows.map((row) => ({ ...row, note: `${row.note}; ${fate}` })) }
}

interface Transfer {
  readonly port: number
  readonly cookie: string
  readonly bytes: number
}

async function watched({ pid }: Door, what: string, work: () => Promise<void>): Promise<Row> {
  resetPeak(pid)
  const cpuBefore = cpuMicroseconds(pid)
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const cpuSeconds = (cpuMicroseconds(pid) - cpuBefore) / 1e6
  const note = `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(2)} s of CPU`
  return single({ what: `RSS: ${what}`, value: peakMiB(pid), unit: ' MiB', must: 128, aim: 100, note })
}

async function download({ port, cookie, bytes }: Transfer): Promise<void> {
  const connection = await rawGet({ port, cookie, path: `/bytes/${bytes}` })
  expectBytes(await connection.countBody(), bytes)
  connection.socket.destroy()
}

async function upload({ port, cookie, bytes }: Transfer): Promise<void> {
  const headers = { cookie, 'content-length': bytes, 'content-type': 'application/octet-stream' }
  const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/count', headers, agent: false })
  const answered = new Promise<string>((resolve, reject) => {
    sent.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve(text))
    })
  })
  const piece = Buffer.alloc(64 * 1024, 'y')
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve))
  }
  sent.end()
  await finished(sent)
  const counted = Number(await answered)
  if (counted !== bytes) throw new Error(`The app counted ${counted} of ${bytes} bytes`)
}

/** Nobody reads for three seconds, with everything asked for; then all read to the end. */
async function slowReaders({
  port,
  cookie,
  bytes,
  count,
}: Transfer & { readonly count: number }): Promise<void> {
  const asked = Array.from({ length: count }, () => rawGet({ port, cookie, path: `/bytes/${bytes}` }))
  const connections = await Promise.all(asked)
  await sleep(3000)
  const counted = await Promise.all(connections.map((connection) => connection.countBody()))
  for (const seen of counted) expectBytes(seen, bytes)
  for (const { socket } of connections) socket.destroy()
}

function expectBytes(seen: { readonly status: number; readonly bytes: number }, bytes: number): void {
  if (seen.status === 200 && seen.bytes === bytes) return
  throw new Error(`Status ${seen.status} and ${seen.bytes} bytes came instead of ${bytes}`)
}
