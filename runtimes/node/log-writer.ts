/** Where log lines go. */
export interface LogWriter {
  /** Takes one line without its end. */
  write(line: string): void
  /** Writes what waits. */
  flush(): void
}

/** Lines wait this long for company: one system call for all of them. */
const GATHER_MS = 5
/** More than this is written at once. */
const FULL = 32 * 1024

/** Gathers lines and hands them on in one piece. `sink` gets complete lines, with their ends. */
export function createLogWriter(sink: (text: string) => void): LogWriter {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (waiting === '') return
    const text = waiting
    waiting = ''
    sink(text)
  }
  return {
    write: (line) => {
      waiting += `${line}\n`
      if (waiting.length >= FULL) flush()
      else timer ??= setTimeout(flush, GATHER_MS)
    },
    flush,
  }
}
