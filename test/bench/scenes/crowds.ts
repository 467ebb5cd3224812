import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { startStreamApp } from '../doors/stream.ts'
import type { Door } from '../doors/target.ts'
import { peakMiB } from '../harness/proc.ts'
import { type RawConnection, rawGet } from '../harness/raw-client.ts'
import { type Row, single } from '../harness/table.ts'
import { enterPod } from './in-pod.ts'
import type { Outcome, World } from './scene.ts'

/** Many connections that hardly do anything: kept alive, or upgraded to WebSockets. */
export async function crowds(world: World): Promise<Outcome> {
  const idle = world.quick ? 1000 : 5000
  const sockets = world.quick ? 100 : 500
  const { alice } = world.cookies
  return {
    rows: [
      await withGate(world, `${idle.toLocaleString('en-US')} idle connections`, (gate) =>
        keepAlive(gate, alice, idle),
      ),
      await withGate(world, `${sockets} WebSockets that talk`, (gate) => webSockets(gate, alice, sockets)),
    ],
  }
}

/** Peak memory of a fresh gate that lived through this. */
async function withGate(world: World, what: string, work: (gate: Door) => Promise<void>): Promise<Row> {
  const app = await startStreamApp()
  const { gate, leave } = await enterPod(world, app.port)
  await work(gate)
  const value = peakMiB(gate.pid)
  const note = await leave()
  await app.stop()
  return single({ what: `RSS: ${what}`, value, unit: ' MiB', must: 128, aim: 100, note })
}

/** Each connection asks once and stays; at the end each asks once more, so none was dropped on the way. */
async function keepAlive({ port }: Door, cookie: string, count: number): Promise<void> {
  const connections: RawConnection[] = []
  // A hundred at a time: a crowd arrives within seconds, not within one.
  while (connections.length < count) {
    const next = Array.from({ length: 100 }, () => rawGet({ port, cookie, path: '/' }))
    const opened = await Promise.all(next)
    await Promise.all(opened.map(expectOk))
    connections.push(...opened)
  }
  await sleep(2000)
  for (const connection of connections) {
    connection.again()
    await expectOk(connection)
    connection.socket.destroy()
  }
}

async function expectOk(connection: RawConnection): Promise<void> {
  const { status } = await connection.countBody()
  if (status !== 200) throw new Error(`Status ${status} on an idle connection`)
}

const MESSAGES = 20

/** Every socket says 256 bytes ten times a second and waits to hear them again. */
async function webSockets({ port }: Door, cookie: string, count: number): Promise<void> {
  const origin = `http://127.0.0.1:${port}`
  const opening = Array.from({ length: count }, async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
      headers: { cookie, origin },
      handshakeTimeout: 10_000,
    })
    await once(socket, 'open')
    return socket
  })
  const sockets = await Promise.all(opening)
  await Promise.all(sockets.map(converse))
  for (const socket of sockets) socket.terminate()
}

async function converse(socket: WebSocket): Promise<void> {
  const text = 'z'.repeat(256)
  for (let said = 0; said < MESSAGES; said += 1) {
    const heard = once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
    socket.send(text)
    const [data] = await heard
    if (String(data) !== text) throw new Error('A WebSocket heard something else than it said')
    await sleep(100)
  }
}
