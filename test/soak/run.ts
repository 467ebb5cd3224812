import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../support/mutator.ts'
import type { Fault } from './faults/fault.ts'
import { FAULTS } from './faults/faults.ts'
import { restart } from './faults/neighbours.ts'
import { createJudge, type Judge, type Window } from './judge.ts'
import { startTraffic } from './players.ts'
import { untilAllWorks } from './probe.ts'
import type { Profile } from './profiles.ts'
import { type Sample, sample } from './samples.ts'
import type { Stage } from './stage.ts'
import { startWorld, type World } from './world/world.ts'

/** What is asked of a run. */
export interface SoakOptions {
  readonly program: string
  readonly profile: Profile
  readonly seed: number
  readonly minutes: number
  /** Names of faults, to play no others. */
  readonly only: readonly string[]
  /** Plays a second; each is one to six requests. */
  readonly rate: number
  /** Told what is going on. */
  readonly say: (what: string) => void
}

/** What came of a run. */
export interface Outcome {
  readonly judge: Judge
  readonly samples: readonly Sample[]
  readonly gates: World['gates']
  /** Descriptors of the last gate when it had started, and after the traffic. */
  readonly descriptors: { readonly before: number; readonly after: number; readonly spare: number }
  /** Whether each gate had a control group of its own. */
  readonly inPod: boolean
}

/** Up to this many minutes faults last for their short time. */
const SHORT_MINUTES = 5
/** Pauses before the first fault and between two, in short runs and in long ones, in s. */
const CALM = { short: 1, long: 20 }
/** Descriptors that may be more at the end. A short run does not wait for the threads that compare passwords. */
const SPARE = { short: 20, long: 4 }
/** Longest wait for descriptors, in ms: a thread that compares passwords keeps its own for a minute. */
const DESCRIPTORS_MS = 90_000
/** Lines of the log that are shown with what is wrong. */
const EVIDENCE = 8
const EVIDENCE_MS = 8_000

/** Runs the traffic with all faults in turn, again and again for so many minutes, between two restarts. */
export async function soak(options: SoakOptions): Promise<Outcome> {
  const { seed, minutes, only, rate, say } = options
  const isShort = minutes <= SHORT_MINUTES
  const random = createRandom(seed)
  const world = await startWorld(options.program, options.profile)
  const judge = createJudge((what) => {
    say(`WRONG: ${what}`)
    // The log comes later, above all while it is not read.
    setTimeout(() => evidenceOf(what, world).forEach(say), EVIDENCE_MS)
  })
  const besides = new Set<Promise<void>>()
  const stage: Stage = {
    world,
    random,
    judge,
    beside(kind, work) {
      const sinceMs = performance.now()
      const watched = work.catch((error: unknown) => judge.judge(kind, error, sinceMs))
      besides.add(watched)
      void watched.finally(() => besides.delete(watched))
    },
  }
  const samples: Sample[] = []
  const sampler = setInterval(() => {
    const taken = sample(world.gate(), isCalm(judge.windows))
    if (taken !== undefined) samples.push(taken)
  }, 1000)
  try {
    await untilAllWorks(stage, 30)
    const traffic = startTraffic(stage, rate)
    const endMs = performance.now() + minutes * 60_000
    const calm = (isShort ? CALM.short : CALM.long) * 1000
    const faults = FAULTS.filter(({ name }) => only.length === 0 || only.includes(name))
    const restarts = only.length === 0 || only.includes(restart.name)
    const play = async (fault: Fault): Promise<void> => {
      await sleep(calm)
      say(`${fault.name} …`)
      const window = await playFault(stage, fault, fault.seconds[isShort ? 0 : 1])
      say(`${fault.name}: all works ${((window.toMs - window.endedAtMs) / 1000).toFixed(1)} s after its end`)
    }
    if (restarts) await play(restart)
    do {
      for (const fault of isShort ? faults : shuffled(faults, random)) {
        if (performance.now() < endMs || isShort) await play(fault)
      }
      if (faults.length === 0) await sleep(1000)
    } while (performance.now() < endMs)
    await sleep(calm)
    say('the traffic ends …')
    await traffic.stop()
    for (const { streams } of world.people.all) for (const stream of streams) stream.close()
    say('the streams and witnesses end …')
    await Promise.all(besides)
    say('the gate comes to rest …')
    const before = world.gate().descriptorsAtStart
    const spare = isShort ? SPARE.short : SPARE.long
    const descriptors = { before, after: await descriptorsLeft(world, before, spare), spare }
    clearInterval(sampler)
    if (restarts && !isShort) await playFault(stage, restart, 1)
    return await close({
      judge,
      samples,
      gates: world.gates,
      descriptors,
      inPod: samples[0]?.chargedMiB !== undefined,
    })
  } finally {
    clearInterval(sampler)
    await world.close()
  }

  async function close(outcome: Outcome): Promise<Outcome> {
    const ended = await world.gate().stop()
    if (ended !== '0') judge.fail(`The gate ended with ${ended}`)
    return outcome
  }
}

async function playFault(stage: Stage, fault: Fault, seconds: number): Promise<Window> {
  const { judge } = stage
  const window: Window = { fault, fromMs: performance.now(), endedAtMs: Infinity, toMs: Infinity }
  judge.windows.push(window)
  try {
    const end = await fault.begin(stage)
    await sleep(seconds * 1000)
    await end()
    window.endedAtMs = performance.now()
    await untilAllWorks(stage, fault.recoverSeconds)
  } catch (error) {
    judge.fail(`${fault.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
  window.endedAtMs = Math.min(window.endedAtMs, performance.now())
  window.toMs = performance.now()
  return window
}

function isCalm(windows: readonly Window[]): boolean {
  return windows.every(({ toMs }) => toMs < performance.now() - 5_000)
}

/** Last lines of the log about the person of whom something is wrong. */
function evidenceOf(what: string, world: World): readonly string[] {
  const name = /\b(?:user|local)-\d+\b/u.exec(what)?.[0]
  if (name === undefined) return []
  return world
    .gate()
    .log.tail.filter((line) => line.includes(`"${name}"`))
    .slice(-EVIDENCE)
}

/** Descriptors of the gate once they are as few as before, or after a while. */
async function descriptorsLeft(world: World, before: number, spare: number): Promise<number> {
  const untilMs = performance.now() + DESCRIPTORS_MS
  while (world.gate().descriptors() > before + spare && performance.now() < untilMs) await sleep(250)
  return world.gate().descriptors()
}

function shuffled<Item>(items: readonly Item[], random: Stage['random']): readonly Item[] {
  const left = [...items]
  return items.map(() => left.splice(random.int(left.length), 1)[0] as Item)
}
