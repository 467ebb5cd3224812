/** Follows WebSocket frames (RFC 6455 §5.2) without looking into them, to know where one ends and another may begin. */
export interface FrameTracker {
  /** Moves on over these bytes; returns the offset just after the first frame that ends in them, or -1. */
  push(bytes: Buffer): number
  /** True when no frame is begun. */
  isBetween(): boolean
}

/** Creates a tracker for one direction of a tunnel. */
export function createFrameTracker(): FrameTracker {
  /** Header bytes of a frame whose header is not complete. */
  let header = Buffer.alloc(0)
  /** Payload bytes of the current frame still to come. */
  let left = 0

  /** Reads as much of a header as there is; the offset after it. */
  const readHeader = (bytes: Buffer, at: number): number => {
    const before = header.length
    const all = Buffer.concat([header, bytes.subarray(at, at + LONGEST_HEADER)])
    const length = headerLength(all)
    if (length === undefined || all.length < length) {
      header = all
      return bytes.length
    }
    header = Buffer.alloc(0)
    left = payloadLength(all)
    return at + length - before
  }

  return {
    push: (bytes) => {
      let first = -1
      let at = 0
      while (at < bytes.length) {
        if (left === 0) at = readHeader(bytes, at)
        const taken = Math.min(left, bytes.length - at)
        left -= taken
        at += taken
        if (first < 0 && left === 0 && header.length === 0) first = at
      }
      return first
    },
    isBetween: () => left === 0 && header.length === 0,
  }
}

const LONGEST_HEADER = 14
const CLOSE = 0x88

/** An unmasked close frame, as servers send it (RFC 6455 §5.5.1). */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, 'latin1').subarray(0, 123)
  return Buffer.concat([Buffer.from([CLOSE, 2 + text.length, code >> 8, code & 0xff]), text])
}

/**
 * Length of a frame header from its first two bytes, with the extended length and the mask; undefined while the second
 * byte is missing.
 */
function headerLength(bytes: Buffer): number | undefined {
  const second = bytes[1]
  if (second === undefined) return undefined
  const mask = second & 0x80 ? 4 : 0
  const short = second & 0x7f
  return 2 + mask + (short === 127 ? 8 : short === 126 ? 2 : 0)
}

function payloadLength(bytes: Buffer): number {
  const short = (bytes[1] ?? 0) & 0x7f
  if (short === 126) return bytes.readUInt16BE(2)
  return short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
}
