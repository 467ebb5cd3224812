import { setTimeout as sleep } from 'node:timers/promises'
import { begin } from '../client.ts'
import { Deviation } from '../judge.ts'
import type { Stage } from '../stage.ts'
import { judgeApp, someTarget } from '../traffic/answers.ts'
import { signInAtProvider, signInByForm } from '../traffic/sign-in.ts'
import { cookieOf, type Person } from '../world/people.ts'
import { UPSTREAM_SECONDS } from '../world/world.ts'
import type { Fault } from './fault.ts'

/** Files are looked at every five seconds where the system does not tell of a change. */
const RELOAD_MS = 20_000

const redisKilled: Fault = {
  name: 'Redis killed',
  allows: [],
  seconds: [3, 20],
  recoverSeconds: 20,
  async begin({ world }) {
    await world.redis.kill()
    return () => world.redis.start()
  },
}

const redisFrozen: Fault = {
  name: 'Redis frozen',
  allows: [],
  seconds: [3, 20],
  recoverSeconds: 20,
  async begin({ world }) {
    world.redis.freeze()
    return () => world.redis.thaw()
  },
}

const appRefuses: Fault = {
  name: 'app refuses',
  allows: ['no app', 'cut', 'stream ends'],
  seconds: [2, 15],
  recoverSeconds: 10,
  async begin({ world }) {
    await world.appLink.set('refuse')
    return () => world.appLink.set('pass')
  },
}

const appCut: Fault = {
  name: 'app cut in the middle',
  allows: ['no app', 'cut', 'no connection', 'stream ends'],
  seconds: [3, 15],
  recoverSeconds: 10,
  async begin({ world }) {
    await world.appLink.set('cut')
    return () => world.appLink.set('pass')
  },
}

const appStalled: Fault = {
  name: 'app stalls',
  allows: ['no app', 'cut', 'late', 'no connection', 'stream ends', 'overload'],
  seconds: [UPSTREAM_SECONDS + 2, 20],
  recoverSeconds: 20,
  async begin({ world }) {
    await world.appLink.set('stall')
    return () => world.appLink.set('pass')
  },
}

/** A person is taken off each list while they are signed in, and put back. */
const filesReloaded: Fault = {
  name: 'lists reloaded',
  allows: [],
  seconds: [1, 5],
  recoverSeconds: 20,
  async begin(stage) {
    const { people, writeFiles } = stage.world
    const names = ['user-1', 'local-1']
    const held = await Promise.all(names.map((name) => people.hold(name)))
    for (const person of held) {
      if (person.state !== 'in')
        await (person.kind === 'local' ? signInByForm : signInAtProvider)(stage, person)
      // Streams that were opened as them end, and may.
      person.state = 'unknown'
    }
    writeFiles(names)
    await until(stage, held, [401, 403])
    return async () => {
      writeFiles([])
      await until(stage, held, [200])
      for (const person of held) {
        person.state = 'in'
        judgeApp(person, await person.browser.fetch(someTarget(stage.random)), 'back on the list:')
        people.release(person)
      }
    }
  },
}

/** Time from a switch of a load balancer to SIGTERM, as a `preStop` sleep gives it. */
const SWITCH_MS = 1_500

/** A second process takes over, with the same secrets, and the first one ends on SIGTERM. */
export const restart: Fault = {
  name: 'restart',
  // WebSockets and event streams are told to come again elsewhere.
  allows: ['stream ends'],
  seconds: [1, 5],
  recoverSeconds: 20,
  async begin(stage) {
    const { world, judge } = stage
    const before = world.gate()
    const person = await world.people.hold('user-3')
    if (person.state !== 'in') await signInAtProvider(stage, person)
    const next = await world.startGate()
    const underWay = await beginDownload(before.port, person)
    world.gates.push(next)
    await sleep(SWITCH_MS)
    const ending = before.stop()
    await sleep(200)
    if (!(await underWay())) judge.fail('restart: a download that was under way was cut')
    world.people.release(person)
    const outcome = await ending
    if (outcome !== '0') judge.fail(`restart: the first process ended with ${outcome}`)
    return () => {}
  },
}

/** Begins a download and leaves it; the returned function reads the rest, and says whether it was whole. */
async function beginDownload(port: number, person: Person): Promise<() => Promise<boolean>> {
  const length = 8_000_000
  const answer = await begin(port, {
    target: `/app/bytes?n=${length}`,
    headers: ['Host', 'app.example.com', 'Cookie', cookieOf(person.browser)],
    localAddress: person.address,
  })
  return async () => {
    let bytes = 0
    try {
      for await (const chunk of answer) bytes += chunk.length
    } catch {
      return false
    }
    return bytes === length
  }
}

export const NEIGHBOURS: readonly Fault[] = [
  redisKilled,
  redisFrozen,
  appRefuses,
  appCut,
  appStalled,
  filesReloaded,
]

/** Asks as each of these people until one of the statuses comes. */
async function until(
  { random }: Stage,
  people: readonly Person[],
  statuses: readonly number[],
): Promise<void> {
  const untilMs = performance.now() + RELOAD_MS
  for (const { browser, name } of people) {
    for (;;) {
      const { status } = await browser.fetch(someTarget(random))
      if (statuses.includes(status)) break
      if (performance.now() > untilMs)
        throw new Deviation(`lists reloaded: ${name} is answered with ${status}`)
      await sleep(100)
    }
  }
}
