import type { Socket } from 'node:net'
import { onStalledWrites } from '../../stalls.ts'
import { notePassed } from '../young-generation.ts'
import { closeFrame, createFrameTracker } from './frames.ts'

/** Two connections that are joined until one of them ends. */
export interface Tunnel {
  /** Closes the client's end with a close frame (RFC 6455 §7.4) where the next one may stand, and ends both. */
  close(code: number, reason: string): void
}

/** Time that one side has to follow after the other has ended. */
const LINGER_MS = 10_000
/** Time that a close frame waits for the end of the frame that is under way. */
const GOODBYE_MS = 1000

/**
 * Joins two sockets: bytes go both ways as fast as the slower side takes them, an end is passed on as an end, a broken
 * connection breaks the other. `onClose` is called once both are over.
 */
export function openTunnel(from: {
  client: Socket
  upstream: Socket
  /** Time after which a side that takes nothing of what waits for it ends the tunnel; 0 is no limit. */
  stallMs: number
  onClose: () => void
}): Tunnel {
  const { client, upstream, stallMs, onClose } = from
  const frames = createFrameTracker()
  let goodbye: Buffer | undefined
  let linger: NodeJS.Timeout | undefined

  const endWithin = (ms: number): void => {
    linger ??= setTimeout(() => {
      client.destroy()
      upstream.destroy()
    }, ms)
  }
  const sayGoodbye = (frame: Buffer): void => {
    upstream.off('data', onData)
    client.unpipe(upstream)
    upstream.destroy()
    client.end(frame)
    // What the client still says is read and dropped, so that its own end is seen.
    client.resume()
  }
  const onData = (bytes: Buffer): void => {
    notePassed(bytes.length)
    const boundary = frames.push(bytes)
    if (goodbye !== undefined && boundary >= 0) {
      client.write(bytes.subarray(0, boundary))
      sayGoodbye(goodbye)
    } else if (!client.write(bytes)) {
      upstream.pause()
      client.once('drain', () => upstream.resume())
    }
  }

  upstream.on('data', onData)
  upstream.on('end', () => client.end())
  client.pipe(upstream)
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    // Dead peers behind idle tunnels are found by TCP, at no cost here.
    socket.setKeepAlive(true, 30_000)
    onStalledWrites(socket, stallMs, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('end', () => endWithin(LINGER_MS))
    socket.on('close', () => {
      if (goodbye === undefined) other.destroySoon()
      if (other.closed) finish()
    })
  }
  let over = false
  const finish = (): void => {
    // Two sockets that close together both see the other closed.
    if (over) return
    over = true
    clearTimeout(linger)
    onClose()
  }
  return {
    close: (code, reason) => {
      if (goodbye !== undefined) return
      goodbye = closeFrame(code, reason)
      endWithin(GOODBYE_MS)
      if (frames.isBetween()) sayGoodbye(goodbye)
    },
  }
}
