import { describe, expect, it } from 'vitest'
import { createTokenCache } from '../../../src/session/token-cache.ts'
import { aSession } from '../../support/session.ts'
import { aToken } from './refresh-fixture.ts'

const opened = { session: aSession(), current: true }

describe('the cache of opened sessions', () => {
  it('the cache of opened sessions finds by the whole token, not by its end', () => {
    const cache = createTokenCache()
    cache.add(`one${'t'.repeat(22)}`, opened)
    expect(cache.find(`one${'t'.repeat(22)}`)).toMatchObject(opened)
    expect(cache.find(`two${'t'.repeat(22)}`)).toBeUndefined()
  })

  it('the cache of opened sessions finds by the whole token also what was not asked for lately', () => {
    const cache = createTokenCache(4)
    cache.add(`one${'t'.repeat(22)}`, opened)
    for (const token of [aToken(50), aToken(50)]) cache.add(token, opened)
    expect(cache.find(`two${'t'.repeat(22)}`)).toBeUndefined()
    expect(cache.find(`one${'t'.repeat(22)}`)).toMatchObject(opened)
  })

  it('the cache of opened sessions keeps what is asked for and forgets the rest, within its bound of entries', () => {
    const cache = createTokenCache(100)
    const loved = aToken(50)
    const tokens = Array.from({ length: 1000 }, () => aToken(50))
    cache.add(loved, opened)
    for (const token of tokens) {
      cache.add(token, opened)
      expect(cache.find(loved)).toBeDefined()
    }
    const remembered = tokens.filter((token) => cache.find(token) !== undefined)
    expect(remembered.length).toBeLessThanOrEqual(100)
    expect(remembered.length).toBeGreaterThanOrEqual(49)
  })

  it('the cache of opened sessions keeps within its bound of bytes', () => {
    const cache = createTokenCache(8192, 1_000_000)
    const tokens = Array.from({ length: 500 }, () => aToken(7000))
    for (const token of tokens) cache.add(token, opened)
    const remembered = tokens.filter((token) => cache.find(token) !== undefined)
    expect(remembered.length).toBeGreaterThan(20)
    expect(remembered.length * (2 * 7000 + 1024)).toBeLessThanOrEqual(1_000_000)
  })

  it('the cache of opened sessions forgets everything at once', () => {
    const cache = createTokenCache()
    const token = aToken(50)
    cache.add(token, opened)
    cache.clear()
    expect(cache.find(token)).toBeUndefined()
  })
})
