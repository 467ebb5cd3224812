import type { HeaderLines } from '../platform.ts'

/** Statuses whose responses have no content (RFC 9110 §6.4.1); a Response with a body cannot be made for them. */
const EMPTY = new Set([204, 205, 304])

/** Response of a `static://` upstream: its status, and the word that oauth2-proxy sends. */
export function staticAnswer(status: number, lines: HeaderLines): Response {
  const headers = toHeaders(lines)
  if (EMPTY.has(status)) return new Response(null, { status, headers })
  headers.set('Content-Type', 'text/plain; charset=utf-8')
  return new Response('Authenticated', { status, headers })
}

/** Redirects to the same path with a slash at its end. */
export function slashRedirect(location: string, lines: HeaderLines): Response {
  const headers = toHeaders(lines)
  headers.set('Location', location)
  return new Response(null, { status: 301, headers })
}

function toHeaders(lines: HeaderLines): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return headers
}
