import { setTimeout as sleep } from 'node:timers/promises'
import { startDenoGate, startWorkerGate } from '../doors/other-gates.ts'
import type { Door } from '../doors/target.ts'
import { ratios } from '../harness/numbers.ts'
import { residentMiB } from '../harness/proc.ts'
import { ask } from '../harness/request.ts'
import { figures, interleave } from '../harness/rounds.ts'
import { type Row, single } from '../harness/table.ts'
import { contender, prove, startThree } from './field.ts'
import { rawTable } from './load.ts'
import type { Outcome, Scene, World } from './scene.ts'

/** The gate on Deno beside the gate on Node. */
export const deno: Scene = (world) => beside(world, 'gate on Deno', startDenoGate)

/** The gate in workerd, Cloudflare's runtime, beside the gate on Node. */
export const worker: Scene = (world) => beside(world, 'gate in workerd', startWorkerGate)

async function beside(world: World, name: string, startOther: typeof startDenoGate): Promise<Outcome> {
  const { app, gates, cookies, quick } = world
  const other = await startOther(gates.deployment, { upstreamPort: app.port, accessLog: '/dev/null' })
  await ask({ port: other.port, path: '/ping', cookie: '' })
  await sleep(2000)
  const idle = residentMiB(other.pid)
  const three = await startThree(world)
  const contenders = [...three.contenders, contender(name, other, cookies.alice)]
  for (const each of contenders) await prove(each)
  const effort = quick
    ? { rounds: 2, seconds: 1, warmUpSeconds: 2 }
    : { rounds: 7, seconds: 3, warmUpSeconds: 6 }
  const samples = await interleave(contenders, { ...effort, connections: 32 })
  await sleep(quick ? 1000 : 5000)
  const after = residentMiB(other.pid)
  await Promise.all([...three.doors, other].map((door: Door) => door.stop()))
  const to = (whom: string, figure: 'cpuMicrosecondsPerRequest' | 'perSecond' | 'p99Ms'): Row['value'] =>
    ratios(figures(samples, name, figure), figures(samples, whom, figure))
  return {
    rows: [
      {
        what: `${name}: CPU per request, to nginx`,
        value: to('nginx', 'cpuMicrosecondsPerRequest'),
        unit: 'x',
      },
      {
        what: `${name}: CPU per request, to the gate on Node`,
        value: to('gate', 'cpuMicrosecondsPerRequest'),
        unit: 'x',
      },
      { what: `${name}: throughput, to the gate on Node`, value: to('gate', 'perSecond'), unit: 'x' },
      { what: `${name}: p99, to the gate on Node`, value: to('gate', 'p99Ms'), unit: 'x' },
      single({ what: `${name}: RSS idle`, value: idle, unit: ' MiB' }),
      single({
        what: `${name}: RSS under load`,
        value: Math.max(...figures(samples, name, 'peakMiB')),
        unit: ' MiB',
      }),
      single({ what: `${name}: RSS after load`, value: after, unit: ' MiB' }),
    ],
    details: rawTable(samples),
  }
}
