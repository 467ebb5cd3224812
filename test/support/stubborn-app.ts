import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** An app whose answers are hard to carry. */
export interface StubbornApp {
  readonly origin: string
  /** Bytes of `/drip` that it could hand to its socket so far. */
  readonly dripped: () => number
  /** Bytes of the upload to `/sip` that it has read. */
  readonly sipped: () => number
  /** Lets `/sip` read on. */
  thirst(): void
  /** Last segments of paths whose clients left before the end. */
  readonly abandoned: string[]
  close(): Promise<void>
}

const PIECE = Buffer.alloc(64 * 1024, 'd')

/**
 * Listens on a free loopback port and looks at the last segment of a path only. `drip` never ends, `sip` stops reading after the
 * first bytes, `early` refuses an upload that it has not read, `cut` breaks off in the middle, `hang` says nothing.
 */
export async function startStubbornApp(): Promise<StubbornApp> {
  const abandoned: string[] = []
  let dripped = 0
  let sipped = 0
  let drinking: IncomingMessage | undefined

  const drip = (response: ServerResponse): void => {
    if (response.destroyed) return
    do dripped += PIECE.length
    while (response.write(PIECE))
    response.once('drain', () => drip(response))
  }
  const sip = (request: IncomingMessage, response: ServerResponse): void => {
    drinking = request
    sipped = 0
    request.on('data', (chunk: Buffer) => {
      if (sipped === 0) request.pause()
      sipped += chunk.length
    })
    request.on('end', () => response.end(String(sipped)))
  }

  const server = createServer((request, response) => {
    const what = request.url?.split('/').at(-1) ?? ''
    response.on('close', () => !response.writableFinished && abandoned.push(what))
    if (what === 'drip') drip(response.writeHead(200, { 'Content-Type': 'text/plain' }))
    else if (what === 'sip') sip(request, response)
    else if (what === 'early') response.writeHead(413).end('too large')
    else if (what === 'cut') {
      response.writeHead(200, { 'Content-Length': 1000 }).write('beginning')
      setTimeout(() => response.destroy(), 50)
    } else if (what !== 'hang') response.end('what?')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no TCP address')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    dripped: () => dripped,
    sipped: () => sipped,
    thirst: () => drinking?.resume(),
    abandoned,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
