import { setTimeout as sleep } from 'node:timers/promises'
import { createVisitor } from '../support/visitor.ts'
import type { Stage } from './stage.ts'
import { judgeApp, someTarget } from './traffic/answers.ts'
import { PAGES } from './traffic/pages.ts'
import { signInAtProvider, signOut } from './traffic/sign-in.ts'
import type { Person } from './world/people.ts'
import { openSocket } from './world/streams.ts'
import { networkTo } from './world/world.ts'

/** Tries everything that people do, as somebody who was not there before, until all of it works; throws what did not. */
export async function untilAllWorks(stage: Stage, seconds: number): Promise<void> {
  const untilMs = performance.now() + seconds * 1000
  for (;;) {
    try {
      return await tryAll(stage)
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(200)
    }
  }
}

async function tryAll(stage: Stage): Promise<void> {
  const { world } = stage
  await PAGES.health.play(stage)
  await PAGES.open.play(stage)
  const person = createProbe(stage)
  await signInAtProvider(stage, person)
  judgeApp(person, await person.browser.visit(someTarget(stage.random)), 'probe')
  const socket = await openSocket(world.gate().port, person)
  await socket.converse('still there')
  socket.close()
  await socket.ended
  await signOut(stage, person)
}

function createProbe({ world }: Stage): Person {
  const network = networkTo(world.gate, world.provider)
  const person: Person = {
    name: 'probe',
    kind: 'provider',
    address: '127.5.0.1',
    browser: createVisitor(network({ name: 'probe', address: '127.5.0.1', sid: () => person.sid })),
    state: 'out',
    sid: '',
    goodAtMs: performance.now(),
    streams: new Set(),
  }
  return person
}
