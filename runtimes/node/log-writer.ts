/** Sink of log text: complete lines, with their ends. */
export interface LogSink {
  /**
   * Writes text; false when its reader is behind: `onDrained` is called once when it has caught up, and nothing is
   * given until then.
   */
  write(text: string, onDrained: () => void): boolean
  /** Writes text at the very end, when nothing can be waited for any more. */
  writeLast(text: string): void
  /** True when a person reads it as it comes. */
  readonly isTerminal?: boolean
}

/** Writer of log lines to a sink. */
export interface LogWriter {
  /** Writes one line, given without its end. */
  write(line: string): void
  /** Hands over the lines that are gathered. */
  flush(): void
  /** Resolves when the sink has everything. */
  drained(): Promise<void>
  /** Hands over what it can before the process is gone. */
  end(): void
  /** Number of lines that were lost since the start because the reader was behind. */
  readonly lost: () => number
}

/** Time for which lines are gathered: one system call for all of them. */
const GATHER_MS = 5
/** Size from which gathered lines are written at once. */
const FULL = 32 * 1024
/** Limit on characters that wait for a reader that is behind; a stalled one must not fill memory. */
const MOST_WAITING = 1024 * 1024

/**
 * Gathers lines and hands them on in one piece. Lines that a slow reader leaves no room for are counted and dropped;
 * `onLost` is told the count when it has caught up, before any other line.
 */
export function createLogWriter(sink: LogSink, onLost: (count: number) => void = () => {}): LogWriter {
  const queue: string[] = []
  let queued = 0
  let gathered = ''
  let isBusy = false
  let lost = 0
  let lostBefore = 0
  let timer: NodeJS.Timeout | undefined
  const waiting = new Set<() => void>()

  const handOver = (text: string): void => {
    isBusy = !sink.write(text, onDrained)
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (gathered === '') return
    const text = gathered
    gathered = ''
    if (isBusy) {
      queue.push(text)
      queued += text.length
    } else handOver(text)
  }

  const onDrained = (): void => {
    isBusy = false
    while (!isBusy) {
      const next = queue.shift()
      if (next === undefined) break
      queued -= next.length
      handOver(next)
    }
    if (isBusy) return
    const count = lost
    lost = 0
    lostBefore += count
    if (count > 0) onLost(count)
    flush()
    if (isBusy) return
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  return {
    write: (line) => {
      if (isBusy && (lost > 0 || queued + gathered.length + line.length > MOST_WAITING)) {
        lost += 1
        return
      }
      gathered += `${line}\n`
      if (gathered.length >= FULL) flush()
      else timer ??= setTimeout(flush, GATHER_MS)
    },
    flush,
    drained: () => (isBusy ? new Promise((resolve) => waiting.add(resolve)) : Promise.resolve()),
    end: () => {
      if (!isBusy) sink.writeLast(gathered)
      gathered = ''
    },
    lost: () => lostBefore + lost,
  }
}
