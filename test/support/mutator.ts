/** Random numbers from a seed (mulberry32): the same seed gives the same run everywhere. */
export interface Random {
  /** An integer from 0 up to, but not including, `below`. */
  int(below: number): number
  pick<Item>(items: readonly Item[]): Item
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (below: number): number => next() % below
  return { int, pick: (items) => items[int(items.length)] as (typeof items)[number] }
}

/** Characters that mean something to some parser of paths, heads, cookies, URLs or JSON. */
const SPICES = [
  ...'\0\t\n\r "#%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  '\r\n',
  '%00',
  '%2e',
  '%2E%2e',
  '%2f',
  '%5c',
  '%25',
  '%C2%AD',
  '%EF%BC%8F',
  '%ff',
  '..',
  '//',
  '\x7f',
  '\x80',
  '\xa0',
  '\xad',
  '\u212a',
  '\uff0e',
  '\uff0f',
  '\ud800',
  'İ',
]

/**
 * Makes a changed text: one to four cuts, copies, swaps, repeats, spices and pieces of other texts of the corpus. What
 * comes out is often nearly right, which is where parsers differ.
 */
export function mutate(random: Random, corpus: readonly string[]): string {
  let text = random.pick(corpus)
  for (let left = 1 + random.int(4); left > 0; left -= 1) {
    const at = random.int(text.length + 1)
    const to = Math.min(text.length, at + 1 + random.int(6))
    switch (random.int(6)) {
      case 0:
        text = text.slice(0, at) + text.slice(to)
        break
      case 1:
        text = text.slice(0, at) + random.pick(SPICES) + text.slice(at)
        break
      case 2:
        text = text.slice(0, to) + text.slice(at)
        break
      case 3: {
        const other = random.pick(corpus)
        text = text.slice(0, at) + other.slice(random.int(other.length + 1))
        break
      }
      case 4:
        text = text.slice(0, at) + text.slice(at, to).repeat(1 + random.int(8)) + text.slice(to)
        break
      default:
        text = text.slice(0, at) + random.pick(SPICES) + text.slice(to)
    }
  }
  return text
}

/** Seconds for each fuzz test: five, or what SIDEGATE_FUZZ_SECONDS says (3600 for the long run). */
export const FUZZ_SECONDS = Number(process.env['SIDEGATE_FUZZ_SECONDS'] ?? '5')

/** Longest time that such a test may take, in ms. */
export const FUZZ_TIMEOUT_MS = FUZZ_SECONDS * 1000 + 60_000

/**
 * Runs `check` with one random generator a case until the time is over. A failure names the seed of its case, which
 * SIDEGATE_FUZZ_SEED repeats alone; the case then belongs into a table of the tests.
 */
export async function fuzz(check: (random: Random) => void | Promise<void>): Promise<number> {
  const given = process.env['SIDEGATE_FUZZ_SEED']
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given)
  const endMs = performance.now() + FUZZ_SECONDS * 1000
  let cases = 0
  do {
    const seed = (first + cases) >>> 0
    try {
      await check(createRandom(seed))
    } catch (error) {
      throw new Error(`SIDEGATE_FUZZ_SEED=${seed} fails: ${String(error)}`, { cause: error })
    }
    cases += 1
  } while (given === undefined && performance.now() < endMs)
  return cases
}
