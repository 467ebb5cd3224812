import { Agent, createServer, request, type ServerResponse } from 'node:http'

/**
 * The usual Node proxy, to compare with: `http.request` with keep-alive, piped both ways, the same identity headers as
 * ours, one access line a request. Arguments: port to listen on, port of the upstream.
 */
const [port, upstreamPort] = process.argv.slice(2).map(Number)
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const IDENTITY = {
  'x-forwarded-proto': 'http',
  'x-forwarded-user': 'alice-1',
  'x-forwarded-email': 'alice@example.com',
  'x-forwarded-groups': 'users',
  'x-forwarded-preferred-username': 'alice',
}

const server = createServer({ keepAliveTimeout: 75_000 }, (incoming, outgoing) => {
  const startedAt = performance.now()
  const forwarded = {
    'x-forwarded-for': incoming.socket.remoteAddress,
    'x-forwarded-host': incoming.headers.host,
  }
  const upstream = request({
    agent,
    host: '127.0.0.1',
    port: upstreamPort,
    method: incoming.method,
    path: incoming.url,
    headers: { ...incoming.headers, ...forwarded, ...IDENTITY },
  })
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  upstream.on('error', () => fail(outgoing))
  outgoing.on('close', () => {
    upstream.destroy()
    const { method, url, headers } = incoming
    const time = new Date().toISOString()
    const milliseconds = Math.round(performance.now() - startedAt)
    const line = {
      time,
      method,
      target: url,
      status: outgoing.statusCode,
      milliseconds,
      agent: headers['user-agent'],
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  })
  incoming.pipe(upstream)
})
server.listen(port, '127.0.0.1', 4096)

function fail(outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy()
  else outgoing.writeHead(502).end()
}
