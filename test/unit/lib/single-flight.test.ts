import { describe, expect, it } from 'vitest'
import { createSingleFlight, within } from '../../../src/lib/single-flight.ts'

function aClock() {
  const clock = { ms: 0, now: () => clock.ms }
  return clock
}

describe('flights', () => {
  it('a single flight runs the work once for all callers meanwhile, and keeps the result for its time', async () => {
    const clock = aClock()
    const flights = createSingleFlight<number>({ now: clock.now, sharesPromises: true })
    let runs = 0
    const work = async () => {
      runs += 1
      return { value: runs, keepMs: 1000 }
    }
    expect(await Promise.all([flights.join('k', work).done, flights.join('k', work).done])).toEqual([1, 1])
    clock.ms = 999
    expect(flights.find('k')).toBe(1)
    clock.ms = 1000
    expect(flights.find('k')).toBeUndefined()
    expect(await flights.join('k', work).done).toBe(2)
  })

  it('a single flight keeps no result for longer because the clock is set back', async () => {
    const clock = { ms: 360_000, now: () => clock.ms }
    const flights = createSingleFlight<string>({ now: clock.now, sharesPromises: true })
    await flights.join('k', async () => ({ value: 'failed', keepMs: 1000 })).done
    clock.ms = 0
    expect(flights.find('k')).toBe('failed')
    clock.ms = 999
    expect(flights.find('k')).toBe('failed')
    clock.ms = 1000
    expect(flights.find('k')).toBeUndefined()
  })

  it('a single flight keeps a bounded number of results', async () => {
    const flights = createSingleFlight<number>({ now: () => 0, sharesPromises: true, maxKept: 3 })
    for (let at = 0; at < 5; at += 1)
      await flights.join(`k${at}`, async () => ({ value: at, keepMs: 1 })).done
    const kept = [0, 1, 2, 3, 4].filter((at) => flights.find(`k${at}`) !== undefined)
    expect(kept).toEqual([2, 3, 4])
  })

  it('a single flight starts again where a request took its call with it, as a Worker does', async () => {
    const clock = aClock()
    const flights = createSingleFlight<string>({ now: clock.now, sharesPromises: false })
    const never = new Promise<never>(() => {})
    flights.join('k', () => never)
    const second = flights.join('k', async () => ({ value: 'done', keepMs: 1000 }))
    expect(await within(second.done, 60)).toBeUndefined()
    clock.ms = 15_000
    expect(await second.done).toBe('done')
  })
})

describe('within()', () => {
  it('within() gives a value that came in time, undefined otherwise, and passes errors on', async () => {
    expect(await within(Promise.resolve(1), 1000)).toBe(1)
    expect(await within(new Promise(() => {}), 1)).toBeUndefined()
    // Node warns of a timer below 0 on standard error.
    const warned = new Promise<string>((resolve) => process.once('warning', ({ name }) => resolve(name)))
    expect(await within(new Promise(() => {}), -5)).toBeUndefined()
    expect(await within(warned, 20)).toBeUndefined()
    await expect(within(Promise.reject(new Error('no')), 1000)).rejects.toThrow('no')
  })
})
