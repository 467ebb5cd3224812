import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'

/** What the app says about a request that reached it. */
export interface Echo {
  readonly method: string
  readonly url: string
  /** Who asks, by the header that the gate sets; absent where it set none. */
  readonly user?: string
  readonly email?: string
  /** Names of all headers that could say who asks. */
  readonly identity: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

/** The app behind the gate. Every answer of its own carries `X-Soak-App`. */
export interface SoakApp {
  readonly port: number
  /** Targets that no request of the traffic may reach. */
  readonly smuggled: string[]
  close(): Promise<void>
}

/** Name of the header that only the app sets. */
export const APP_HEADER = 'x-soak-app'

/** Pause between two events, in ms. */
const TICK_MS = 200

/**
 * Listens on a free loopback port. `/app/bytes?n=` answers with so many bytes, `/app/events` with numbered events, WebSockets
 * echo and say first who they are; everything else is an Echo as JSON.
 */
export async function startSoakApp(): Promise<SoakApp> {
  const smuggled: string[] = []
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    const { url = '' } = request
    if (url.includes('smuggled')) smuggled.push(`${request.method} ${url}`)
    respond(request, response).catch(() => response.destroy())
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => socket.terminate())
    socket.on('message', (data, binary) => socket.send(data, { binary }))
    socket.send(String(request.headers['x-forwarded-user']))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  return {
    port: address.port,
    smuggled,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Bytes of `/app/bytes`, the same for each length. */
export function someBytes(length: number): Buffer {
  return Buffer.alloc(length, 'sixty-four characters that stand for all the bytes of a download')
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '' } = request
  const { pathname, searchParams } = new URL(url, 'http://app.test')
  response.setHeader(APP_HEADER, 'yes')
  if (pathname === '/app/bytes') {
    const body = someBytes(Number(searchParams.get('n')))
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length })
    response.end(body)
  } else if (pathname === '/app/events') sendEvents(request, response)
  else {
    const echo = await toEcho(request)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(echo))
  }
}

function sendEvents(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  let count = 0
  const send = (): void => {
    response.write(`data: ${count} ${request.headers['x-forwarded-user']}\n\n`)
    count += 1
  }
  const timer = setInterval(send, TICK_MS)
  response.on('close', () => clearInterval(timer))
  send()
}

async function toEcho(request: IncomingMessage): Promise<Echo> {
  const { method = '', url = '', headers } = request
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request) {
    hash.update(chunk)
    bytes += chunk.length
  }
  const user = headers['x-forwarded-user']
  const email = headers['x-forwarded-email']
  return {
    method,
    url,
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    identity: Object.keys(headers).filter((name) =>
      /^x.(?:forwarded|auth.request).(?:user|email|groups|pref)/u.test(name),
    ),
    bytes,
    sha256: hash.digest('hex'),
  }
}
