import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { begin, PATIENCE_MS } from '../client.ts'
import { Deviation } from '../judge.ts'
import { cookieOf, keepCookies, ORIGIN, type Person } from './people.ts'

/** How a stream ended: by the client, by the gate with a close code, or broken. */
export type StreamEnd = 'client' | 'broken' | number

/** A WebSocket or an event stream that is open as one person. */
export interface Stream {
  readonly what: 'WebSocket' | 'event stream'
  readonly ended: Promise<StreamEnd>
  /** Ends it from the client's side. */
  close(): void
}

/** A WebSocket that says something and hears it again. */
export interface EchoSocket extends Stream {
  /** Throws a Deviation when something else comes, or nothing. */
  converse(text: string): Promise<void>
}

/** Opens a WebSocket as a page of the app does; the app says first who it was told to serve. */
export async function openSocket(port: number, person: Person): Promise<EchoSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/app/socket`, {
    headers: { Host: 'app.example.com', Cookie: cookieOf(person.browser) },
    origin: ORIGIN,
    localAddress: person.address,
    handshakeTimeout: PATIENCE_MS,
  })
  const messages: string[] = []
  let wake = (): void => {}
  let end: StreamEnd | undefined
  let closing = false
  socket.on('upgrade', ({ headers }) => keepCookies(person, headers['set-cookie'] ?? []))
  socket.on('message', (data) => {
    messages.push(String(data))
    wake()
  })
  const ended = new Promise<StreamEnd>((resolve) => {
    socket.on('close', (code) => {
      // 1006: the connection broke without a close frame (RFC 6455 §7.1.5).
      end = closing ? 'client' : code === 1006 ? 'broken' : code
      resolve(end)
      wake()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy()
      const excuse =
        statusCode === 401
          ? 'refused'
          : statusCode === 503
            ? 'overload'
            : statusCode > 501
              ? 'no app'
              : undefined
      reject(
        new Deviation(
          `WebSocket of ${person.name} (${person.state}): ${statusCode}`,
          excuse,
          person.goodAtMs,
        ),
      )
    })
    socket.on('error', (error) =>
      reject(new Deviation(`WebSocket of ${person.name}: ${error.message}`, 'no connection')),
    )
  })

  /** The next message, or undefined when the stream ended before. */
  async function hear(): Promise<string | undefined> {
    const timer = setTimeout(() => socket.terminate(), PATIENCE_MS)
    while (messages.length === 0 && end === undefined) await new Promise<void>((resolve) => (wake = resolve))
    clearTimeout(timer)
    return messages.shift()
  }

  const first = await hear()
  if (first !== undefined && first !== person.name)
    throw new Deviation(`WebSocket of ${person.name} is one of ${first}`)
  return {
    what: 'WebSocket',
    ended,
    close() {
      closing = true
      socket.close()
    },
    async converse(text) {
      socket.send(text)
      const heard = await hear()
      if (heard === undefined)
        throw new Deviation(`WebSocket of ${person.name} ended (${end})`, 'stream ends')
      if (heard !== text) throw new Deviation(`WebSocket of ${person.name} heard "${heard.slice(0, 100)}"`)
    },
  }
}

/** Opens an event stream, whose events must come in order and as this person. `onWrong` is told what is not so. */
export async function openEvents(
  port: number,
  person: Person,
  onWrong: (what: string) => void,
): Promise<Stream> {
  const leaving = new AbortController()
  const answer = await begin(port, {
    target: '/app/events',
    headers: ['Host', 'app.example.com', 'Accept', 'text/event-stream', 'Cookie', cookieOf(person.browser)],
    localAddress: person.address,
    signal: leaving.signal,
  })
  const { headers, statusCode = 0 } = answer
  keepCookies(person, headers['set-cookie'] ?? [])
  if (statusCode !== 200) {
    answer.destroy()
    const excuse =
      statusCode === 401
        ? 'refused'
        : statusCode === 503
          ? 'overload'
          : statusCode > 501
            ? 'no app'
            : undefined
    throw new Deviation(`events of ${person.name} (${person.state}): ${statusCode}`, excuse, person.goodAtMs)
  }
  return {
    what: 'event stream',
    ended: readEvents(answer, person, onWrong).then((end) => (leaving.signal.aborted ? 'client' : end)),
    close: () => leaving.abort(),
  }
}

async function readEvents(
  answer: IncomingMessage,
  person: Person,
  onWrong: (what: string) => void,
): Promise<StreamEnd> {
  let count = 0
  let rest = ''
  try {
    for await (const chunk of answer) {
      const events = (rest + String(chunk)).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        if (event !== `data: ${count} ${person.name}`)
          onWrong(`event ${count} of ${person.name} is "${event}"`)
        count += 1
      }
    }
    // The app does not end it, and whoever cuts a chunked answer must not make it look whole.
    onWrong(`the event stream of ${person.name} was ended as if it were whole`)
    return 'broken'
  } catch {
    return 'broken'
  }
}
