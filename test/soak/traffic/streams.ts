import { setTimeout as sleep } from 'node:timers/promises'
import { Deviation } from '../judge.ts'
import type { Stage, TrafficKind } from '../stage.ts'
import type { Person } from '../world/people.ts'
import { openEvents, openSocket, type Stream } from '../world/streams.ts'
import { TOKEN_SECONDS } from '../world/world.ts'
import { judgeApp, someTarget, withPerson } from './answers.ts'

/** Longest life of a stream that its person does not end before, in ms. */
const LONG_MS = 40_000
const MOST_PER_PERSON = 2
/** From three quarters of its life a token waits for a request to renew it; a stream alone cannot. */
const DUE_MS = TOKEN_SECONDS * 250 - 500

const hasRoom = ({ state, streams }: Person): boolean => state === 'in' && streams.size < MOST_PER_PERSON

/** A conversation over a WebSocket. */
const talk: TrafficKind = {
  weight: 5,
  play: (stage) =>
    withPerson(
      stage,
      ({ state }) => state === 'in',
      async (person) => {
        const socket = await openAs(person, () => openSocket(stage.world.gate().port, person))
        try {
          for (let turn = 0; turn < 5; turn += 1)
            await socket.converse(`${turn}`.repeat(1 + stage.random.int(4000)))
        } finally {
          socket.close()
        }
      },
    ),
}

/** A WebSocket that stays open while its person does other things. */
const longSocket: TrafficKind = {
  weight: 2,
  play: (stage) =>
    withPerson(stage, hasRoom, async (person) => {
      const socket = await openAs(person, () => openSocket(stage.world.gate().port, person))
      stage.beside('long WebSocket', live(stage, person, socket))
    }),
}

/** An event stream that stays open. */
const events: TrafficKind = {
  weight: 2,
  play: (stage) =>
    withPerson(stage, hasRoom, async (person) => {
      const { judge, world } = stage
      const stream = await openAs(person, () =>
        openEvents(world.gate().port, person, (what) => judge.fail(what)),
      )
      stage.beside('events', live(stage, person, stream))
    }),
}

export const STREAMS = { talk, 'long WebSocket': longSocket, events }

/** A person who is refused a stream is refused like with a page. */
async function openAs<Opened>(person: Person, open: () => Promise<Opened>): Promise<Opened> {
  try {
    const opened = await open()
    person.goodAtMs = performance.now()
    return opened
  } catch (error) {
    if (error instanceof Deviation && error.excuse === 'refused') person.state = 'lapsed'
    throw error
  }
}

/** Watches a stream to its end, which must be the client's own, that of the session, or one that is made good. */
async function live(stage: Stage, person: Person, stream: Stream): Promise<void> {
  const openedAtMs = performance.now()
  person.streams.add(stream)
  const timer = setTimeout(() => stream.close(), (LONG_MS * (20 + stage.random.int(80))) / 100)
  const end = await stream.ended
  clearTimeout(timer)
  person.streams.delete(stream)
  if (end === 'client' || person.state !== 'in') return
  // 1012: connecting again is enough (docs/sessions.md), as it is for an event stream of a person who asked for nothing
  // while their session was due at the provider. Then the session is good, as a request shows.
  if (end === 1012 || performance.now() - person.goodAtMs > DUE_MS) {
    await checkServed(stage, person, openedAtMs)
    return
  }
  // The sign-out that caused it may be under way.
  await sleep(200)
  if (person.state !== 'in') return
  const age = Math.round((performance.now() - openedAtMs) / 1000)
  throw new Deviation(`${stream.what} of ${person.name} ended (${end}) after ${age} s`, 'stream ends')
}

async function checkServed({ world, random }: Stage, person: Person, sinceMs: number): Promise<void> {
  await world.people.hold(person.name)
  try {
    if (person.state === 'in') judgeApp(person, await person.browser.fetch(someTarget(random)), `after 1012`)
  } catch (error) {
    if (error instanceof Deviation) throw new Deviation(error.message, error.excuse ?? 'stream ends', sinceMs)
    throw error
  } finally {
    world.people.release(person)
  }
}
