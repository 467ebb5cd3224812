import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createInFlight, type Followable } from '../../../runtimes/node/upstream/in-flight.ts'

describe('exchanges in flight', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('an exchange is followed once it has lasted for a second, and only once', () => {
    const list = createInFlight()
    const exchange = newExchange()
    list.add(exchange)
    vi.advanceTimersByTime(1000)
    expect(exchange.follow).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(exchange.follow).toHaveBeenCalledOnce()
    list.followAll()
    vi.advanceTimersByTime(5000)
    expect(exchange.follow).toHaveBeenCalledOnce()
  })

  it('a short exchange is never followed', () => {
    const list = createInFlight()
    const exchange = newExchange()
    list.add(exchange)
    list.delete(exchange)
    list.followAll()
    vi.advanceTimersByTime(5000)
    expect(exchange.follow).not.toHaveBeenCalled()
  })

  it('all of them are followed at once when that is asked for', () => {
    const list = createInFlight()
    const exchanges = [newExchange(), newExchange()]
    for (const exchange of exchanges) list.add(exchange)
    list.followAll()
    for (const exchange of exchanges) expect(exchange.follow).toHaveBeenCalledOnce()
  })

  it('a place is taken again once its exchange is over, and never by two', () => {
    const list = createInFlight()
    const [first, second, third, fourth] = [newExchange(), newExchange(), newExchange(), newExchange()]
    list.add(first)
    list.add(second)
    list.delete(first)
    list.delete(first)
    list.add(third)
    list.add(fourth)
    expect([second.place, third.place, fourth.place]).toEqual([1, 0, 2])
  })

  it('an exchange that is followed keeps its place until it is over', () => {
    const list = createInFlight()
    const [long, next] = [newExchange(), newExchange()]
    list.add(long)
    vi.advanceTimersByTime(2000)
    list.add(next)
    list.delete(long)
    list.followAll()
    expect(next.follow).toHaveBeenCalledOnce()
  })

  it('nothing looks at the clock while nothing is under way', () => {
    const list = createInFlight()
    const exchange = newExchange()
    list.add(exchange)
    list.delete(exchange)
    vi.advanceTimersByTime(1000)
    expect(vi.getTimerCount()).toBe(0)
    list.add(exchange)
    expect(vi.getTimerCount()).toBe(1)
  })
})

function newExchange() {
  return { place: undefined, follow: vi.fn() } satisfies Followable as Followable
}
