import type { Random } from '../../support/mutator.ts'

/**
 * The first seed of the random patterns: the same in every run, so that a failure is the fault of a change. Another one
 * looks elsewhere, and SIDEGATE_FUZZ_SECONDS looks longer.
 */
export const FIRST_SEED = Number(process.env['SIDEGATE_FUZZ_SEED'] ?? 1)

/** How much more than usual is to be looked at. */
export const TIMES = Math.max(1, Number(process.env['SIDEGATE_FUZZ_SECONDS'] ?? 0))

/** Small, so that patterns and texts meet: letters with surprising cases, a line end, characters of one to four bytes. */
const LETTERS = [...'abckKsS/-_1 \néяЯſ\u212aß中😀']

const PLAIN = [...'abcksKS/-_1 éяſ中😀%,=:"~}]']

const ESCAPES =
  '\\d \\D \\w \\W \\s \\S \\pL \\PL \\pN \\p{Lu} \\P{Lu} \\p{^Ll} \\p{Greek} \\p{Cyrillic} \\P{^Han} \\p{Latin} ' +
  '\\x41 \\x{1F600} \\x{10FFFF} \\x{44f} \\101 \\0 \\n \\t \\. \\/ \\- \\_ \\\\ \\* \\( \\[ \\] \\^ \\$ \\| \\{ \\Qa.b\\E \\Q\\E \\Qk\\E'

const CLASS_MEMBERS =
  'a b k s a-c k-s A-Z а-я ж-ю \\x00-\\x1f - / . \\d \\D \\w \\W \\S \\pL \\PL \\p{Lu} \\P{Lu} [:alpha:] [:^alpha:] [:word:] ' +
  '[:^digit:] [:space:] \\n \\- \\] ^ é 😀 ſ \\x{212a} |'

const ASSERTIONS = '^ $ \\b \\B \\A \\z (?m)^ (?m)$ (?m:^) (?m:$)'.split(' ')
const QUANTIFIERS = '* + ? *? +? ?? {0} {1} {2} {0,2} {1,3} {2,} {0,} {3}? {,2} {01}'.split(' ')
const GROUPS = '( ( ( (?: (?: (?i: (?s: (?m: (?U: (?-i: (?i-s: (?is-m: (?P< (?<'.split(' ')
const FLAGS = '(?i) (?s) (?m) (?U) (?-i) (?i-s) (?)'.split(' ')

/** Parts that are refused, or nearly. */
const ODD =
  '(?= (?! (?<= (?P=n) \\1 \\8 \\Z \\C \\X \\pX \\p{Klingon} \\p{} \\p{L \\x \\x{ \\x{110000} (?x) (?i- (?-) (?P<> (?P<a-b>x) ' +
  '[b-a] [a-\\d] [[:nope:]] [ [a [^ ** a++ a?{2} {2}{3} {1001} {2,1} {1000}{2} ) ( | (*) \\Qk \\'

/** Writes a random pattern; one in `oddOneIn` parts is something that may be refused. */
export function randomPattern(random: Random, oddOneIn = 200): string {
  const write = (depth: number): string =>
    Array.from({ length: 1 + random.int(4) }, () => part(depth)).join('')
  const part = (depth: number): string => {
    if (random.int(oddOneIn) === 0) return random.pick(ODD.split(' '))
    const quantifier = random.int(5) < 2 ? random.pick(QUANTIFIERS) : ''
    const kind = random.int(20)
    if (kind < 6) return random.pick(PLAIN) + quantifier
    if (kind < 8) return `.${quantifier}`
    if (kind < 10) return random.pick(ESCAPES.split(' ')) + quantifier
    if (kind < 12) return randomClass(random) + quantifier
    if (kind < 14) return random.pick(ASSERTIONS) + (random.int(6) === 0 ? quantifier : '')
    if (kind < 15) return random.pick(FLAGS)
    if (depth === 0) return random.pick(PLAIN) + quantifier
    const branches = Array.from({ length: 1 + random.int(3) }, () =>
      random.int(12) === 0 ? '' : write(depth - 1),
    )
    const open = random.pick(GROUPS)
    // The oracle wants each name once.
    const name = open.endsWith('<') ? `n${random.int(1e9)}>` : ''
    return `${open}${name}${branches.join('|')})${quantifier}`
  }
  const flags = random.int(3) === 0 ? random.pick(FLAGS) : ''
  const start = random.int(2) === 0 ? '^' : ''
  const end = random.int(3) === 0 ? '$' : ''
  return flags + start + write(1 + random.int(3)) + end
}

function randomClass(random: Random): string {
  const members = Array.from({ length: 1 + random.int(3) }, () => random.pick(CLASS_MEMBERS.split(' ')))
  return `[${random.int(3) === 0 ? '^' : ''}${members.join('')}]`
}

/** Writes a random text of up to `longest` characters. */
export function randomText(random: Random, longest: number): string {
  const letters = random.int(3) === 0 ? LETTERS : LETTERS.slice(0, 2 + random.int(8))
  return Array.from({ length: random.int(longest + 1) }, () => random.pick(letters)).join('')
}
