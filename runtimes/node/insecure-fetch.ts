import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { Readable } from 'node:stream'

/**
 * Fetch without verification of the server's certificate, for providers behind `--ssl-insecure-skip-verify`. The global
 * fetch has no such switch, and the one for the whole process would reach upstreams as well. Redirects are not followed.
 */
export async function insecureFetch(url: string, init: RequestInit): Promise<Response> {
  const wanted = new Request(url, init)
  if (new URL(url).protocol !== 'https:') return fetch(wanted)
  const body = Buffer.from(await wanted.arrayBuffer())
  const incoming = await send(wanted, body, init.signal ?? undefined)
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const status = incoming.statusCode ?? 502
  const empty = status === 204 || status === 205 || status === 304
  // Node's and the DOM's stream types differ in name only.
  const content = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
  return new Response(content, { status, headers })
}

function send(wanted: Request, body: Buffer, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(wanted.url, {
      method: wanted.method,
      headers: { ...Object.fromEntries(wanted.headers), 'content-length': body.length },
      rejectUnauthorized: false,
      ...(signal === undefined ? {} : { signal }),
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
