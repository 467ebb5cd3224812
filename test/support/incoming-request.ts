import type { HeaderLines, IncomingRequest, Peer } from '../../src/platform.ts'

/** What a test says about a request; everything else is an ordinary GET from 203.0.113.7. */
export interface RequestTraits {
  readonly method?: string
  readonly target?: string
  readonly headers?: HeaderLines
  readonly peer?: Peer
  readonly encrypted?: boolean
  readonly httpVersion?: IncomingRequest['httpVersion']
  readonly body?: string
  /** What a body that is only announced turns out to hold. */
  readonly content?: string
}

/** An incoming request with nothing behind it. */
export function anIncomingRequest(given: RequestTraits = {}): IncomingRequest {
  const method = given.method ?? 'GET'
  const headers = given.headers ?? ['Host', 'app.example.com']
  // Nothing reads a body from a request that has none, and Request refuses methods that clients do send.
  const init: RequestInit =
    given.body === undefined ? {} : { method, body: given.body, headers: toHeaders(headers) }
  return {
    method,
    target: given.target ?? '/',
    httpVersion: given.httpVersion ?? '1.1',
    headers,
    peer: given.peer ?? { kind: 'ip', address: '203.0.113.7' },
    encrypted: given.encrypted ?? false,
    body: new Request('http://app.example.com/', init).body,
    hasContent: async () => (given.content ?? given.body ?? '') !== '',
    onFinished: () => {},
    waitUntil: () => {},
  }
}

function toHeaders(lines: HeaderLines): Headers {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return headers
}
