import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { WebSocketServer } from 'ws'

/** What the app behind the gate was asked. */
export interface Heard {
  readonly method: string
  readonly url: string
  /** Name, value, name, value as they were on the wire. */
  readonly lines: readonly string[]
  readonly body: Buffer
}

/** An app that knows nothing of sign-in and answers each path in a way of its own. */
export interface PlainApp {
  readonly origin: string
  readonly heard: Heard[]
  /** Paths of answers that the client did not wait for. */
  readonly abandoned: string[]
  /** Close codes of WebSockets. */
  readonly closes: number[]
  close(): Promise<void>
}

export const PAGE = 'hello '.repeat(2_000)
export const GZIPPED = gzipSync(PAGE)
export const BROTLI = brotliCompressSync(PAGE)
export const BIG = 8 * 1024 * 1024

/** Listens on a free loopback port. Unknown paths answer `hello from the app`. */
export async function startPlainApp(): Promise<PlainApp> {
  const heard: Heard[] = []
  const abandoned: string[] = []
  const closes: number[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', rawHeaders } = request
    response.on('close', () => !response.writableFinished && abandoned.push(url))
    if (url === '/hang') return
    const body = await readAll(request).catch(() => Buffer.alloc(0))
    heard.push({ method, url, lines: rawHeaders, body })
    answer(url, method, response)
  })
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  sockets.on('connection', (socket, { url = '', rawHeaders }) => {
    heard.push({ method: 'WEBSOCKET', url, lines: rawHeaders, body: Buffer.alloc(0) })
    socket.on('message', (data, binary) =>
      String(data) === 'bye' ? socket.close(4001, 'as asked') : socket.send(data, { binary }),
    )
    socket.on('close', (code) => closes.push(code))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    heard,
    abandoned,
    closes,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function answer(url: string, method: string, response: ServerResponse): void {
  switch (url.split('?')[0]) {
    case '/gzip':
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': GZIPPED.length }).end(GZIPPED)
      break
    case '/brotli':
      response.writeHead(200, { 'Content-Encoding': 'br', 'Content-Length': BROTLI.length }).end(BROTLI)
      break
    case '/gzip-in-pieces':
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      response.write(GZIPPED.subarray(0, 20))
      setTimeout(() => response.end(GZIPPED.subarray(20)), 50)
      break
    case '/length':
      response
        .writeHead(200, { 'Content-Length': 12_345 })
        .end(method === 'HEAD' ? undefined : 'x'.repeat(12_345))
      break
    case '/empty':
      response.writeHead(204).end()
      break
    case '/unchanged':
      response.writeHead(304, { ETag: '"1"' }).end()
      break
    case '/elsewhere':
      response.writeHead(302, { Location: '/there' }).end()
      break
    case '/cookies':
      response.writeHead(200, [
        'Set-Cookie',
        'a=1; Path=/',
        'Set-Cookie',
        'b=2, 3',
        'Set-Cookie',
        '__Host-_oauth2_proxy=evil',
        'X-Auth-Request-User',
        'evil',
        'X-Name',
        Buffer.from('é').toString('latin1'),
      ])
      response.end('cookies')
      break
    case '/clock': {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      const timer = setInterval(() => response.write('data: tick\n\n'), 50)
      response.on('close', () => clearInterval(timer))
      break
    }
    case '/big':
      response.writeHead(200, { 'Content-Length': BIG }).end(Buffer.alloc(BIG, 'b'))
      break
    default:
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('hello from the app')
  }
}
