import type { LogSink } from './log-writer.ts'

// A pipe that nothing reads any more must not stop a proxy that works.
process.stdout.on('error', () => undefined)

/** Standard output of Node: a pipe takes what the kernel has room for, and tells when the rest is gone. */
export const nodeStdout: LogSink = {
  write: (text, onDrained) => {
    const isTaken = process.stdout.write(text)
    // A pipe whose reader has gone never drains; what is written to it is lost at once.
    if (isTaken || process.stdout.destroyed) return true
    process.stdout.once('drain', onDrained)
    return false
  },
  writeLast: (text) => void process.stdout.write(text),
  isTerminal: process.stdout.isTTY,
}
