import { afterAll, beforeAll, describe } from 'vitest'
import { endings } from './server-cases/endings.ts'
import { files } from './server-cases/files.ts'
import { listeners } from './server-cases/listeners.ts'
import { localUsers } from './server-cases/local-users.ts'
import { log } from './server-cases/log.ts'
import { metrics } from './server-cases/metrics.ts'
import { upstreams } from './server-cases/upstreams.ts'
import { openYard, type ServerDoor, type Yard } from './server-fixture.ts'

/** What every runtime must do that has files, sockets and signals. */
export function serverContract(door: ServerDoor): void {
  describe(`the contract of servers on ${door.runtime}`, () => {
    let opened: Yard | undefined
    // Looked into only when a test runs.
    const yard = new Proxy({} as Yard, { get: (_, name) => Reflect.get(opened ?? {}, name) })
    beforeAll(async () => {
      opened = await openYard(door)
    })
    afterAll(() => opened?.close())
    for (const cases of [listeners, metrics, upstreams, files, localUsers, log, endings]) cases(yard)
  })
}
