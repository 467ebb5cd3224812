import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../support/mutator.ts'
import type { Stage, TrafficKind } from './stage.ts'
import { KINDS } from './traffic/kinds.ts'

/** Traffic that goes on until it is told to end. */
export interface Traffic {
  /** Ends it once everything that was begun is done. */
  stop(): Promise<void>
}

const PLAYERS = 12

/**
 * Plays all kinds by their weights in a closed loop: a player goes on when its answer is there, and all together no faster
 * than so many plays a second.
 */
export function startTraffic(stage: Stage, perSecond: number): Traffic {
  const kinds = Object.entries(KINDS)
  const all = kinds.reduce((sum, [, { weight }]) => sum + weight, 0)
  let nextAtMs = performance.now()
  let stopped = false

  async function play(): Promise<void> {
    while (!stopped) {
      nextAtMs = Math.max(nextAtMs, performance.now() - 1000) + 1000 / perSecond
      await sleep(Math.max(0, nextAtMs - performance.now()))
      const [name, kind] = pickKind(kinds, stage.random, all)
      const sinceMs = performance.now()
      try {
        if (await kind.play(stage)) stage.judge.note(name)
      } catch (error) {
        stage.judge.judge(name, error, sinceMs)
      }
    }
  }

  const playing = Array.from({ length: PLAYERS }, play)
  return {
    async stop() {
      stopped = true
      await Promise.all(playing)
    },
  }
}

function pickKind(
  kinds: readonly (readonly [string, TrafficKind])[],
  random: Random,
  all: number,
): readonly [string, TrafficKind] {
  let left = random.int(all)
  for (const entry of kinds) {
    left -= entry[1].weight
    if (left < 0) return entry
  }
  throw new RangeError('weights do not add up')
}
