import type { Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { getMimeType } from 'hono/utils/mime'
import { trimOws } from '../../../src/lib/text.ts'
import type { FilePlan, Following, IncomingRequest, ResponseEdit } from '../../../src/platform.ts'
import { problem } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import { onClientIdle } from '../stalls.ts'
import type { Followable, InFlight } from '../upstream/in-flight.ts'
import { type ByteRange, readRange } from './byte-range.ts'

interface OpenFile {
  readonly path: string
  readonly handle: FileHandle
  readonly stats: Stats
}

/** Parts of the response about a file. */
interface FileAnswer {
  readonly status: 200 | 206 | 304 | 416
  readonly lines: readonly string[]
  readonly range: ByteRange | undefined
}

/**
 * Serves one file: GET and HEAD, `index.html` for a folder (a folder without its slash is sent there), conditional
 * requests, one byte range, no listings. The path was made safe by the core; symbolic links are followed, because
 * mounted ConfigMaps consist of them.
 */
export async function serveFile(
  from: IncomingRequest,
  plan: FilePlan,
  inFlight: InFlight,
): Promise<Result<Response>> {
  // Requests come from incoming-request.ts: this platform made it.
  const request = from as NodeRequest
  if (request.method !== 'GET' && request.method !== 'HEAD') return failed(problem('method_not_allowed'))
  const { path, response } = plan
  const file = await openFile(path.endsWith('/') ? `${path}index.html` : path)
  if (file === undefined) return failed(problem('not_found'))
  if (file.stats.isFile()) {
    send({ request, file, answer: answerFor(request.incoming, file), plan, inFlight })
    return ok(RESPONSE_ALREADY_SENT)
  }
  await file.handle.close()
  return file.stats.isDirectory() && !path.endsWith('/')
    ? ok(redirectToFolder(request.target, response))
    : failed(problem('not_found'))
}

/** Opens a file; undefined for everything that cannot be opened: to the outside a forbidden file does not exist. */
async function openFile(path: string): Promise<OpenFile | undefined> {
  try {
    const handle = await open(path, 'r')
    return { path, handle, stats: await handle.stat() }
  } catch {
    return undefined
  }
}

function answerFor({ headers }: IncomingMessage, { path, stats }: OpenFile): FileAnswer {
  const etag = `"${stats.size.toString(16)}-${Math.trunc(stats.mtimeMs).toString(16)}"`
  const modified = stats.mtime.toUTCString()
  const validators = ['ETag', etag, 'Last-Modified', modified, 'Accept-Ranges', 'bytes']
  if (isUnchanged(headers, { etag, stats })) return { status: 304, lines: validators, range: undefined }
  const asked = headers['if-range'] ?? etag
  const range = asked === etag || asked === modified ? readRange(headers.range, stats.size) : 'all'
  if (range === 'none') {
    const lines = ['Content-Range', `bytes */${stats.size}`, 'Content-Length', '0']
    return { status: 416, lines, range: undefined }
  }
  const lines = [...validators, 'Content-Type', getMimeType(path) ?? 'application/octet-stream']
  if (range === 'all') {
    return { status: 200, lines: [...lines, 'Content-Length', String(stats.size)], range: undefined }
  }
  const length = String(range.last - range.first + 1)
  const place = `bytes ${range.first}-${range.last}/${stats.size}`
  return { status: 206, lines: [...lines, 'Content-Range', place, 'Content-Length', length], range }
}

/**
 * True for a file that the client has (RFC 9110 §13.1): If-None-Match decides where it is sent, If-Modified-Since
 * otherwise, in whole seconds.
 */
function isUnchanged(
  headers: IncomingMessage['headers'],
  { etag, stats }: { etag: string; stats: Stats },
): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) {
    return tags.split(',').some((tag) => trimOws(tag) === '*' || trimOws(tag).replace(/^W\//u, '') === etag)
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return !Number.isNaN(since) && Math.floor(stats.mtimeMs / 1000) * 1000 <= since
}

interface Sending {
  readonly request: NodeRequest
  readonly file: OpenFile
  readonly answer: FileAnswer
  readonly plan: FilePlan
  readonly inFlight: InFlight
}

function send(sending: Sending): void {
  const { request, file, answer, plan } = sending
  const { outgoing, method } = request
  const edit = plan.response
  // Stored, but asked about each time: a cache does not show the file to a person who may no longer see it.
  const cacheControl = edit.rewrite('Cache-Control', 'no-cache')
  const lines = [...answer.lines, ...edit.add]
  if (cacheControl !== undefined) lines.push('Cache-Control', cacheControl)
  outgoing.writeHead(answer.status, lines)
  const hasContent = answer.status === 200 || answer.status === 206
  if (method === 'HEAD' || !hasContent || file.stats.size === 0) {
    outgoing.end()
    // Nothing was read, so nothing can be lost when closing fails.
    file.handle.close().catch(() => undefined)
    return
  }
  const range = answer.range ?? { first: 0, last: file.stats.size - 1 }
  request.bytes = range.last - range.first + 1
  const stream = file.handle.createReadStream({ start: range.first, end: range.last, highWaterMark: 65_536 })
  const endWatch = watch(sending)
  // A file that shrinks meanwhile or a client that leaves ends both; the length mismatch is visible.
  pipeline(stream, outgoing, (error) => {
    endWatch()
    if (error) outgoing.destroy()
  })
}

/** Ends a long answer with its session, and with a client that does not read it. */
function watch({ request: { outgoing }, plan, inFlight }: Sending): () => void {
  if (plan.timeoutMs > 0) {
    onClientIdle(outgoing, plan.timeoutMs, () => {
      if (outgoing.writableLength > 0) outgoing.destroy()
    })
  }
  if (plan.follow === undefined) return () => {}
  let following: Following | undefined
  const exchange: Followable = {
    place: undefined,
    follow: () => {
      following ??= plan.follow?.(() => outgoing.destroy())
    },
  }
  inFlight.add(exchange)
  return () => {
    inFlight.delete(exchange)
    following?.stop()
  }
}

function redirectToFolder(target: string, edit: ResponseEdit): Response {
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  const headers = new Headers({ location: `${path}/${query < 0 ? '' : target.slice(query)}` })
  for (let at = 0; at + 1 < edit.add.length; at += 2)
    headers.append(edit.add[at] ?? '', edit.add[at + 1] ?? '')
  return new Response(null, { status: 301, headers })
}
