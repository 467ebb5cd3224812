import { ratios, short, spread } from '../harness/numbers.ts'
import { figures, interleave, type Sample, type Samples } from '../harness/rounds.ts'
import { markdown, type Row } from '../harness/table.ts'
import { prove, startAll, startThree } from './field.ts'
import type { Outcome, World } from './scene.ts'

const QUICK = { rounds: 2, seconds: 1, warmUpSeconds: 1 }

/** Everything that is a ratio at 32 connections: CPU time, throughput, latency, the price of the check, users, sizes, rules. */
export async function load(world: World): Promise<Outcome> {
  const { contenders, doors } = await startAll(world)
  for (const contender of contenders) await prove(contender)
  const effort = world.quick ? QUICK : { rounds: 21, seconds: 1, warmUpSeconds: 6 }
  const samples = await interleave(contenders, { ...effort, connections: 32 })
  await Promise.all(doors.map((door) => door.stop()))
  return { rows: [...compare(samples, AT_32), checkShare(samples)], details: rawTable(samples) }
}

/** One connection: what a single visitor waits for, and what waking up for each request costs. */
export async function oneConnection(world: World): Promise<Outcome> {
  const { contenders, doors } = await startThree(world)
  const effort = world.quick ? { ...QUICK, rounds: 1 } : { rounds: 7, seconds: 2, warmUpSeconds: 20 }
  const samples = await interleave(contenders, { ...effort, connections: 1 })
  await Promise.all(doors.map((door) => door.stop()))
  return { rows: compare(samples, AT_1), details: rawTable(samples) }
}

/** A figure of one contender as a multiple of the same figure of another, both of the same round. */
interface Comparison extends Omit<Row, 'value' | 'unit'> {
  readonly of: string
  readonly to: string
  readonly figure: keyof Sample
}

const CPU = 'cpuMicrosecondsPerRequest'

const AT_32: readonly Comparison[] = [
  { what: 'CPU per request, to nginx', of: 'gate', to: 'nginx', figure: CPU, must: 4.5, aim: 3 },
  { what: 'CPU per request, to plain Node', of: 'gate', to: 'plain Node', figure: CPU, must: 0.65 },
  {
    what: 'with a log file: CPU, to nginx',
    of: 'gate, file',
    to: 'nginx, file',
    figure: CPU,
    must: 4.5,
    aim: 3,
  },
  {
    what: 'with a log file: CPU, to plain Node',
    of: 'gate, file',
    to: 'plain Node, file',
    figure: CPU,
    must: 0.65,
  },
  {
    what: 'throughput, to plain Node',
    of: 'gate',
    to: 'plain Node',
    figure: 'perSecond',
    must: 1.5,
    aim: 2,
    atLeast: true,
  },
  {
    what: 'p99 at 32 connections, to plain Node',
    of: 'gate',
    to: 'plain Node',
    figure: 'p99Ms',
    must: 1,
    aim: 0.5,
  },
  {
    what: '5,000 users in turn (quick: 1,000): CPU, to one',
    of: 'gate, many users',
    to: 'gate',
    figure: CPU,
    must: 1.25,
  },
  {
    what: 'cookie of 3.5 KiB: CPU, to 1 KiB',
    of: 'gate, 3.5 KiB cookie',
    to: 'gate',
    figure: CPU,
    must: 1.15,
  },
  {
    what: '500 open routes that do not match: CPU, to one',
    of: 'gate, 500 routes',
    to: 'gate',
    figure: CPU,
    must: 1.05,
  },
  { what: '500 upstreams: CPU, to one', of: 'gate, 500 upstreams', to: 'gate', figure: CPU, must: 1.05 },
]

const AT_1: readonly Comparison[] = [
  {
    what: 'p99 at 1 connection, to plain Node',
    of: 'gate',
    to: 'plain Node',
    figure: 'p99Ms',
    must: 1,
    aim: 0.5,
  },
  { what: 'CPU per request at 1 connection, to nginx', of: 'gate', to: 'nginx', figure: CPU },
]

/** The comparisons of which both sides were measured. */
function compare(samples: Samples, comparisons: readonly Comparison[]): readonly Row[] {
  return comparisons
    .filter(({ of, to }) => samples.has(of) && samples.has(to))
    .map(({ of, to, figure, ...row }) => {
      const value = ratios(figures(samples, of, figure), figures(samples, to, figure))
      return { ...row, value, unit: 'x' }
    })
}

/** How much cheaper the same gate is where it need not know who asks. */
function checkShare(samples: Samples): Row {
  const { median, low, high } = ratios(
    figures(samples, 'gate, open route', CPU),
    figures(samples, 'gate', CPU),
  )
  const share = (rest: number): number => (1 - rest) * 100
  const value = { median: share(median), low: share(high), high: share(low) }
  return {
    what: "the check's share of the CPU time",
    value,
    unit: '%',
    must: 15,
    aim: 8,
    note: 'its cookie and its identity headers included',
  }
}

/** The medians of everything that was measured, before anything was divided. */
export function rawTable(samples: Samples): string {
  const column = (name: string, figure: keyof Sample): string =>
    short(spread(figures(samples, name, figure)).median)
  const columns = ['perSecond', 'p50Ms', 'p99Ms', CPU, 'peakMiB'] as const
  const rows = [...samples.keys()].map((name) => [name, ...columns.map((figure) => column(name, figure))])
  return markdown(['proxy', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/request', 'peak RSS MiB'], rows)
}
