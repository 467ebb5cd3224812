import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogWriter, type LogWriter } from '../../../runtimes/node/log-writer.ts'
import { toSink } from '../../support/log-sink.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A reader that takes one piece and then nothing until it is told to. */
function aSlowReader() {
  const pieces: string[] = []
  const lost: number[] = []
  let drained: (() => void) | undefined
  const log: LogWriter = createLogWriter(
    {
      write: (text, onDrained) => {
        pieces.push(text)
        drained = onDrained
        return false
      },
      writeLast: (text) => void pieces.push(text),
    },
    (count) => {
      lost.push(count)
      log.write(`lost ${count}`)
    },
  )
  return {
    log,
    pieces,
    lost,
    lines: () => pieces.join('').split('\n').slice(0, -1),
    /** Takes what waits, one piece after the other, until nothing comes any more. */
    catchUp: () => {
      for (let count = -1; count !== pieces.length; ) {
        count = pieces.length
        vi.advanceTimersByTime(10)
        const next = drained
        drained = undefined
        next?.()
      }
    },
  }
}

describe('log lines', () => {
  it('log lines are handed on in one piece after a moment, or when there are many', () => {
    const pieces: string[] = []
    const log = createLogWriter(toSink((text) => void pieces.push(text)))
    for (const line of ['a', 'b', 'c']) log.write(line)
    expect(pieces).toEqual([])
    vi.advanceTimersByTime(10)
    expect(pieces).toEqual(['a\nb\nc\n'])
    log.write('d')
    log.flush()
    vi.advanceTimersByTime(10)
    expect(pieces).toEqual(['a\nb\nc\n', 'd\n'])
    log.write('x'.repeat(40_000))
    expect(pieces).toHaveLength(3)
  })

  it('log lines wait for a reader that is behind, in order', () => {
    const { log, lines, lost, catchUp } = aSlowReader()
    const written = Array.from({ length: 1000 }, (_, at) => `line ${at}`)
    for (const line of written) log.write(line)
    catchUp()
    expect(lines()).toEqual(written)
    expect(lost).toEqual([])
  })

  it('log lines over 1 MiB are counted and dropped, and the count is the first line afterwards [IL-26]', () => {
    const { log, lines, lost, catchUp } = aSlowReader()
    const long = 'x'.repeat(1000)
    for (let at = 0; at < 5000; at += 1) log.write(`${at} ${long}`)
    // Short ones would fit, but they must not come before the count.
    log.write('short')
    const lostSoFar = log.lost()
    catchUp()
    log.write('after')
    catchUp()
    const seen = lines()
    const count = seen.findIndex((line) => line.startsWith('lost '))
    const kept = seen.slice(0, count)
    expect(kept.map((line) => Number(line.split(' ')[0]))).toEqual(kept.map((_, at) => at))
    expect(kept.join('\n').length).toBeGreaterThan(1024 * 1024)
    expect(kept.join('\n').length).toBeLessThan(1024 * 1024 + 2 * 40_000)
    expect(seen.slice(count)).toEqual([`lost ${5001 - count}`, 'after'])
    expect(lost).toEqual([5001 - count])
    expect([lostSoFar, log.lost()]).toEqual([5001 - count, 5001 - count])
  })

  it('log lines are not dropped again when the reader has caught up', () => {
    const { log, lines, lost, catchUp } = aSlowReader()
    for (let round = 0; round < 3; round += 1) {
      for (let at = 0; at < 5000; at += 1) log.write('x'.repeat(1000))
      catchUp()
    }
    expect(lost).toHaveLength(3)
    expect(log.lost()).toBe(lost.reduce((sum, count) => sum + count, 0))
    expect(lines().filter((line) => line.startsWith('lost '))).toHaveLength(3)
  })

  it('log lines are waited for at the end, and what a stalled reader has not taken is left', async () => {
    const { log, pieces, catchUp } = aSlowReader()
    log.write('a')
    log.flush()
    log.write('b')
    log.flush()
    let isDrained = false
    const drained = log.drained().then(() => {
      isDrained = true
    })
    await vi.advanceTimersByTimeAsync(100)
    expect(isDrained).toBe(false)
    log.end()
    expect(pieces).toEqual(['a\n'])
    catchUp()
    await drained
    expect(pieces).toEqual(['a\n', 'b\n'])
    log.write('c')
    log.end()
    expect(pieces).toEqual(['a\n', 'b\n', 'c\n'])
  })
})
