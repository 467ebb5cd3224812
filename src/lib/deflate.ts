/** Compresses by raw DEFLATE (RFC 1951). */
export function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  // The input bounds what is compressed here, so this cannot be cut short.
  return pump(new CompressionStream('deflate-raw'), bytes, Number.POSITIVE_INFINITY)
}

/** Decompresses at most `limit` bytes; undefined for more, and for what is no DEFLATE stream. */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await pump(new DecompressionStream('deflate-raw'), bytes, limit)
  } catch {
    return undefined
  }
}

async function pump(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = stream.writable.getWriter()
  // Whatever goes wrong while writing also comes out of the reader, which is where it is handled.
  writer.write(bytes).catch(() => {})
  writer.close().catch(() => {})
  const reader = stream.readable.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(chunks, length)
    length += value.length
    if (length > limit) {
      reader.cancel().catch(() => {})
      throw new RangeError('More bytes than allowed')
    }
    chunks.push(value)
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
