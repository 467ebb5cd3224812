import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestText } from './request.ts'

/** Requests that come whether or not earlier ones were answered. */
export interface OpenLoad {
  readonly port: number
  readonly path: string
  readonly cookie: string
  readonly perSecond: number
  readonly seconds: number
  /** Most connections at once, as an ingress has a pool; requests beyond are not sent. */
  readonly connections: number
}

/** What became of them. */
export interface Fate {
  readonly sent: number
  /** No connection was free. */
  readonly unsent: number
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>
  /** Answers with status 503 and Retry-After. */
  readonly shed: number
  /** The connection was refused or broke, or nothing came within five seconds. */
  readonly broken: number
  /** Of answers with status 200, in ms from the moment when the request was due. */
  readonly latenciesMs: readonly number[]
}

const TICK_MS = 2
const PATIENCE_MS = 5000

/** Sends at a constant rate on connections that are kept, and follows every request to its end. */
export async function openLoop(load: OpenLoad): Promise<Fate> {
  const client = createClient(load)
  const startedAt = performance.now()
  let due = 0
  for (let elapsed = 0; elapsed < load.seconds * 1000; elapsed = performance.now() - startedAt) {
    const target = Math.floor((elapsed * load.perSecond) / 1000)
    while (due < target) {
      due += 1
      client.send(startedAt + (due * 1000) / load.perSecond)
    }
    client.giveUpOn(performance.now() - PATIENCE_MS)
    await sleep(TICK_MS)
  }
  await client.settle()
  return client.fate
}

interface Line {
  readonly socket: Socket
  dueAt: number
  head: string
}

interface Client {
  readonly fate: Fate
  send(dueAt: number): void
  giveUpOn(dueBefore: number): void
  settle(): Promise<void>
}

function createClient({ port, path, cookie, connections }: OpenLoad): Client {
  const text = requestText({ port, path, cookie })
  const fate = {
    sent: 0,
    unsent: 0,
    statuses: new Map<number, number>(),
    shed: 0,
    broken: 0,
    latenciesMs: [] as number[],
  }
  const idle: Line[] = []
  const busy = new Set<Line>()

  function answered(line: Line): void {
    const status = Number(line.head.slice(9, 12))
    fate.statuses.set(status, (fate.statuses.get(status) ?? 0) + 1)
    if (status === 200) fate.latenciesMs.push(performance.now() - line.dueAt)
    if (status === 503 && /^retry-after:/imu.test(line.head)) fate.shed += 1
    busy.delete(line)
    if (/^connection: close/imu.test(line.head)) line.socket.destroy()
    else idle.push(line)
    line.head = ''
  }

  function lost(line: Line): void {
    if (busy.delete(line)) fate.broken += 1
    const at = idle.indexOf(line)
    if (at >= 0) idle.splice(at, 1)
    line.socket.destroy()
  }

  function giveUpOn(dueBefore: number): void {
    // Oldest first: a Set keeps the order in which requests were sent.
    for (const line of busy) {
      if (line.dueAt > dueBefore) return
      lost(line)
    }
  }

  function open(): Line {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    const line: Line = { socket, dueAt: 0, head: '' }
    socket.on('data', (piece) => {
      line.head += piece.toString('latin1')
      if (isWhole(line.head)) answered(line)
    })
    socket.on('error', () => lost(line)).on('close', () => lost(line))
    return line
  }

  return {
    fate,
    send(dueAt) {
      if (idle.length === 0 && busy.size >= connections) {
        fate.unsent += 1
        return
      }
      const line = idle.pop() ?? open()
      line.dueAt = dueAt
      busy.add(line)
      fate.sent += 1
      line.socket.write(text, 'latin1')
    },
    giveUpOn,
    async settle() {
      while (busy.size > 0) {
        giveUpOn(performance.now() - PATIENCE_MS)
        await sleep(10)
      }
      for (const line of [...idle]) lost(line)
    },
  }
}

/** The answer is complete: as long as its Content-Length says, or chunked to its end. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /^content-length: (\d+)/imu.exec(text)?.[1]
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length)
}
