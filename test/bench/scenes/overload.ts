import { setTimeout as sleep } from 'node:timers/promises'
import { SMALL_POD } from '../doors/pod.ts'
import { percentile, short } from '../harness/numbers.ts'
import { type Fate, openLoop } from '../harness/open-loop.ts'
import { peakMiB, resetPeak } from '../harness/proc.ts'
import { limitCpu } from '../harness/quota.ts'
import { ask } from '../harness/request.ts'
import { markdown, single } from '../harness/table.ts'
import { wrk } from '../harness/wrk.ts'
import type { Outcome, World } from './scene.ts'

/** Only in a small pod can two cores produce five times more than the gate can take. */
const { millicores: MILLICORES } = SMALL_POD

/** Connections that an ingress keeps, or that strangers open who have no ingress between them and the gate. */
const POOL = 512
const STRANGERS = 2000

const QUICK_STEPS = [{ factor: 5, connections: POOL }]
const STEPS = [
  ...[0.5, 1, 2, 5].map((factor) => ({ factor, connections: POOL })),
  { factor: 5, connections: STRANGERS },
]

/** What one step of the curve shows. */
interface Step {
  readonly factor: number
  readonly connections: number
  readonly fate: Fate
  readonly seconds: number
  readonly peak: number
  /** Milliseconds of each probe of /ping on a connection of its own; undefined for one without an answer in a second. */
  readonly pings: readonly (number | undefined)[]
}

/** More requests than the gate can take, from half its capacity to five times that, in a pod of 200 millicores. */
export async function overload({ quick, app, gates, cookies }: World): Promise<Outcome> {
  const gate = await gates.start({ upstreamPort: app.port, accessLog: '/dev/null' })
  const client = { port: gate.port, path: '/', cookie: cookies.alice }
  await wrk({ ...client, cookies: [client.cookie], connections: 32, seconds: quick ? 1 : 5 })
  const quota = limitCpu(gate.pid, MILLICORES)
  const closed = await wrk({ ...client, cookies: [client.cookie], connections: 32, seconds: quick ? 1 : 5 })
  const capacity = closed.requests / closed.seconds
  const steps: Step[] = []
  for (const { factor, connections } of quick ? QUICK_STEPS : STEPS) {
    const seconds = quick ? 2 : 10
    const load = { ...client, perSecond: capacity * factor, seconds, connections }
    resetPeak(gate.pid)
    const [fate, pings] = await Promise.all([openLoop(load), probe(gate.port, seconds)])
    steps.push({ factor, connections, fate, seconds, peak: peakMiB(gate.pid), pings })
    await sleep(1000)
  }
  await quota.lift()
  await gate.stop()
  return { rows: toRows(steps, capacity), details: curve(steps, capacity) }
}

/** Asks /ping five times a second, as impatient as a kubelet. */
async function probe(port: number, seconds: number): Promise<readonly (number | undefined)[]> {
  const asked: Promise<number | undefined>[] = []
  for (let count = 0; count < seconds * 5; count += 1) {
    asked.push(ping(port))
    await sleep(200)
  }
  return Promise.all(asked)
}

async function ping(port: number): Promise<number | undefined> {
  const startedAt = performance.now()
  const answer = await ask({ port, path: '/ping', cookie: '' }).catch(() => undefined)
  const milliseconds = performance.now() - startedAt
  return answer?.status === 200 && milliseconds <= 1000 ? milliseconds : undefined
}

function toRows(steps: readonly Step[], capacity: number): Outcome['rows'] {
  return steps
    .filter(({ factor }) => factor > 1)
    .flatMap(({ factor, connections, fate, seconds, peak, pings }) => {
      const served = fate.latenciesMs.length / seconds / capacity
      const inTime = pings.filter((milliseconds) => milliseconds !== undefined).length / pings.length
      const what = `overload ${factor}x, ${connections} connections:`
      return [
        single({ what: `${what} RSS`, value: peak, unit: ' MiB', must: 128, aim: 100 }),
        single({
          what: `${what} /ping answered within 1 s`,
          value: inTime * 100,
          unit: '%',
          must: 100,
          atLeast: true,
        }),
        single({ what: `${what} served, to capacity`, value: served, unit: 'x' }),
      ]
    })
}

function curve(steps: readonly Step[], capacity: number): string {
  const rows = steps.map(({ factor, connections, fate, seconds, peak, pings }) => {
    const others = [...fate.statuses].filter(([status]) => status !== 200 && status !== 503)
    const other = others.reduce((sum, [, count]) => sum + count, 0)
    const probes = pings.filter((milliseconds) => milliseconds !== undefined)
    return [
      `${factor}x`,
      String(connections),
      short(fate.sent / seconds),
      short(fate.latenciesMs.length / seconds),
      short(fate.shed / seconds),
      short((fate.broken + other) / seconds),
      short(fate.unsent / seconds),
      short(percentile(fate.latenciesMs, 0.5)),
      short(percentile(fate.latenciesMs, 0.99)),
      `${probes.length} of ${pings.length}`,
      short(percentile(probes, 1)),
      short(peak),
    ]
  })
  const head = [
    'load',
    'connections',
    'sent/s',
    '200/s',
    '503 + Retry-After/s',
    'broken/s',
    'no connection free/s',
    'p50 ms',
    'p99 ms',
    'pings in 1 s',
    'slowest of these ms',
    'RSS MiB',
  ]
  return `Overload at ${MILLICORES} millicores, capacity ${short(capacity)} requests/s:\n\n${markdown(head, rows)}`
}
