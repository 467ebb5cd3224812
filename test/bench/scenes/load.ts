import { ratios, short, spread } from '../harness/numbers.ts'
import { figures, interleave, type Sample, type Samples } from '../harness/rounds.ts'
import { markdown, type Row } from '../harness/table.ts'
import { prove, startAll, startThree } from './field.ts'
import type { Outcome, World } from './scene.ts'

/** Everything that is a ratio at 32 connections: CPU time, throughput, latency, the price of the check, users, sizes, rules. */
export async function load(world: World): Promise<Outcome> {
  const { contenders, doors } = await startAll(world)
  for (const contender of contenders) await prove(contender)
  const effort = world.quick ? { rounds: 2, seconds: 1 } : { rounds: 7, seconds: 3 }
  const samples = await interleave(contenders, { ...effort, connections: 32 })
  await Promise.all(doors.map((door) => door.stop()))
  return { rows: toRows(samples, !world.quick), details: rawTable(samples) }
}

/** One connection: what a single visitor waits for, and what waking up costs. */
export async function oneConnection(world: World): Promise<Outcome> {
  const { contenders, doors } = await startThree(world)
  const effort = world.quick ? { rounds: 1, seconds: 1 } : { rounds: 7, seconds: 2 }
  const samples = await interleave(contenders, { ...effort, connections: 1 })
  await Promise.all(doors.map((door) => door.stop()))
  const p99 = ratios(figures(samples, 'gate', 'p99Ms'), figures(samples, 'plain Node', 'p99Ms'))
  const cpu = ratios(
    figures(samples, 'gate', 'cpuMicrosecondsPerRequest'),
    figures(samples, 'nginx', 'cpuMicrosecondsPerRequest'),
  )
  return {
    rows: [
      { what: 'p99 latency at 1 connection, to plain Node', value: p99, unit: 'x', must: 1, aim: 0.5 },
      { what: 'CPU per request at 1 connection, to nginx', value: cpu, unit: 'x' },
    ],
    details: rawTable(samples),
  }
}

function toRows(samples: Samples, withFiles: boolean): readonly Row[] {
  const to = (name: string, other: string, figure: keyof Sample) =>
    ratios(figures(samples, name, figure), figures(samples, other, figure))
  const cpu = (name: string, other: string) => to(name, other, 'cpuMicrosecondsPerRequest')
  const unchecked = cpu('gate, unchecked', 'gate')
  const share = (value: number): number => (1 - value) * 100
  const files: readonly Row[] = [
    {
      what: 'CPU per request, log file, to nginx',
      value: cpu('gate, log file', 'nginx, log file'),
      unit: 'x',
      must: 4.5,
      aim: 3,
    },
    {
      what: 'CPU per request, log file, to plain Node',
      value: cpu('gate, log file', 'plain Node, log file'),
      unit: 'x',
      must: 0.65,
    },
  ]
  return [
    { what: 'CPU per request, to nginx', value: cpu('gate', 'nginx'), unit: 'x', must: 4.5, aim: 3 },
    { what: 'CPU per request, to plain Node', value: cpu('gate', 'plain Node'), unit: 'x', must: 0.65 },
    ...(withFiles ? files : []),
    {
      what: "the session check's share of it",
      value: { median: share(unchecked.median), low: share(unchecked.high), high: share(unchecked.low) },
      unit: '%',
      must: 15,
      aim: 8,
      note: 'and of the identity headers that go with it',
    },
    {
      what: 'throughput at 32 connections, to plain Node',
      value: to('gate', 'plain Node', 'perSecond'),
      unit: 'x',
      must: 1.5,
      aim: 2,
      atLeast: true,
    },
    {
      what: 'p99 latency at 32 connections, to plain Node',
      value: to('gate', 'plain Node', 'p99Ms'),
      unit: 'x',
      must: 1,
      aim: 0.5,
    },
    {
      what: '5,000 users in turn, CPU to one user',
      value: cpu('gate, 5,000 users', 'gate'),
      unit: 'x',
      must: 1.25,
    },
    {
      what: 'cookie of 3.5 KiB, CPU to 1 KiB',
      value: cpu('gate, 3.5 KiB cookie', 'gate'),
      unit: 'x',
      must: 1.15,
    },
    {
      what: '500 open routes that do not match, CPU to one',
      value: cpu('gate, 500 routes', 'gate'),
      unit: 'x',
      must: 1.05,
    },
    { what: '500 upstreams, CPU to one', value: cpu('gate, 500 upstreams', 'gate'), unit: 'x', must: 1.05 },
  ]
}

function rawTable(samples: Samples): string {
  const column = (name: string, figure: keyof Sample): string =>
    short(spread(figures(samples, name, figure)).median)
  const rows = [...samples.keys()].map((name) => [
    name,
    column(name, 'perSecond'),
    column(name, 'p50Ms'),
    column(name, 'p99Ms'),
    column(name, 'cpuMicrosecondsPerRequest'),
    column(name, 'peakMiB'),
  ])
  return markdown(['proxy', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/request', 'peak RSS MiB'], rows)
}
