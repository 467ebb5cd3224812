import type { Cookie } from '../../../../src/http/exchange.ts'
import type { Session } from '../../../../src/session/session.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import { cookiesOf } from '../refresh-fixture.ts'
import { aWorld, createClock, jarAfter, RotatingProvider } from '../session-fixture.ts'

/** What is simulated. */
export interface Simulated {
  /** What the browser does. */
  readonly browse: (browser: Browser) => void
  readonly processes: number
  /** Each request goes to any process, or to the one of the request before it unless the connection has ended. */
  readonly balancing: 'random' | 'sticky'
  /** Life of an access token. */
  readonly lifeMs?: number
  readonly idleTimeoutMs?: number
  /** Difference between the clocks of two neighbouring processes. */
  readonly skewMs?: number
  /** Interval at which all processes are replaced by new ones. */
  readonly replacedEveryMs?: number
}

/** One browser with one jar and any number of tabs, in simulated time. */
export interface Browser {
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Calls back after so many ms. */
  after(ms: number, task: () => void): void
  /** Sends a request with the cookies of this moment, and calls back when the head of its answer is here. */
  send(onAnswer?: () => void): void
  /** Sends a request whose answer does not arrive. */
  abort(): void
  /** Sends so many requests within a third of a second. */
  burst(count: number): void
}

/** Lives of access tokens in one run. */
const LIVES = 1000

const HOUR_MS = 3_600_000
const MEET_EVERY_MS = 600_000
const NETWORK_MS = 20
const PROVIDER_MS = 150
const APP_MS = 100

/**
 * Runs one browser until the provider has given a thousand access tokens, at processes that share their secret and nothing
 * else; returns how often its person had to sign in again. A refresh token that comes twice ends the session at the provider.
 * Only simulated time passes, and the same run has the same outcome.
 */
export async function countSignOuts(simulated: Simulated): Promise<number> {
  const { processes, balancing, lifeMs = 300_000, replacedEveryMs } = simulated
  const random = createRandom(2)
  const clock = createClock()
  const provider = new RotatingProvider(clock.now)
  provider.delayMs = 0
  provider.lifeMs = lifeMs
  const schedule = createSchedule(clock)
  const pick = () => Math.floor(random() * processes)
  let worlds = await startProcesses(simulated, { clock, provider, lifeMs })
  let connected = pick()
  let jar: readonly Cookie[] = []
  let signIns = 0

  function route() {
    if (balancing === 'random' || random() < 0.002) connected = pick()
    const world = worlds[connected]
    if (world === undefined) throw new TypeError('no process')
    return world
  }

  async function signIn(): Promise<void> {
    signIns += 1
    const now = { signedInAtMs: clock.ms, refreshedAtMs: clock.ms, seenAtMs: clock.ms }
    const expiresAtMs = clock.ms + 7 * 86_400_000
    jar = await route().signIn({ id: `session-${signIns}`, ...now, expiresAtMs })
  }

  function send(onAnswer: () => void, isAborted = false): void {
    const sent = { jar, signIns, world: route() }
    schedule.after(NETWORK_MS * (1 + random()), async () => {
      if (sent.signIns !== signIns) return onAnswer()
      const answer = await sent.world.visit(sent.jar)
      if (answer.session === undefined) await signIn()
      const providerMs = answer.changes.length === 0 ? 0 : PROVIDER_MS * (1 + random())
      schedule.after(providerMs + APP_MS * (0.5 + random()), () => {
        if (sent.signIns === signIns && !isAborted) jar = jarAfter(jar, answer)
        onAnswer()
      })
    })
  }

  async function replace(everyMs: number): Promise<void> {
    worlds = await startProcesses(simulated, { clock, provider, lifeMs })
    schedule.after(everyMs, () => replace(everyMs))
  }

  /** Has somebody else of each process come to all the others, by which they know of each other. */
  async function meet(): Promise<void> {
    for (const { gate } of worlds) {
      const cookies = await cookiesOf(gate, aColleague(clock.ms))
      await Promise.all(worlds.map(({ visit }) => visit(cookies)))
    }
    schedule.after(MEET_EVERY_MS, meet)
  }

  await signIn()
  simulated.browse({
    random,
    after: schedule.after,
    send: (onAnswer = () => {}) => send(onAnswer),
    abort: () => send(() => {}, true),
    burst(count) {
      for (let sent = 0; sent < count; sent += 1) schedule.after(random() * 300, () => send(() => {}))
    },
  })
  await meet()
  if (replacedEveryMs !== undefined) schedule.after(replacedEveryMs, () => replace(replacedEveryMs))
  while (provider.granted < LIVES) await schedule.next()
  return signIns - 1
}

function aColleague(nowMs: number): Session {
  const tokens = { access: 'AT', id: undefined, refresh: 'RT', accessExpiresAtMs: nowMs + 300_000 }
  const times = { signedInAtMs: nowMs, refreshedAtMs: nowMs, seenAtMs: nowMs }
  return aSession({ id: 'session-of-bob', subject: 'bob-1', ...times, expiresAtMs: nowMs + HOUR_MS, tokens })
}

interface Surroundings {
  readonly clock: ReturnType<typeof createClock>
  readonly provider: RotatingProvider
  readonly lifeMs: number
}

/** Starts every process of the deployment, under names that none had before. */
function startProcesses(
  { processes, skewMs = 0, idleTimeoutMs = 0 }: Simulated,
  { clock, provider, lifeMs }: Surroundings,
) {
  const start = (at: number) => {
    const now = () => clock.ms + at * skewMs
    const processId = `process-${at}-${clock.ms - NOW_MS}`
    return aWorld({
      clock: { ...clock, now },
      provider,
      session: { revalidateMs: lifeMs, idleTimeoutMs },
      processId,
    })
  }
  return Promise.all(Array.from({ length: processes }, (_, at) => start(at)))
}

/** Tasks in the order of their time. */
function createSchedule(clock: { ms: number }) {
  const tasks: { readonly atMs: number; readonly run: () => void | Promise<void> }[] = []
  return {
    after(ms: number, run: () => void | Promise<void>): void {
      const atMs = clock.ms + ms
      const at = tasks.findLastIndex((task) => task.atMs <= atMs) + 1
      tasks.splice(at, 0, { atMs, run })
    },
    async next(): Promise<void> {
      const task = tasks.shift()
      if (task === undefined) throw new TypeError('the browser does nothing any more')
      clock.ms = task.atMs
      await task.run()
    },
  }
}

/** Numbers from 0 to 1 that look random and are the same in every run (Mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
