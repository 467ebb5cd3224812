import { writeSync } from 'node:fs'
import type { LogSink } from '../node/log-writer.ts'

/**
 * Standard output of Deno. Its `process.stdout` waits in the middle of everything for a reader that is behind; Deno's
 * own stream waits beside it.
 */
export function createDenoStdout(): LogSink {
  const encoder = new TextEncoder()
  const writer = Deno.stdout.writable.getWriter()
  return {
    isTerminal: process.stdout.isTTY,
    write: (text, onDrained) => {
      // A reader that is gone is as good as one that reads: what is written is lost, and nothing waits.
      writer.write(encoder.encode(text)).then(onDrained, onDrained)
      return false
    },
    writeLast: (text) => {
      try {
        if (text !== '') writeSync(1, text)
      } catch {
        // The reader is gone.
      }
    },
  }
}
