import type { Excuse } from '../judge.ts'
import type { Stage } from '../stage.ts'

/** Something that goes wrong around the gate, and what that may lead to. */
export interface Fault {
  readonly name: string
  /** What may come in place of what must come, from its begin until everything works again; anything else is wrong. */
  readonly allows: readonly Excuse[]
  /** How long it lasts in a short run and in a long one. */
  readonly seconds: readonly [short: number, long: number]
  /** Longest time after its end until everything works again, without a restart. */
  readonly recoverSeconds: number
  /** For how long what it allows may still come when everything works again; 0 without it. */
  readonly lingerSeconds?: number
  /** Begins it, and returns what ends it. Throws a Deviation when something came of it that must not. */
  begin(stage: Stage): Promise<() => Promise<void> | void>
}
