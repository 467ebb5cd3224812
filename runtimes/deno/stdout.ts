import { writeSync } from 'node:fs'
import type { LogSink } from '../node/log-writer.ts'

/**
 * Creates the sink of a standard stream of Deno. Node's streams wait there in the middle of everything for a reader that is
 * behind; Deno's own wait beside it.
 */
export function createDenoSink(name: 'stdout' | 'stderr'): LogSink {
  const encoder = new TextEncoder()
  const writer = Deno[name].writable.getWriter()
  return {
    isTerminal: process[name].isTTY,
    write: (text, onDrained) => {
      // A reader that is gone is as good as one that reads: what is written is lost, and nothing waits.
      writer.write(encoder.encode(text)).then(onDrained, onDrained)
      return false
    },
    writeLast: (text) => {
      try {
        if (text !== '') writeSync(name === 'stdout' ? 1 : 2, text)
      } catch {
        // The reader is gone.
      }
    },
  }
}
