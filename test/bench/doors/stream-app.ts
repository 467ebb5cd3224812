import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'

/**
 * The app for long answers, long requests and WebSockets: GET /bytes/N answers N bytes, POST says how many bytes came,
 * a WebSocket hears what it said. Never holds more than one piece. Argument: port to listen on.
 */
const PIECE = Buffer.alloc(64 * 1024, 'x')

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const [, length] = /^\/bytes\/(\d+)$/u.exec(request.url ?? '') ?? []
  if (request.method === 'POST') count(request, response)
  else if (length === undefined) response.end('ok')
  else send(response, Number(length))
})
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.on('error', () => socket.terminate())
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096)

function count(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  request.on('end', () => response.end(String(bytes)))
}

function send(response: ServerResponse, length: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length })
  let left = length
  const push = (): void => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
      left -= piece.length
      if (!response.write(piece)) return
    }
    response.end()
  }
  response.on('drain', push)
  push()
}
