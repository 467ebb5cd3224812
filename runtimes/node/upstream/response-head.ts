import { withoutHeaders } from '../../../src/http/head.ts'
import { trimOws } from '../../../src/lib/text.ts'
import type { HeaderLines } from '../../../src/platform.ts'
import { type Flaw, findFlaw } from './head-flaw.ts'

/** Framing of the content of a response (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Content up to the close of the connection. */
  | { readonly kind: 'close' }

/** The head of one upstream response. */
export interface ResponseHead {
  readonly status: number
  readonly reason: string
  /** Header lines in order but for Connection, Transfer-Encoding and what Connection names. */
  readonly lines: HeaderLines
  readonly framing: Framing
  /** True when the connection may carry another request. */
  readonly persistent: boolean
  /** Lower-case protocol of a 101; undefined without one. */
  readonly upgrade: string | undefined
  /** Seconds the upstream keeps idle connections, where it says so. */
  readonly keepAliveSeconds: number | undefined
}

/**
 * Pattern of the whole syntax of RFC 9112 §4 and §5, without leniency: no bare LF, no folded lines, no space before the
 * colon, no control characters. One pass; no two parts can match the same text, so it cannot backtrack.
 */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*)*$/u

/** Pattern of the beginning of a response; anything else is refused before its head is complete. */
const BEGINNING = /^(?:H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:[01](?: [^\n]*)?)?)?)?)?)?)?)?)?\r?$/u

interface Collected {
  flaw: Flaw | undefined
  lines: string[]
  length: string | undefined
  coding: string | undefined
  connection: string | undefined
  upgrade: string | undefined
  keepAlive: string | undefined
}

/**
 * Reads a response head, given without its empty line, one character a byte, or says what is wrong with it: anything by
 * which two readers could find its end in two places. A length that is repeated unchanged is one (RFC 9110 §8.6).
 */
export function readResponseHead(text: string, method: string): ResponseHead | Flaw {
  if (!HEAD.test(text)) return findFlaw(text)
  const found = collect(text)
  const flaw = found.flaw ?? framingFlaw(text, found)
  if (flaw !== undefined) return flaw
  const status = Number(text.slice(9, 12))
  const framing = framingOf({ status, method, length: found.length, coding: found.coding })
  const options = found.connection === undefined ? NO_OPTIONS : optionsOf(found.connection)
  const endOfLine = text.indexOf('\r\n')
  return {
    status,
    reason: text.slice(13, endOfLine < 0 ? undefined : endOfLine),
    lines: withoutListed(found.lines, options),
    framing,
    persistent: framing.kind !== 'close' && isPersistent(text, options),
    upgrade: found.upgrade?.toLowerCase(),
    keepAliveSeconds: keepAliveSeconds(found.keepAlive),
  }
}

/** True when the bytes of an incomplete head can still become one (HTTP/0.9, other protocols and bare LF cannot). */
export function mayBecomeHead(text: string): boolean {
  const end = text.indexOf('\n')
  if (end < 0) return BEGINNING.test(text)
  return BEGINNING.test(text.slice(0, end)) && !/(?:^|[^\r])\n/u.test(text)
}

function collect(text: string): Collected {
  const found: Collected = {
    flaw: undefined,
    lines: [],
    length: undefined,
    coding: undefined,
    connection: undefined,
    upgrade: undefined,
    keepAlive: undefined,
  }
  let at = text.indexOf('\r\n')
  while (at >= 0) {
    const next = text.indexOf('\r\n', at + 2)
    const end = next < 0 ? text.length : next
    const colon = text.indexOf(':', at + 2)
    const name = text.slice(at + 2, colon)
    enter(found, name, trimOws(text.slice(colon + 1, end)))
    at = next
  }
  return found
}

function enter(found: Collected, name: string, value: string): void {
  // Only names of these lengths can be framing: the others are not even turned to lower case.
  switch (name.length) {
    case 7:
      if (name.toLowerCase() === 'upgrade') found.upgrade = value
      break
    case 10:
      if (name.toLowerCase() === 'keep-alive') found.keepAlive = value
      if (name.toLowerCase() !== 'connection') break
      found.connection = found.connection === undefined ? value : `${found.connection},${value}`
      return
    case 14:
      if (name.toLowerCase() !== 'content-length') break
      if (found.length === value) return
      if (found.length !== undefined) found.flaw = { why: 'lengths that differ', header: name }
      found.length = value
      break
    case 17:
      if (name.toLowerCase() !== 'transfer-encoding') break
      if (found.coding !== undefined) found.flaw = { why: 'transfer coding twice', header: name }
      found.coding = value
      return
  }
  found.lines.push(name, value)
}

const TABBED_FRAMING = /^(content-length|transfer-encoding):[^\r]*\t/imu

/** RFC 9112 §6.1 and §6.3: what frames a response must be read in one way only. */
function framingFlaw(text: string, { length, coding }: Collected): Flaw | undefined {
  // A tab is a blank to the RFC and part of the value to some parsers, Node's among them.
  const tabbed = text.includes('\t') ? TABBED_FRAMING.exec(text)?.[1] : undefined
  if (tabbed !== undefined) return { why: 'tab in a framing header', header: tabbed }
  // RFC 9110 §15.2: HTTP/1.0 has no interim responses, and some parsers take one for the final response.
  if (text.startsWith('HTTP/1.0 1')) return { why: 'interim response in HTTP/1.0' }
  if (coding !== undefined) {
    const header = 'Transfer-Encoding'
    if (length !== undefined) return { why: 'length beside a transfer coding', header }
    if (coding.toLowerCase() !== 'chunked') return { why: 'transfer coding other than chunked', header }
    if (text.startsWith('HTTP/1.0')) return { why: 'transfer coding in HTTP/1.0', header }
  } else if (length !== undefined && !/^\d{1,15}$/u.test(length)) {
    return { why: 'length that is no number', header: 'Content-Length' }
  }
  return undefined
}

function framingOf(from: {
  status: number
  method: string
  length: string | undefined
  coding: string | undefined
}): Framing {
  const { status, method, length, coding } = from
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' }
  if (coding !== undefined) return { kind: 'chunked' }
  return length === undefined ? { kind: 'close' } : { kind: 'length', length: Number(length) }
}

function isPersistent(text: string, options: readonly string[]): boolean {
  if (options.includes('close')) return false
  return text.startsWith('HTTP/1.1') || options.includes('keep-alive')
}

/** Options of a Connection line. What almost every upstream sends needs no list of its own. */
function optionsOf(connection: string): readonly string[] {
  const text = connection.toLowerCase()
  if (text === 'keep-alive') return KEEP_ALIVE
  return text.split(',').map(trimOws)
}
const NO_OPTIONS: readonly string[] = []
const KEEP_ALIVE: readonly string[] = ['keep-alive']

/**
 * Removes what Connection names, which belongs to this hop (RFC 9110 §7.6.1), but for the length, which frames the
 * content.
 */
function withoutListed(lines: readonly string[], options: readonly string[]): HeaderLines {
  if (options === NO_OPTIONS || options === KEEP_ALIVE) return lines
  const listed = new Set(options)
  listed.delete('content-length')
  return withoutHeaders(lines, listed)
}

function keepAliveSeconds(value: string | undefined): number | undefined {
  const seconds = value === undefined ? undefined : /timeout=(\d{1,6})/u.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}
