import type { Random } from '../support/mutator.ts'
import type { Judge } from './judge.ts'
import type { World } from './world/world.ts'

/** What traffic and faults play on. */
export interface Stage {
  readonly world: World
  readonly random: Random
  readonly judge: Judge
  /** Lets work go on beside the player that began it; what it throws is judged as of this kind. */
  beside(kind: string, work: Promise<void>): void
}

/** One kind of traffic. */
export interface TrafficKind {
  /** Share of all that is played. */
  readonly weight: number
  /** Plays it once. Throws a Deviation where an answer is not what must come; false when there was no one to play it. */
  play(stage: Stage): Promise<boolean>
}
