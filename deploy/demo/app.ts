import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocketServer } from 'ws'
import { appPage } from './app-page.ts'
import { escapeHtml } from './html.ts'
import { LOOPBACK, listenNear } from './listen.ts'

/** Starts the app that stands behind the gate: it knows nothing of sign-in and trusts the headers it is given. */
export async function startApp(port: number): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(asError(error)))
  })
  // Only now: a WebSocketServer throws what goes wrong while its server looks for a port.
  const listening = await listenNear(server, port)
  const sockets = new WebSocketServer({ server, path: '/echo', maxPayload: 1 << 20 })
  sockets.on('connection', (socket) => {
    socket.on('error', () => socket.terminate())
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return { url: `http://${LOOPBACK}:${listening}`, server }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0]
  if (path === '/clock') return tick(response)
  if (path === '/api/time') return send(response, 'application/json', JSON.stringify({ time: new Date() }))
  if (path === '/form' && request.method === 'POST') return showForm(request, response)
  const html = appPage({ target: request.url ?? '', headers: headerLines(request) })
  return send(response, 'text/html; charset=utf-8', html)
}

/** Server-sent events: the time, until the client leaves. */
function tick(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const write = () => response.write(`data: ${new Date().toLocaleTimeString('en-GB')}\n\n`)
  const timer = setInterval(write, 1000)
  response.on('close', () => clearInterval(timer))
  write()
}

async function showForm(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const fields = new URLSearchParams(await text(request))
  const lines = [...fields].map(([name, value]) => `<p>${escapeHtml(name)}: <b>${escapeHtml(value)}</b></p>`)
  const page = `<!doctype html><html lang="en"><title>Posted</title><h1>Posted</h1>${lines.join('')}<a href="/">Back</a></html>`
  send(response, 'text/html; charset=utf-8', page)
}

function headerLines({ rawHeaders }: IncomingMessage): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = []
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  return lines
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
