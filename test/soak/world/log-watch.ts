import type { Readable } from 'node:stream'

/** One parsed line of the gate's log. */
export type LogLine = Readonly<Record<string, unknown>>

/** The reader of a gate's log, which may stop reading. */
export interface LogWatch {
  /** Number of lines that were read. */
  lines(): number
  /** Sum of what the lines about lost lines say was lost. */
  lost(): number
  /** What must never stand there: bugs, secrets, lines that are not JSON. */
  readonly faults: string[]
  /** How often each message of level error or each failed event was written. */
  readonly notable: ReadonlyMap<string, number>
  /** The last lines, as they were written. */
  readonly tail: readonly string[]
  /** Resolves with the first line from now on that fits. */
  next(fits: (line: LogLine) => boolean, ms: number): Promise<LogLine>
  stall(): void
  resume(): void
}

const TAIL = 2000
const LONGEST_FAULT = 1000

/** Reads a log line by line; `secrets` are texts that must not be in it. */
export function watchLog(stdout: Readable, secrets: readonly string[]): LogWatch {
  const faults: string[] = []
  const notable = new Map<string, number>()
  const tail: string[] = []
  const waiting = new Set<(line: LogLine) => void>()
  let lines = 0
  let lost = 0
  let rest = ''

  function read(text: string): void {
    lines += 1
    tail.push(text)
    if (tail.length > TAIL) tail.shift()
    const line = parse(text)
    if (line === undefined) return void faults.push(`not JSON: ${text.slice(0, LONGEST_FAULT)}`)
    if (text.includes('Bug:') || text.includes('"bug"')) faults.push(text.slice(0, LONGEST_FAULT))
    // What the fake provider makes begins with its kind.
    if (/\b(?:at|rt|code)\.[\w-]{32}/u.test(text) || secrets.some((secret) => text.includes(secret)))
      faults.push(`a secret: ${text.slice(0, LONGEST_FAULT)}`)
    if (String(line['msg']).startsWith('Log lines were lost')) lost += Number(line['lines'])
    const { level, event, code, msg } = line
    if (level === 'error' || code !== undefined) {
      const what = `${level} ${event ?? msg} ${code ?? ''}`.trim()
      notable.set(what, (notable.get(what) ?? 0) + 1)
    }
    for (const hear of waiting) hear(line)
  }

  stdout.setEncoding('utf8').on('data', (text: string) => {
    const complete = (rest + text).split('\n')
    rest = complete.pop() ?? ''
    for (const line of complete) read(line)
  })

  return {
    lines: () => lines,
    lost: () => lost,
    faults,
    notable,
    tail,
    next: (fits, ms) =>
      new Promise((resolve, reject) => {
        const hear = (line: LogLine): void => {
          if (!fits(line)) return
          finish()
          resolve(line)
        }
        const timer = setTimeout(() => {
          finish()
          reject(new Error(`No such line in the log within ${ms} ms`))
        }, ms)
        const finish = (): void => {
          clearTimeout(timer)
          waiting.delete(hear)
        }
        waiting.add(hear)
      }),
    stall: () => void stdout.pause(),
    resume: () => void stdout.resume(),
  }
}

function parse(text: string): LogLine | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
