import { connect, type Socket } from 'node:net'

/** One answer as it was on the wire; text is one character a byte. */
export interface RawResponse {
  readonly status: number
  /** Name, value, name, value. */
  readonly lines: readonly string[]
  /** Value of the first line of this name; undefined when absent. */
  header(name: string): string | undefined
  /** Values of all lines of this name. */
  all(name: string): readonly string[]
  readonly body: string
}

/** A client that speaks bytes. Everything that it waits for is bounded in time. */
export interface RawClient {
  readonly socket: Socket
  write(bytes: string | Buffer): void
  /** The next answer on this connection; `method` is that of the request, which decides about the body. */
  response(method?: string): Promise<RawResponse>
  /** Settles when the gate has closed the connection, with the bytes that were not read as an answer. */
  closed(): Promise<string>
}

/** Where a client comes from and how long it waits. */
export interface Dialling {
  /** Own address, `127.0.0.2` for one that the gate takes for another machine. */
  readonly from?: string
  readonly timeoutMs?: number
}

/** What a request on the wire consists of. */
export interface RawRequest {
  readonly method?: string
  readonly host?: string
  /** Complete lines, `Name: value`. */
  readonly lines?: readonly string[]
  readonly body?: string
  readonly version?: string
}

/** A request as text, framed by Content-Length when it has a body. */
export function rawRequest(target: string, given: RawRequest = {}): string {
  const { method = 'GET', host = 'app.example.com', lines = [], body, version = 'HTTP/1.1' } = given
  const framing = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  return [`${method} ${target} ${version}`, `Host: ${host}`, ...lines, ...framing, '', body ?? ''].join(
    '\r\n',
  )
}

/** Connects to a port of this machine. */
export function dial(port: number, { from, timeoutMs = 15_000 }: Dialling = {}): RawClient {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(from === undefined ? {} : { localAddress: from }),
  })
  socket.setNoDelay(true)
  let pending = ''
  let over = false
  const waiters = new Set<() => void>()
  const wake = (): void => {
    for (const waiter of [...waiters]) waiter()
  }
  socket.on('data', (bytes) => {
    pending += bytes.toString('latin1')
    wake()
  })
  // A reset is an end as well: tests look at what came before it.
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.on('close', () => {
    over = true
    wake()
  })

  function until<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look()
        if (found === undefined && !over) return
        clearTimeout(timer)
        waiters.delete(check)
        if (found === undefined) reject(new Error(`Closed without ${what}: ${JSON.stringify(pending)}`))
        else resolve(found)
      }
      const timer = setTimeout(() => {
        waiters.delete(check)
        socket.destroy()
        reject(new Error(`No ${what} within ${timeoutMs} ms: ${JSON.stringify(pending.slice(0, 500))}`))
      }, timeoutMs)
      waiters.add(check)
      check()
    })
  }

  return {
    socket,
    write: (bytes) => void socket.write(bytes, 'latin1'),
    response: (method = 'GET') =>
      until(() => {
        const read = readResponse(pending, method, over)
        if (read !== undefined) pending = pending.slice(read.length)
        return read?.response
      }, 'answer'),
    closed: () => until(() => (over ? pending : undefined), 'end'),
  }
}

/** Sends one request on a connection of its own and reads one answer; undefined when there was none. */
export async function tell(
  port: number,
  request: string,
  dialling: Dialling = {},
): Promise<RawResponse | undefined> {
  const client = dial(port, dialling)
  client.write(request)
  const method = request.slice(0, request.indexOf(' '))
  const response = await client.response(method).catch(() => undefined)
  client.socket.destroy()
  return response
}

function readResponse(
  text: string,
  method: string,
  over: boolean,
): { response: RawResponse; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...rest] = text.slice(0, end).split('\r\n')
  const lines = rest.flatMap((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const all = (name: string): string[] =>
    lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name.toLowerCase())
  const status = Number(first.split(' ')[1])
  const framed = readBody(text.slice(end + 4), { method, status, over, all })
  if (framed === undefined) return undefined
  const response = { status, lines, all, header: (name: string) => all(name)[0], body: framed.body }
  return { response, length: end + 4 + framed.length }
}

function readBody(
  text: string,
  head: { method: string; status: number; over: boolean; all: (name: string) => string[] },
): { body: string; length: number } | undefined {
  const { method, status, over, all } = head
  const [length] = all('content-length')
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { body: '', length: 0 }
  if (all('transfer-encoding').length > 0) return readChunks(text)
  if (length === undefined) return over ? { body: text, length: text.length } : undefined
  return text.length < Number(length)
    ? undefined
    : { body: text.slice(0, Number(length)), length: Number(length) }
}

/** A chunked body (RFC 9112 §7.1) without extensions or trailers, which the gate never sends. */
export function readChunks(text: string): { body: string; length: number } | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    const next = end + 2 + size + 2
    if (Number.isNaN(size)) throw new Error(`Not a chunk: ${JSON.stringify(text.slice(at, end))}`)
    if (text.length < next) return undefined
    body += text.slice(end + 2, end + 2 + size)
    if (size === 0) return { body, length: next }
    at = next
  }
}
