import type { LogSink } from '../../runtimes/node/log-writer.ts'

/** A sink whose reader is never behind. */
export function toSink(take: (text: string) => void = () => {}): LogSink {
  return {
    write: (text) => {
      take(text)
      return true
    },
    writeLast: take,
  }
}
