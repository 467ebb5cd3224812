import type { IncomingMessage } from 'node:http'
import { type Answered, type OnTheWire, open } from '../support/wire.ts'
import { Deviation } from './judge.ts'

/** Longest wait for anything, in ms: far above what a busy machine needs. */
export const PATIENCE_MS = 20_000

/** Sends a request to a gate; what happens to the connection is a Deviation. */
export async function begin(port: number, wanted: OnTheWire): Promise<IncomingMessage> {
  try {
    return await open(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(PATIENCE_MS), ...wanted })
  } catch (error) {
    throw toDeviation(error, wanted, 'no connection')
  }
}

/** Sends a request and reads the answer to its end. */
export async function ask(port: number, wanted: OnTheWire): Promise<Answered> {
  const answer = await begin(port, wanted)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of answer) chunks.push(chunk)
  } catch (error) {
    throw toDeviation(error, wanted, 'cut')
  }
  return toAnswered(answer, Buffer.concat(chunks))
}

/** The answer of a whole body. */
export function toAnswered({ rawHeaders, statusCode = 0 }: IncomingMessage, body: Buffer): Answered {
  return {
    status: statusCode,
    lines: rawHeaders,
    all: (name) =>
      rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase()),
    body,
    text: body.toString(),
  }
}

/** The answer as fetch() would give it. */
export function toResponse({ body, lines, status }: Answered): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response([204, 304].includes(status) ? null : new Uint8Array(body), { status, headers })
}

/** What a broken connection is. */
export function toDeviation(
  error: unknown,
  { method = 'GET', target = '/' }: OnTheWire,
  excuse: 'no connection' | 'cut',
): Deviation {
  const why = error instanceof Error ? error.message : String(error)
  const isLate = error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
  return new Deviation(`${method} ${target}: ${why}`, isLate ? 'late' : excuse)
}
