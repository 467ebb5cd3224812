import { type Agent, type IncomingMessage, request } from 'node:http'
import type { HeaderLines } from '../../src/platform.ts'

/** One request as a test wants it on the wire; nothing is added but framing. */
export interface OnTheWire {
  readonly method?: string
  readonly target?: string
  /** `Host: app.example.com` when not given. */
  readonly headers?: HeaderLines
  readonly body?: string | Uint8Array
  /** Leaves when it fires. */
  readonly signal?: AbortSignal
  /** Address of the loopback that it comes from. */
  readonly localAddress?: string
  /** Keeper of connections; each request has its own without one. */
  readonly agent?: Agent
}

/** One answer as it was on the wire. */
export interface Answered {
  readonly status: number
  /** Name, value, name, value; one character a byte. */
  readonly lines: readonly string[]
  /** Values of all lines of one name. */
  all(name: string): readonly string[]
  readonly body: Buffer
  readonly text: string
}

/** Sends a request and returns the answer with its body still under way. */
export function open(
  origin: string,
  { method = 'GET', target = '/', headers, body, signal, localAddress, agent }: OnTheWire,
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin)
  const lines = headers ?? ['Host', 'app.example.com']
  const framing = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path: target,
        headers: [...lines, ...framing],
        setHost: false,
        agent: agent ?? false,
        ...(localAddress === undefined ? {} : { localAddress }),
        // Browsers take far more than Node's 16 KiB of header lines.
        maxHeaderSize: 65_536,
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends a request and reads the whole answer. */
export async function ask(origin: string, wanted: OnTheWire = {}): Promise<Answered> {
  const answer = await open(origin, wanted)
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const { rawHeaders, statusCode = 0 } = answer
  return {
    status: statusCode,
    lines: rawHeaders,
    all: (name) =>
      rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase()),
    body,
    text: body.toString(),
  }
}
