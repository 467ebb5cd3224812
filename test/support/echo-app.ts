import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { WebSocketServer } from 'ws'

/** What the app behind a gateway received. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An app that answers with what it received, and remembers it. */
export interface EchoApp {
  readonly port: number
  readonly received: Received[]
  readonly close: () => void
}

/** Status of an answer, and header lines beside the usual ones. */
interface EchoAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Listens on a free loopback port. `/own-401` is a refusal of the app's own; WebSockets echo. */
export async function startEchoApp(
  answerTo: (url: string) => EchoAnswer = (url) => ({ status: url === '/own-401' ? 401 : 200 }),
): Promise<EchoApp> {
  const received: Received[] = []
  // Some gateways hand on the cookies of the gate too, beside two hundred groups under two names.
  const server = createServer({ maxHeaderSize: 32_768 }, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    const seen = { method, url, headers, body }
    received.push(seen)
    const { status, headers: own = {} } = answerTo(url)
    response.writeHead(status, [
      ...Object.entries(own),
      ['Content-Type', 'application/json'],
      ['Set-Cookie', 'app=1; Path=/'],
      ['X-App', 'yes'],
    ])
    response.end(JSON.stringify(seen))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    received.push({ method: 'WEBSOCKET', url: request.url ?? '', headers: request.headers, body: '' })
    socket.on('message', (message) => socket.send(message.toString()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  const close = () => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
  }
  return { port: address.port, received, close }
}
