import { createHash } from 'node:crypto'
import { compareSync, hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { readHtpasswd } from '../../../../src/config/values/htpasswd.ts'
import { createComparePassword } from '../../../../src/signin/local/password.ts'

const sha = (password: string): string => `{SHA}${createHash('sha1').update(password).digest('base64')}`
const MIXED = `cheap:${hashSync('pw', 4)}\ndear:${hashSync('pw', 7)}\nsha:${sha('pw')}\n`

/** Comparisons with the rounds of bcrypt that each took. */
function aComparison(text: string) {
  const { users } = readHtpasswd(text)
  const rounds: number[] = []
  const comparePassword = createComparePassword(users.values(), async (password, hashes) => {
    rounds.push(hashes.reduce((sum, hash) => sum + 2 ** Number(hash.slice(4, 6)), 0))
    return hashes.map((hash) => compareSync(password, hash))
  })
  return { rounds, ask: (name: string, password: string) => comparePassword(password, users.get(name)) }
}

describe('comparing a password', () => {
  it.each([
    ['cheap', 'pw', true],
    ['cheap', 'no', false],
    ['dear', 'pw', true],
    ['dear', 'no', false],
    ['sha', 'pw', true],
    ['sha', 'no', false],
    ['nobody', 'pw', false],
  ])(
    'a comparison costs the rounds of the costliest hash for %s with %j [IL-40]',
    async (name, password, fits) => {
      const { rounds, ask } = aComparison(MIXED)
      expect(await ask(name, password)).toBe(fits)
      expect(rounds).toEqual([2 ** 7])
    },
  )

  it.each([
    ['sha', 'pw', true],
    ['sha', 'no', false],
    ['nobody', 'pw', false],
    ['nobody', '', false],
  ])(
    'a comparison takes no bcrypt where no hash of the file is one: %s with %j',
    async (name, password, fits) => {
      const { rounds, ask } = aComparison(`sha:${sha('pw')}`)
      expect(await ask(name, password)).toBe(fits)
      expect(rounds).toEqual([])
    },
  )

  it.each(['$2a$', '$2b$', '$2x$', '$2y$'])('a comparison reads the bcrypt form %s', async (form) => {
    const { ask } = aComparison(`u:${hashSync('pw', 4).replace('$2b$', form)}`)
    expect(await ask('u', 'pw')).toBe(true)
    expect(await ask('u', 'pW')).toBe(false)
  })
})
