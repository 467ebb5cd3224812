import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { bodies } from './cases/bodies.ts'
import { endpoints } from './cases/endpoints.ts'
import { failures } from './cases/failures.ts'
import { framing } from './cases/framing.ts'
import { identity } from './cases/identity.ts'
import { liveStreams } from './cases/live-streams.ts'
import { signingIn } from './cases/signing-in.ts'
import { streams } from './cases/streams.ts'
import { targets } from './cases/targets.ts'
import { tunnels } from './cases/tunnels.ts'
import { startWorld, type World } from './contract-fixture.ts'
import type { Door } from './runtime-fixture.ts'

/** A group of cases: registers its tests, which use the world once it is there. */
export type Cases = (world: World) => void

const GROUPS: readonly Cases[] = [
  endpoints,
  signingIn,
  identity,
  targets,
  bodies,
  streams,
  tunnels,
  liveStreams,
  failures,
  framing,
]

/** What every runtime must do: one gate, known by its URL only, between a provider and apps that never heard of sign-in. */
export function contract(door: Door): void {
  describe(`the contract on ${door.runtime}`, () => {
    // Registered before the world exists; each test looks into it only when it runs.
    let started: World | undefined
    const world = new Proxy({} as World, {
      get: (_, name) => Reflect.get(started ?? {}, name),
    })
    beforeAll(async () => {
      started = await startWorld(door)
    })
    afterAll(() => started?.close())
    beforeEach(() => {
      world.app.heard.length = 0
    })
    for (const cases of GROUPS) cases(world)
  })
}
