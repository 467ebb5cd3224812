import type { Neighbour } from './closure.ts'

/** A state of the deterministic automaton: the instructions of the program that are possible at a place. */
export interface State {
  readonly waiting: readonly number[]
  readonly undecided: boolean
  /** Neighbour before the place; `other` where no assertion among the waiting may ask. */
  readonly before: Neighbour
}

/** The states that texts have led to so far, and the table of the ways between them. */
export interface StateCache {
  /** The next row of a state, at index `row + symbol`; 0 is not known yet. Another table when it has grown. */
  table: Int32Array
  /** Times that all was forgotten; rows of before are void. */
  resets: number
  /** The row of a state, which is entered when it is new. Never 0. */
  rowOf(state: State): number
  /** The state of a row. */
  stateOf(row: number): State
  /** Bytes of the table and of the states, about. */
  held(): number
}

/** Bounds of a cache. */
export interface CacheSize {
  /** Columns of the table. */
  readonly symbols: number
  /** Bytes beyond which all is forgotten. */
  readonly limitBytes: number
}

const FIRST_ROWS = 4
const CELL_BYTES = Int32Array.BYTES_PER_ELEMENT
const NUMBER_BYTES = 8
/** Memory that V8 takes for a state in all its lists, without the waiting. */
const STATE_BYTES = 240
const NEIGHBOURS: readonly Neighbour[] = ['edge', 'newline', 'word', 'other']
const NO_STATE: State = { waiting: [], undecided: false, before: 'other' }

/** Makes an empty cache. Row 0 stays empty, so that 0 can mean that a way is not known. */
export function createStateCache({ symbols, limitBytes }: CacheSize): StateCache {
  let states: State[] = [NO_STATE]
  let byHash = new Map<number, number[]>()
  let stateBytes = 0

  const cache: StateCache = {
    table: new Int32Array(symbols * FIRST_ROWS),
    resets: 0,
    held: () => cache.table.byteLength + stateBytes,
    stateOf: (row) => states[row / symbols] ?? NO_STATE,
    rowOf(state) {
      const hash = hashOf(state)
      return byHash.get(hash)?.find((row) => isSame(cache.stateOf(row), state)) ?? enter(state, hash)
    },
  }

  function enter(state: State, hash: number): number {
    const bytes = STATE_BYTES + NUMBER_BYTES * state.waiting.length
    const rows = states.length + 1
    if (rows * symbols * CELL_BYTES + stateBytes + bytes > limitBytes) forget()
    const row = states.length * symbols
    if (row + symbols > cache.table.length) cache.table = enlarged(cache.table)
    states.push(state)
    stateBytes += bytes
    const sameHash = byHash.get(hash)
    if (sameHash === undefined) byHash.set(hash, [row])
    else sameHash.push(row)
    return row
  }

  function forget(): void {
    cache.table.fill(0)
    cache.resets += 1
    states = [NO_STATE]
    byHash = new Map()
    stateBytes = 0
  }

  return cache
}

function enlarged(table: Int32Array): Int32Array {
  const larger = new Int32Array(table.length * 2)
  larger.set(table)
  return larger
}

/** The order of the waiting does not count, so the hash of each is mixed before they are added. */
function hashOf({ waiting, before }: State): number {
  let hash = NEIGHBOURS.indexOf(before)
  for (const instruction of waiting) {
    const mixed = Math.imul(instruction + 1, 0x9e3779b1)
    hash = (hash + Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)) | 0
  }
  return hash
}

function isSame(left: State, right: State): boolean {
  if (left.before !== right.before || left.waiting.length !== right.waiting.length) return false
  const members = new Set(left.waiting)
  return right.waiting.every((instruction) => members.has(instruction))
}
