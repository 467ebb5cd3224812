import type { Socket } from 'node:net'
import { aResponse, type Script, startRawUpstream } from '../support/raw-upstream.ts'
import { readChunks } from './client.ts'

/** One request as the app received it; text is one character a byte. */
export interface Received {
  readonly method: string
  readonly target: string
  /** Name, value, name, value. */
  readonly lines: readonly string[]
  /** Values of all lines of this name. */
  all(name: string): readonly string[]
  readonly body: string
  /** Everything, as it was on the wire. */
  readonly raw: string
  readonly connection: number
}

/** The app behind the gate: keeps every request byte for byte and answers each with what the test says. */
export interface Recorder {
  readonly port: number
  /** What has arrived since the last call, oldest first. */
  take(): readonly Received[]
  /** Connections that were ever opened. */
  readonly connections: () => number
  /** Connections that are open now. */
  readonly openConnections: () => number
  /** What is sent for each request from now on; a function may do with the socket what it likes. */
  answer(next: string | ((request: Received, socket: Socket) => void)): void
  close(): Promise<void>
}

/** Starts it on a port of the kernel's choice, answering 200 with `from the app`. */
export async function startRecorder(): Promise<Recorder> {
  const received: Received[] = []
  const read = new Map<number, number>()
  let answer: (request: Received, socket: Socket) => void = saying(aResponse('from the app'))

  const script: Script = (socket, text, connection) => {
    for (;;) {
      const from = read.get(connection) ?? 0
      const found = readRequest(text.slice(from), connection)
      if (found === undefined) return
      read.set(connection, from + found.raw.length)
      received.push(found)
      answer(found, socket)
    }
  }
  const upstream = await startRawUpstream(script)
  return {
    port: upstream.port,
    take: () => received.splice(0),
    connections: () => upstream.sockets.length,
    openConnections: () => upstream.sockets.filter((socket) => !socket.destroyed).length,
    answer(next) {
      answer = typeof next === 'string' ? saying(next) : next
    },
    close: () => upstream.close(),
  }
}

function saying(response: string): (request: Received, socket: Socket) => void {
  return (_, socket) => void socket.write(response, 'latin1')
}

/** Reads one request from the front of what a connection sent; undefined while it is incomplete. */
function readRequest(text: string, connection: number): Received | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...rest] = text.slice(0, end).split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const lines = rest.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  const all = (name: string): string[] =>
    lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name.toLowerCase())
  const content = text.slice(end + 4)
  const chunked = all('transfer-encoding').length > 0
  const framed = chunked ? readChunks(content) : readLength(content, Number(all('content-length')[0] ?? 0))
  if (framed === undefined) return undefined
  const raw = text.slice(0, end + 4 + framed.length)
  return { method, target, lines, all, body: framed.body, raw, connection }
}

function readLength(text: string, length: number): { body: string; length: number } | undefined {
  return text.length < length ? undefined : { body: text.slice(0, length), length }
}
