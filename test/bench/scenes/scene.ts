import type { Gates } from '../doors/gate.ts'
import type { Door } from '../doors/target.ts'
import type { Row } from '../harness/table.ts'

/** What every scene finds when it begins. */
export interface World {
  /** A minute for everything instead of a quarter of an hour: shorter rounds, smaller numbers. */
  readonly quick: boolean
  /** The app behind all proxies: nginx that answers 1 KiB. */
  readonly app: Door
  readonly gates: Gates
  readonly cookies: Cookies
}

/** Cookie header values of people who are signed in. */
export interface Cookies {
  /** Of a sign-in over HTTP, about 1 KiB. */
  readonly alice: string
  /** Of 5,000 other users, 1,000 in a quick run, as long as Alice's. */
  readonly users: readonly string[]
  /** Of 3.5 KiB. */
  readonly long: string
}

/** Measures one thing and says what came out; starts and ends its own processes. */
export type Scene = (world: World) => Promise<Outcome>

/** What came out of a scene. */
export interface Outcome {
  readonly rows: readonly Row[]
  /** Finished text to print below the table: raw figures, curves. */
  readonly details?: string
}
