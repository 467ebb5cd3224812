import { hasEndAnchor, isAnchored, type PatternNode, type Repeat } from './pattern-tree.ts'
import type { Re2 } from './re2.ts'

/** Limit on positions; rules written by hand stay far below it. */
const MOST_POSITIONS = 400

/** Limit from which a counted repeat is treated as an endless one. */
const COUNT_LIMIT = 10

/** Alphabet of the simulation: the characters of paths, and two that stand for all the others. */
const ALPHABET = [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)), 'é', '中']

/** The position automaton of a pattern (Glushkov 1961): each character of the pattern is a position. */
export interface Automaton {
  readonly size: number
  /** Positions that may come next; one is listed twice if two paths lead to it. */
  readonly follow: readonly (readonly number[])[]
  readonly before: readonly (readonly number[])[]
  /** Characters that both positions match, as bits. */
  share(left: number, right: number): bigint
  /** True when a path of at least one step leads from one position to the other. */
  reaches(from: number, to: number): boolean
  /** True when the match can still fail behind this position. */
  canFail(position: number): boolean
}

interface Draft {
  readonly masks: bigint[]
  readonly follow: number[][]
  readonly maskOf: (source: string) => bigint
}

interface Fragment {
  readonly nullable: boolean
  readonly first: readonly number[]
  readonly last: readonly number[]
}

const EMPTY: Fragment = { nullable: true, first: [], last: [] }
const ANYTHING: Repeat = {
  kind: 'repeat',
  body: { kind: 'atom', source: '[^]' },
  min: 0,
  max: Infinity,
  mark: '*',
}

/** Builds the automaton; undefined when the pattern is too long. An unanchored pattern begins with "anything". */
export function createAutomaton({ root, ignoreCase }: Re2): Automaton | undefined {
  const draft: Draft = { masks: [], follow: [], maskOf: createMasks(ignoreCase ? 'iu' : 'u') }
  const whole = isAnchored(root) ? root : ({ kind: 'sequence', parts: [ANYTHING, root] } as const)
  const { last } = add(draft, whole)
  const { masks, follow } = draft
  if (masks.length > MOST_POSITIONS) return undefined
  const everything = draft.maskOf('[^]')
  const endsFreely = !hasEndAnchor(root)
  const reachable = masks.map((_, position) => reachableFrom(follow, position))
  return {
    size: masks.length,
    follow,
    before: masks.map((_, to) =>
      follow.flatMap((nexts, from) => nexts.filter((next) => next === to).map(() => from)),
    ),
    share: (left, right) => (masks[left] ?? 0n) & (masks[right] ?? 0n),
    reaches: (from, to) => reachable[from]?.has(to) === true,
    canFail: (position) => !(last.includes(position) && (endsFreely || masks[position] === everything)),
  }
}

function add(draft: Draft, tree: PatternNode): Fragment {
  switch (tree.kind) {
    case 'assertion':
      return EMPTY
    case 'group':
      return add(draft, tree.body)
    case 'sequence':
      return tree.parts
        .map((part) => () => add(draft, part))
        .reduce((left, part) => join(draft, left, part), EMPTY)
    case 'choice':
      return either(tree.branches.map((branch) => add(draft, branch)))
    case 'repeat':
      return addRepeat(draft, tree)
    default:
      return addPosition(draft, tree.source)
  }
}

function addPosition(draft: Draft, source: string): Fragment {
  // Past the limit the result is thrown away, so nothing needs to be right, only to end.
  if (draft.masks.length > MOST_POSITIONS) return EMPTY
  const position = draft.masks.push(draft.maskOf(source)) - 1
  draft.follow.push([])
  return { nullable: false, first: [position], last: [position] }
}

/** `x{2,4}` is `x x x? x?`, `x{2,}` is `x x+`; large counts are endless. */
function addRepeat(draft: Draft, { body, min, max }: Repeat): Fragment {
  const copies = Math.max(1, Math.min(min, COUNT_LIMIT))
  const endless = max > COUNT_LIMIT
  const parts = Array.from({ length: endless ? copies : max }, (_, at) => () => {
    const part = add(draft, body)
    if (endless && at === copies - 1) connect(draft, part.last, part.first)
    return at < min ? part : { ...part, nullable: true }
  })
  return parts.reduce((left, part) => join(draft, left, part), EMPTY)
}

function join(draft: Draft, left: Fragment, addRight: () => Fragment): Fragment {
  const right = addRight()
  connect(draft, left.last, right.first)
  return {
    nullable: left.nullable && right.nullable,
    first: left.nullable ? [...left.first, ...right.first] : left.first,
    last: right.nullable ? [...left.last, ...right.last] : right.last,
  }
}

function either(branches: readonly Fragment[]): Fragment {
  return {
    nullable: branches.some((branch) => branch.nullable),
    first: branches.flatMap((branch) => branch.first),
    last: branches.flatMap((branch) => branch.last),
  }
}

function connect(draft: Draft, from: readonly number[], to: readonly number[]): void {
  for (const position of from) draft.follow[position]?.push(...to)
}

function createMasks(flags: string): (source: string) => bigint {
  const known = new Map<string, bigint>()
  return (source) => {
    const found = known.get(source)
    if (found !== undefined) return found
    const whole = new RegExp(`^${source}$`, flags)
    const bits = ALPHABET.map((character) => (whole.test(character) ? '1' : '0')).join('')
    const mask = BigInt(`0b${bits}`)
    known.set(source, mask)
    return mask
  }
}

function reachableFrom(follow: readonly (readonly number[])[], start: number): ReadonlySet<number> {
  const seen = new Set(follow[start])
  for (const at of seen) for (const next of follow[at] ?? []) seen.add(next)
  return seen
}
