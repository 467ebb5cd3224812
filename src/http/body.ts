import type { HeaderLines } from '../platform.ts'

/** True when a request announces a body: a length other than zero, or any transfer coding (RFC 9112 §6). */
export function hasBody(headers: HeaderLines): boolean {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    // Lengths first: this runs for each request, and few names are as long.
    if (name.length === 14 && name.toLowerCase() === 'content-length' && headers[at + 1] !== '0') return true
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return true
  }
  return false
}
