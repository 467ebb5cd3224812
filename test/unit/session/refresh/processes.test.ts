import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Browser, countSignOuts, type Simulated } from './browsing.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/sessions.md'), 'utf8')
const SECOND = 1000
const MINUTE = 60 * SECOND

/** Reads pages that load eight things each, clicks twice now and then, and goes away for a while. */
function pages({ random, after, send, abort, burst }: Browser): void {
  const load = () => {
    const isImpatient = random() < 0.03
    if (isImpatient) abort()
    after(isImpatient ? 150 : 0, () =>
      send(() => {
        burst(8)
        const isAway = random() < 0.15
        after(isAway ? (5 + 25 * random()) * MINUTE : -Math.log(1 - random()) * 40 * SECOND, load)
      }),
    )
  }
  load()
}

/** Has two tabs that load no page: one asks every ten seconds, the other one fetches four things every half minute. */
function tabs({ random, after, send, burst }: Browser): void {
  const every = (seconds: number, task: () => void): void => {
    task()
    after(seconds * SECOND * (0.9 + 0.2 * random()), () => every(seconds, task))
  }
  every(10, send)
  every(30, () => burst(4))
}

/** Has a tab that fetches four things at once every minute or so. */
function seldom(browser: Browser): void {
  browser.burst(4)
  browser.after((30 + 60 * browser.random()) * SECOND, () => seldom(browser))
}

/** Has a tab that fetches six things at once after a pause that no token outlives. */
function wakes(browser: Browser): void {
  browser.burst(6)
  browser.after((6 + 24 * browser.random()) * MINUTE, () => wakes(browser))
}

/** Does the same, and awaits the first of them. */
function wakesGently(browser: Browser): void {
  browser.send(() => browser.burst(5))
  browser.after((6 + 24 * browser.random()) * MINUTE, () => wakesGently(browser))
}

const two = { processes: 2, balancing: 'random' } as const
const three = { processes: 3, balancing: 'random' } as const

/** Runs by the first cell of their row in docs/sessions.md. */
const RUNS: readonly (readonly [string, Simulated])[] = [
  ['pages of nine requests, breaks, impatient clicks', { ...two, browse: pages }],
  ['such pages, three processes', { ...three, browse: pages }],
  ['two tabs that fetch all the time', { ...two, browse: tabs }],
  ['two such tabs, three processes', { ...three, browse: tabs }],
  ['two such tabs, sticky sessions', { ...two, browse: tabs, balancing: 'sticky' }],
  ['two such tabs, clocks ten seconds apart', { ...two, browse: tabs, skewMs: 10 * SECOND }],
  [
    'two such tabs, all processes replaced every hour',
    { ...two, browse: tabs, replacedEveryMs: 60 * MINUTE },
  ],
  ['two such tabs, access tokens of one minute', { ...two, browse: tabs, lifeMs: MINUTE }],
  ['a tab that fetches four things every minute or so', { ...two, browse: seldom }],
  [
    'such a tab, `session-idle-timeout` of eight minutes',
    { ...two, browse: seldom, idleTimeoutMs: 8 * MINUTE },
  ],
  ['such a tab, three processes', { ...three, browse: seldom }],
  ['a tab that fetches six things at once after a pause longer than the token', { ...two, browse: wakes }],
  [
    'such a tab that fetches one thing first, and the others when that is here',
    { ...two, browse: wakesGently },
  ],
]

describe('several processes at a provider that ends a session when a refresh token comes twice', () => {
  it.each(RUNS)('%s: people sign in again as often as docs/sessions.md says', async (name, simulated) => {
    const [, before, after] = PAGE.match(rowOf(name)) ?? []
    expect([name, await countSignOuts(simulated)]).toEqual([name, Number(after)])
    expect(Number(after)).toBeLessThanOrEqual(Number(before))
  })

  it('one process signs no one out, whatever its browsers do', async () => {
    for (const browse of [pages, wakes]) {
      expect(await countSignOuts({ processes: 1, balancing: 'random', browse })).toBe(0)
    }
  })
})

function rowOf(name: string): RegExp {
  return new RegExp(`^\\| ${name} \\| (\\d+) \\| (\\d+) \\|$`, 'mu')
}
