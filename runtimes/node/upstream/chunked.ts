/** Progress of a chunked body: `more` is expected, it is `done` at this offset, or it is not a chunked body. */
export type ChunkedProgress =
  | { readonly kind: 'more' }
  | { readonly kind: 'done'; readonly consumed: number }
  | { readonly kind: 'broken' }

/** Decodes one chunked body (RFC 9112 §7.1), strictly: CRLF everywhere, sizes of at most 13 hex digits. */
export type ChunkedDecoder = (bytes: Buffer, onContent: (content: Buffer) => void) => ChunkedProgress

const MORE: ChunkedProgress = { kind: 'more' }
const BROKEN: ChunkedProgress = { kind: 'broken' }

/**
 * Size line of a chunk: a size, then extensions (RFC 9112 §7.1.1), which are checked and not passed on: another reader
 * that finds an extension odd would see another end of the body. No two parts can match the same text, so it cannot backtrack.
 */
const SIZE_LINE =
  /^([0-9A-Fa-f]{1,13})(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/u
const TRAILER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/u
/** Fields that no trailer may have (RFC 9110 §6.5.1): a reader that takes them for headers sees another end. */
const FRAMING_LINE = /^(?:content-length|transfer-encoding):/iu
const LONGEST_LINE = 4096
const MOST_TRAILERS = 64

/**
 * Creates the decoder of one body. Trailers are checked and dropped: no header that is relayed announces them, and what
 * they could say (identity, framing) must not arrive after the checks.
 */
export function createChunkedDecoder(): ChunkedDecoder {
  let state: 'size' | 'content' | 'end-of-chunk' | 'trailer' = 'size'
  let left = 0
  let line = ''
  let trailers = 0

  /** The state after a complete line; undefined when the line has no place here, `done` after the last. */
  const afterLine = (text: string): typeof state | 'done' | undefined => {
    if (state === 'end-of-chunk') return text === '' ? 'size' : undefined
    if (state === 'trailer') {
      if (text === '') return 'done'
      trailers += 1
      const isTrailer = TRAILER_LINE.test(text) && !FRAMING_LINE.test(text)
      return trailers <= MOST_TRAILERS && isTrailer ? 'trailer' : undefined
    }
    const size = SIZE_LINE.exec(text)?.[1]
    if (size === undefined) return undefined
    left = Number.parseInt(size, 16)
    return left === 0 ? 'trailer' : 'content'
  }

  return (bytes, onContent) => {
    let at = 0
    while (at < bytes.length) {
      if (state === 'content') {
        const end = Math.min(bytes.length, at + left)
        left -= end - at
        if (left === 0) state = 'end-of-chunk'
        onContent(bytes.subarray(at, end))
        at = end
        continue
      }
      const feed = bytes.indexOf(10, at)
      line += bytes.toString('latin1', at, feed < 0 ? bytes.length : feed)
      if (line.length > LONGEST_LINE) return BROKEN
      // Nothing may stand between the content and its CRLF: no need to wait for more of what is wrong.
      if (state === 'end-of-chunk' && line !== '' && line !== '\r') return BROKEN
      if (feed < 0) return MORE
      if (!line.endsWith('\r')) return BROKEN
      const next = afterLine(line.slice(0, -1))
      if (next === undefined) return BROKEN
      line = ''
      at = feed + 1
      if (next === 'done') return { kind: 'done', consumed: at }
      state = next
    }
    return MORE
  }
}
