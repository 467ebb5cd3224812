import { setTimeout as sleep } from 'node:timers/promises'
import { peakMiB, resetPeak, residentMiB } from '../harness/proc.ts'
import { ask } from '../harness/request.ts'
import { single } from '../harness/table.ts'
import { wrk } from '../harness/wrk.ts'
import type { Outcome, World } from './scene.ts'

/** Resident memory before, under and after an ordinary load. */
export async function memory({ quick, app, gates, cookies }: World): Promise<Outcome> {
  const gate = await gates.start({ upstreamPort: app.port, accessLog: '/dev/null' })
  await ask({ port: gate.port, path: '/ping', cookie: '' })
  await sleep(quick ? 1000 : 3000)
  const idle = residentMiB(gate.pid)
  resetPeak(gate.pid)
  const seconds = quick ? 2 : 20
  await wrk({ port: gate.port, path: '/', cookies: [cookies.alice], connections: 32, seconds })
  const under = peakMiB(gate.pid)
  await sleep(quick ? 1000 : 10_000)
  const after = residentMiB(gate.pid)
  await gate.stop()
  return {
    rows: [
      single({ what: 'RSS idle', value: idle, unit: ' MiB', must: 75, aim: 60 }),
      single({
        what: `RSS under load (peak of ${seconds} s)`,
        value: under,
        unit: ' MiB',
        must: 110,
        aim: 90,
      }),
      single({ what: 'RSS after load', value: after, unit: ' MiB', must: 90, aim: 70 }),
    ],
  }
}
