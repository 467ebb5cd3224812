import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { App } from '../../../src/app.ts'
import type { UnparsedRequest } from '../../../src/endpoints/unparsed.ts'
import type { PreparedAnswer } from '../../../src/http/respond.ts'
import type { Reason } from '../../../src/problems.ts'

/** Error of Node's parser, with what it was reading. */
interface ParserError extends Error {
  readonly code?: string
  readonly reason?: string
  readonly bytesParsed?: number
  readonly rawPacket?: Buffer
}

/** Reasons by the codes of Node and llhttp; any other one is decided by the part that the parser stopped at. */
const REASONS: Readonly<Record<string, Reason>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_many',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Pattern of a token, which a method is (RFC 9110 §9.1); the parser knows some of them only. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u
const LONGEST_METHOD = 32

/**
 * Answers what Node's parser refuses, which it would do without a word and without a trace. What is no request at all,
 * connections that broke or that never said anything, is only closed.
 */
export function handleParserErrors(server: Server, { respondUnparsed }: Pick<App, 'respondUnparsed'>): void {
  const refused = new WeakSet<Duplex>()
  server.on('clientError', (error: ParserError, stream: Duplex) => {
    // Servers of node:http and node:https emit their own sockets here.
    const socket = stream as Socket
    if (refused.has(socket)) return
    refused.add(socket)
    const isRequest = error.code?.startsWith('HPE_') === true || error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    if (!isRequest || socket.bytesRead === 0) return void socket.destroy()
    const aborted = hasAnswer(socket) || !socket.writable
    const answer = respondUnparsed({ ...toUnparsed(error), client: socket.remoteAddress, aborted })
    if (aborted) socket.destroy()
    else endWith(socket, answer)
  })
}

/** Refuses a request that Node has read but keeps from the app. Without a socket to answer on the connection is cut. */
export function refuse(
  { respondUnparsed }: Pick<App, 'respondUnparsed'>,
  { headers, method = '', url = '', socket }: IncomingMessage,
  { reason, why, on }: { reason: Reason; why: string; on: Socket | undefined },
): void {
  const client = socket.remoteAddress
  const wantsHtml = headers.accept?.includes('text/html') === true
  const answer = respondUnparsed({
    reason,
    why,
    method,
    target: url,
    wantsHtml,
    client,
    aborted: on === undefined,
  })
  if (on === undefined) socket.destroy()
  else endWith(on, answer)
}

/** Writes an answer by hand, and ends the connection behind it. */
function endWith(socket: Socket, { status, headers, body }: PreparedAnswer): void {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let at = 0; at + 1 < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`
  socket.end(`${text}Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  socket.destroySoon()
}

/** True while an earlier answer is under way on this connection: a second one would be taken for a part of it. */
function hasAnswer(socket: Socket): boolean {
  // Node's own handler of these errors looks at the same field.
  return (socket as { _httpMessage?: ServerResponse })._httpMessage?.headersSent === true
}

function toUnparsed(error: ParserError): Omit<UnparsedRequest, 'client' | 'aborted'> {
  const { code = '', reason = error.message } = error
  const { method, target, part, byte } = placeOf(error)
  const isToken = TOKEN.test(method)
  const seen = {
    method: isToken ? method.slice(0, LONGEST_METHOD) : '',
    target,
    wantsHtml: acceptsHtml(error),
  }
  const why = byte === undefined ? `${reason} (${code})` : `${reason} (${code}), ${byte} in the ${part}`
  const told = REASONS[code]
  if (told !== undefined) return { reason: told, why, ...seen }
  if (part === 'method' && isToken) return { reason: 'method_unknown', why, ...seen }
  if (part === 'target') return { reason: 'target_malformed', why, ...seen }
  return { reason: 'request_malformed', why, ...seen }
}

/**
 * True for a client that takes pages. A head that is too large may have said in an earlier packet what it takes;
 * cookies make it so, and browsers have those.
 */
function acceptsHtml({ code, rawPacket }: ParserError): boolean {
  const [, accept] = /\naccept:([^\r\n]*)/iu.exec(rawPacket?.toString('latin1') ?? '') ?? []
  return accept === undefined ? code === 'HPE_HEADER_OVERFLOW' : accept.includes('text/html')
}

const PARTS = ['method', 'target'] as const

interface Place {
  /** Of the request line that the parser was at or behind, as far as it stands in the packet that broke. */
  readonly method: string
  readonly target: string
  readonly part: 'method' | 'target' | 'version' | 'header' | 'body'
  /** Byte that it stopped at: `0xc3`. */
  readonly byte: string | undefined
}

/** Finds where the parser stopped. Node's codes say it as well, Deno's do not. */
function placeOf({ code, reason, rawPacket, bytesParsed = 0 }: ParserError): Place {
  const text = rawPacket?.toString('latin1') ?? ''
  // The frame of a body looks like a request line: both begin behind an empty line, or a packet.
  const isBody = /chunk/iu.test(`${code} ${reason}`)
  const lineAt = text.lastIndexOf('\n', bytesParsed - 1) + 1
  const headEnd = text.lastIndexOf('\r\n\r\n', lineAt - 4)
  const requestAt = isBody ? lineAtHeadOf(text, headEnd) : headEnd < 0 ? 0 : headEnd + 4
  const [method = '', target = ''] = (text.slice(requestAt).split(/\r?\n/u, 1)[0] ?? '').split(' ', 2)
  const spaces = text.slice(lineAt, bytesParsed).split(' ').length - 1
  const isRequestLine = rawPacket !== undefined && lineAt === requestAt
  const stopped = code === 'HPE_HEADER_OVERFLOW' ? undefined : rawPacket?.[bytesParsed]
  return {
    method,
    target,
    part: isBody ? 'body' : isRequestLine ? (PARTS[spaces] ?? 'version') : 'header',
    byte: stopped === undefined ? undefined : `0x${stopped.toString(16).padStart(2, '0')}`,
  }
}

/** Start of the head that ends at `headEnd`; the end of the packet when the head came in an earlier one. */
function lineAtHeadOf(text: string, headEnd: number): number {
  if (headEnd < 0) return text.length
  const before = text.lastIndexOf('\r\n\r\n', headEnd - 1)
  return before < 0 ? 0 : before + 4
}
