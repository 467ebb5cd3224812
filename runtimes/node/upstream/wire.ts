import type { ServerResponse } from 'node:http'
import { headerValues } from '../../../src/http/head.ts'
import type { ForwardPlan, ResponseEdit } from '../../../src/platform.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import { framingLines } from './request-body.ts'
import type { ResponseHead } from './response-head.ts'

/**
 * Length of content up to which it is copied into one string with the head: one write instead of two, and cheaper than
 * the copy.
 */
const ONE_WRITE = 8192

/**
 * The request head as it goes upstream, one character a byte: the planned lines, then framing, which belongs to this
 * hop.
 */
export function requestHead(request: NodeRequest, plan: ForwardPlan): string {
  const { headers, upstream } = plan
  let head = `${request.method} ${plan.target} HTTP/1.1\r\n`
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  if (plan.websocket) return `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  if (upstream.kind !== 'binding' && !upstream.keepAlive) head += 'Connection: close\r\n'
  return `${head}${framingLines(request)}\r\n`
}

/** Methods that may be sent again when a connection turns out to be dead (RFC 9110 §9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** True when a request can be sent a second time: nothing is lost with its content, and the method allows it. */
export function isRepeatable({ hasBody, method }: NodeRequest): boolean {
  return REPEATABLE.has(method) && !hasBody
}

/** Sends the head of the response. */
export function sendHead(request: NodeRequest, head: ResponseHead, edit: ResponseEdit): void {
  const { outgoing } = request
  request.bytes = 0
  outgoing.sendDate = false
  outgoing.writeHead(head.status, head.reason, responseLines(head, edit))
}

/** Lines that the client gets: the upstream's after the edit, then Sidegate's. */
function responseLines(head: ResponseHead, edit: ResponseEdit): string[] {
  const lines: string[] = []
  for (let at = 0; at + 1 < head.lines.length; at += 2) {
    const name = head.lines[at] ?? ''
    const value = head.lines[at + 1] ?? ''
    const kept = isContentLength(name) ? lengthFor(head, value) : edit.rewrite(name, value)
    if (kept !== undefined) lines.push(name, kept)
  }
  for (const part of edit.add) lines.push(part)
  return lines
}

/** Ends a response with its last content. */
export function endWith(outgoing: ServerResponse, bytes: Buffer): void {
  if (bytes.length <= ONE_WRITE) outgoing.end(bytes.toString('latin1'), 'latin1')
  else outgoing.end(bytes)
}

/** Sends the links of a 103 ahead (RFC 8297). */
export function writeHints({ httpVersion, outgoing }: NodeRequest, head: ResponseHead): void {
  const link = [...headerValues(head.lines, 'link')]
  try {
    if (link.length > 0 && httpVersion === '1.1') outgoing.writeEarlyHints({ link })
  } catch {
    // Node takes only links of a certain form; a hint is worth no failure.
  }
}

/**
 * Breaks a response off. Node holds writes back until the end of the tick; without them the client would see a connection
 * that died before any answer, which browsers take as leave to send the request again.
 */
export function cut(outgoing: ServerResponse): void {
  outgoing.flushHeaders()
  process.nextTick(() => outgoing.destroy())
}

function isContentLength(name: string): boolean {
  return name.length === 14 && name.toLowerCase() === 'content-length'
}

/** Length line of a response; a 204 must not have one (RFC 9110 §8.6). */
function lengthFor(head: ResponseHead, value: string): string | undefined {
  return head.status === 204 ? undefined : value
}
