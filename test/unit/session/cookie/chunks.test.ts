import { describe, expect, it } from 'vitest'
import type { Cookie } from '../../../../src/http/exchange.ts'
import { compileLayout, readCarried } from '../../../../src/session/cookie/chunks.ts'
import { compileOwnNames, sessionNames } from '../../../../src/session/session-cookies.ts'
import { fastestOf } from '../../../support/timing.ts'
import { ATTRIBUTE_BYTES, aToken, NAME } from '../refresh-fixture.ts'

const layout = compileLayout(NAME, ATTRIBUTE_BYTES)

function split(token: string): readonly Cookie[] {
  const cookies = layout.split(token)
  if (cookies === undefined) throw new Error('does not fit')
  return cookies
}

function tokensOf(cookies: readonly Cookie[]): readonly string[] {
  return readCarried(NAME, cookies).candidates.map(({ token }) => token)
}

function sizeOf(cookies: readonly Cookie[]): number {
  return cookies.reduce((sum, { name, value }) => sum + name.length + value.length + '=; '.length, 0)
}

describe('splitting', () => {
  it.each([1, 100, 4011, 4012, 4013, 7168, 20_000, 32_768])(
    'splitting and joining give a token of %i characters back, in lines that browsers keep, of the size foretold',
    (length) => {
      const token = aToken(length)
      const cookies = split(token)
      expect(tokensOf(cookies)).toEqual([token])
      expect(tokensOf([...cookies].reverse())).toEqual([token])
      for (const { name, value } of cookies) {
        expect(name.length + value.length + ATTRIBUTE_BYTES).toBeLessThanOrEqual(4096)
      }
      expect(layout.size(length)).toBe(sizeOf(cookies))
    },
  )

  it('splitting uses the plain name for what fits one line, to the last byte', () => {
    const room = 4096 - ATTRIBUTE_BYTES - NAME.length
    expect(split(aToken(room)).map(({ name }) => name)).toEqual([NAME])
    expect(split(aToken(room + 1)).map(({ name }) => name)).toEqual([`${NAME}_0`, `${NAME}_1`])
  })

  it('splitting gives up beyond nine cookies or 32,768 characters', () => {
    expect(layout.split(aToken(32_769))).toBeUndefined()
    expect(layout.size(32_769)).toBeUndefined()
    const narrow = compileLayout(NAME, 3900)
    expect(narrow.split(aToken(2000))).toBeUndefined()
    expect(compileLayout(NAME, 5000).split(aToken(10))).toBeUndefined()
  })
})

describe('joining', () => {
  const token = aToken(10_000)
  const chunks = split(token)
  const [first, second, third] = chunks as [Cookie, Cookie, Cookie]

  it.each<[string, readonly Cookie[]]>([
    [
      'two values exchanged (CK-28)',
      [{ ...first, value: second.value }, { ...second, value: first.value }, third],
    ],
    ['one missing at the end (CK-30)', [first, second]],
    ['one missing in the middle', [first, third]],
    ['one missing at the start', [second, third]],
    ['an emptied one', [first, { ...second, value: '' }, third]],
    ['one that is only a lead', [first, second, { ...third, value: third.value.slice(0, 11) }]],
  ])('joining makes no old token with %s', (_, cookies) => {
    expect(tokensOf(cookies)).not.toContain(token)
  })

  it('joining takes neither of two values of one chunk, whichever comes first', () => {
    const twin = { ...second, value: `${second.value.slice(0, -1)}!` }
    expect(tokensOf([first, second, twin, third])).toEqual([])
    expect(tokensOf([first, twin, second, third])).toEqual([])
  })

  it('joining does not hand on what does not end as its chunks say', () => {
    expect(tokensOf([first, second, { ...third, value: third.value.slice(0, 11) }])).toEqual([])
    expect(tokensOf([first, second, { ...third, value: third.value.slice(0, -1) }])).toEqual([])
  })

  it('joining does not join more than 32,768 characters', () => {
    const chunk = (index: number) => ({ name: `${NAME}_${index}`, value: `9.AAAAAAAA.${'A'.repeat(3900)}` })
    expect(tokensOf(Array.from({ length: 9 }, (_, at) => chunk(at)))).toEqual([])
  })

  it('joining never mixes two sessions, even of the same length [CK-29]', () => {
    const other = aToken(10_000)
    const [, bob1, bob2] = split(other) as [Cookie, Cookie, Cookie]
    expect(tokensOf([first, bob1, bob2])).toEqual([])
    expect(tokensOf([...chunks, ...split(other)])).toEqual([token, other])
  })

  it('joining passes over chunks of an older, longer session', () => {
    const stale = split(aToken(15_000))
    expect(stale).toHaveLength(4)
    const carried = readCarried(NAME, [...chunks, stale[3] as Cookie])
    expect(carried.candidates).toEqual([{ token, names: chunks.map(({ name }) => name) }])
    expect(carried.names).toContain(`${NAME}_3`)
  })

  it.each(['_00', '_+1', '_1e3', '_-1', '_99999999', '_0x1', '_', '_9', '_ 1', '_１'])(
    'joining does not take %j for a number [CK-32]',
    (suffix) => {
      const tricky = { name: NAME + suffix, value: second.value }
      expect(tokensOf([first, tricky, third])).toEqual([])
      expect(tokensOf([...chunks, tricky])).toEqual([token])
    },
  )

  it.each(['1', '0', 'x', '9'])('joining does not believe a count of %s', (count) => {
    const lying = chunks.map(({ name, value }) => ({ name, value: count + value.slice(1) }))
    expect(tokensOf(lying)).toEqual([])
  })

  it('joining keeps two values of one name apart [CK-33]', () => {
    const cookies = [
      { name: NAME, value: 'evil' },
      { name: NAME, value: 'good' },
      { name: NAME, value: 'evil' },
    ]
    expect(tokensOf(cookies)).toEqual(['evil', 'good'])
  })

  it('joining looks at no more than four candidates', () => {
    const many = Array.from({ length: 150 }, (_, at) => ({ name: NAME, value: `v${at}` }))
    expect(tokensOf(many)).toHaveLength(4)
  })

  it('joining lets two hundred chunks of 4 kB cost nothing [CK-42]', async () => {
    const flood = Array.from({ length: 200 }, (_, at) => ({
      name: `${NAME}_${at}`,
      value: `9.abcdefgh.${'A'.repeat(4000)}`,
    }))
    expect(tokensOf(flood)).toEqual([])
    expect(await fastestOf(10, () => tokensOf(flood))).toBeLessThan(20)
  })

  it('joining reads only names of its own', () => {
    const others = [
      { name: `${NAME}x`, value: 'a' },
      { name: 'x', value: 'b' },
      { name: NAME.toLowerCase(), value: 'c' },
      { name: `${NAME}_csrf`, value: 'd' },
    ]
    expect(readCarried(NAME, others)).toEqual({ candidates: [], names: [] })
  })
})

describe('names', () => {
  it('cookie names of the session are the plain one and canonical numbers below a hundred', () => {
    const names = [
      NAME,
      `${NAME}_0`,
      `${NAME}_42`,
      `${NAME}_100`,
      `${NAME}_01`,
      `${NAME}_csrf`,
      'other',
      NAME,
    ]
    const cookies = names.map((name) => ({ name, value: 'v' }))
    expect(sessionNames(NAME, cookies)).toEqual([NAME, `${NAME}_0`, `${NAME}_42`])
  })

  it.each([
    ['', true],
    ['_0', true],
    ['_123', true],
    ['_csrf', false],
    ['_turns', false],
    ['_turns_0', false],
    ['_a1B2-_c3_csrf', false],
    ['_toolong12_csrf', false],
    ['x', false],
    ['_x', false],
    ['_csrfx', false],
  ])('a cookie name with the suffix %j is one of the session: %s', (suffix, isOurs) => {
    const owns = compileOwnNames('_o.p')
    expect(owns(`_o.p${suffix}`)).toBe(isOurs)
    expect(owns(`_oXp${suffix}`)).toBe(false)
  })
})
