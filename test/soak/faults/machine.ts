import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../client.ts'
import { Deviation } from '../judge.ts'
import type { Stage } from '../stage.ts'
import { judgeApp, someTarget } from '../traffic/answers.ts'
import { addressOf } from '../traffic/pages.ts'
import { signInAtProvider, signInByForm } from '../traffic/sign-in.ts'
import { type Person, SESSION_COOKIE } from '../world/people.ts'
import type { Fault } from './fault.ts'

const STEP_MS = 6 * 60_000
/** Up to this long after a step back a session from the future is refused: the step less the five minutes of leeway. */
const FUTURE_MS = 60_000
/** Longest wait after that, while other faults are in between. */
const WITNESS_MS = 120_000

/** Requests that write more than the 1 MiB of log that may wait. */
const CHATTY = { requests: 1600, target: `/public/${'long-path/'.repeat(100)}` }

/** The reader of the log stops reading, and reads on. */
const stalledLog: Fault = {
  name: 'log not read',
  allows: [],
  seconds: [3, 20],
  recoverSeconds: 15,
  async begin({ world, judge }) {
    const { log, port } = world.gate()
    log.stall()
    const lostBefore = log.lost()
    await flood(port, CHATTY.requests, 16, CHATTY.target)
    return async () => {
      const told = log.next(({ msg }) => String(msg).startsWith('Log lines were lost'), 20_000)
      log.resume()
      await told.catch(() => judge.fail('log not read: no line says how many were lost'))
      if (log.lost() === lostBefore) judge.fail('log not read: none was counted as lost')
    }
  },
}

/** Nearly no file descriptor is left. */
const fewDescriptors: Fault = {
  name: 'few descriptors',
  allows: [
    'no connection',
    'cut',
    'late',
    'no app',
    'no sign-in',
    'no back-channel',
    'refused',
    'stream ends',
    'overload',
  ],
  seconds: [3, 20],
  recoverSeconds: 20,
  async begin({ world }) {
    const gate = world.gate()
    gate.leaveDescriptors(2)
    return () => gate.leaveDescriptors()
  },
}

/** The clock is six minutes fast, and is set right again. */
const clockFast: Fault = {
  name: 'clock six minutes fast',
  // ID tokens and logout tokens of five minutes are over before they come.
  allows: ['refused', 'no sign-in', 'no back-channel', 'stream ends'],
  seconds: [3, 20],
  recoverSeconds: 20,
  lingerSeconds: FUTURE_MS / 1000,
  begin: (stage) => stepClock(stage, STEP_MS),
}

/** The clock is six minutes slow, and is set right again. */
const clockSlow: Fault = {
  name: 'clock six minutes slow',
  allows: ['refused', 'no sign-in', 'no back-channel', 'stream ends'],
  seconds: [3, 20],
  recoverSeconds: 20,
  begin: (stage) => stepClock(stage, -STEP_MS),
}

/** More requests at once than stand in line. */
const burst: Fault = {
  name: 'burst',
  // A sign-in may meet the line at the callback.
  allows: ['overload', 'no sign-in', 'late', 'no connection', 'stream ends'],
  seconds: [1, 3],
  recoverSeconds: 20,
  async begin({ world }) {
    const { port } = world.gate()
    return () => flood(port, 2400, 2400, '/public/burst')
  },
}

/** Clocks come first, because what they did is known a minute later. */
export const MACHINE: readonly Fault[] = [clockFast, clockSlow, stalledLog, fewDescriptors, burst]

/**
 * Steps the clock with two witnesses, who signed in before and only look on: whatever the clock said meanwhile, they are
 * signed in when it is right again, without a further sign-in.
 */
async function stepClock(stage: Stage, shiftMs: number): Promise<() => Promise<void>> {
  const { world } = stage
  const names = shiftMs > 0 ? ['user-0', 'local-0'] : ['user-2', 'local-2']
  const witnesses = await Promise.all(names.map((name) => world.people.hold(name)))
  for (const person of witnesses) {
    if (person.state !== 'in')
      await (person.kind === 'local' ? signInByForm : signInAtProvider)(stage, person)
  }
  world.gate().stepClock(shiftMs)
  await sleep(500)
  for (const person of witnesses) await look(stage, person)
  return async () => {
    for (const person of witnesses) await look(stage, person)
    world.gate().stepClock(0)
    for (const person of witnesses) stage.beside('witness', bearWitness(stage, person))
  }
}

/** A request of a witness: served as them, or refused with the cookie left. */
async function look(stage: Stage, person: Person): Promise<boolean> {
  try {
    judgeApp(person, await person.browser.fetch(someTarget(stage.random)), 'witness')
  } catch (error) {
    if (!(error instanceof Deviation) || error.excuse === undefined) throw error
  }
  if (!person.browser.jar.has(SESSION_COOKIE))
    throw new Deviation(`The clock took the cookie of ${person.name}`)
  return person.state === 'in'
}

/** Looks again once the session is not from the future any more; other faults may be going on. */
async function bearWitness(stage: Stage, person: Person): Promise<void> {
  try {
    await sleep(FUTURE_MS + 5_000)
    const untilMs = performance.now() + WITNESS_MS
    while (!(await look(stage, person))) {
      if (performance.now() > untilMs) throw new Deviation(`The clock signed ${person.name} out`)
      await sleep(1_000)
    }
  } finally {
    stage.world.people.release(person)
  }
}

/** So many open requests, so many at once; what comes of them is not looked at. */
async function flood(port: number, requests: number, atOnce: number, target: string): Promise<void> {
  let left = requests
  const player = async (_: unknown, number: number): Promise<void> => {
    while (left > 0) {
      left -= 1
      const wanted = { target, headers: ['Host', 'app.example.com'], localAddress: addressOf(number % 200) }
      await ask(port, wanted).catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, player))
}
