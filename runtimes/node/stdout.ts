import type { LogSink } from './log-writer.ts'

/** Standard output of Node. */
export const nodeStdout = createStreamSink(process.stdout)

/** Creates the sink of a standard stream of Node: a pipe takes what the kernel has room for, and tells when the rest is gone. */
export function createStreamSink(stream: NodeJS.WriteStream): LogSink {
  // A pipe that nothing reads any more must not stop a proxy that works.
  stream.on('error', () => undefined)
  return {
    write: (text, onDrained) => {
      const isTaken = stream.write(text)
      // A pipe whose reader has gone never drains; what is written to it is lost at once.
      if (isTaken || stream.destroyed) return true
      stream.once('drain', onDrained)
      return false
    },
    writeLast: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
  }
}
