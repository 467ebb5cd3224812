import { short } from '../bench/harness/numbers.ts'
import { markdown } from '../bench/harness/table.ts'
import type { Outcome } from './run.ts'
import { type Sample, type Slope, slopeOf } from './samples.ts'
import { KINDS } from './traffic/kinds.ts'

/** Verdict of a run and the tables that show why. */
export interface Report {
  readonly text: string
  /** Everything that must not be; empty for a good run. */
  readonly wrong: readonly string[]
}

/** What a run must keep to. */
export interface Limits {
  /** Growth of memory in ten minutes; undefined where the run is too short to tell. */
  readonly slopeMiB: number | undefined
  /** Resident memory at most; the kernel sees to what is charged. */
  readonly residentMiB: number
}

/** RSS counts 50 MiB of Node's own program file, which the kernel takes back when a pod is full. */
export const LIMITS: Limits = { slopeMiB: 2, residentMiB: 160 }

/** Judges a run. */
export function report({ judge, samples, gates, descriptors, inPod }: Outcome, limits: Limits): Report {
  const slopes = slopesOf(samples)
  const wrong = [
    ...judge.wrong,
    ...Object.keys(KINDS)
      .filter((kind) => !judge.served.has(kind))
      .map((kind) => `No "${kind}" was played to its end`),
    ...gates.flatMap((gate) => [
      ...gate.log.faults.map((line) => `In the log: ${line}`),
      ...(gate.complaints() === '' ? [] : [`On standard error: ${gate.complaints()}`]),
      ...(gate.kills() === 0 ? [] : ['The kernel killed the gate for memory']),
      ...(gate.outcome() === '0' ? [] : [`A gate ended with ${gate.outcome()}`]),
    ]),
    ...(descriptors.after > descriptors.before + descriptors.spare
      ? [`${descriptors.after} descriptors are open after the traffic, ${descriptors.before} were before it`]
      : []),
    ...memoryFaults(samples, slopes, limits),
  ]
  const tables = [trafficTable(judge), faultTable(judge), memoryTable(samples, slopes, inPod)]
  const facts = [
    `descriptors: ${descriptors.before} at the start, ${descriptors.after} after the traffic`,
    `log: ${gates.reduce((sum, { log }) => sum + log.lines(), 0)} lines, ${gates.reduce((sum, { log }) => sum + log.lost(), 0)} lost while they were not read`,
  ]
  return { text: [...tables, logTable(gates), facts.join('\n')].join('\n\n'), wrong }
}

interface Slopes {
  readonly resident: Slope | undefined
  readonly charged: Slope | undefined
}

/** Slopes of the process that ran longest. */
function slopesOf(samples: readonly Sample[]): Slopes {
  const gates = [...new Set(samples.map(({ gate }) => gate))]
  const byGate = gates.map((gate) => samples.filter((one) => one.gate === gate))
  const longest = byGate.toSorted((left, right) => right.length - left.length)[0] ?? []
  return {
    resident: slopeOf(longest, ({ residentMiB }) => residentMiB),
    charged: slopeOf(longest, ({ chargedMiB }) => chargedMiB),
  }
}

function memoryFaults(samples: readonly Sample[], slopes: Slopes, limits: Limits): readonly string[] {
  const highest = Math.max(...samples.map(({ residentMiB }) => residentMiB))
  const faults = highest > limits.residentMiB ? [`RSS came to ${short(highest)} MiB`] : []
  if (limits.slopeMiB === undefined) return faults
  if (slopes.resident === undefined) return [...faults, 'The run was too short to tell whether memory grows']
  for (const [name, slope] of Object.entries(slopes)) {
    if (slope !== undefined && slope.perTenMinutesMiB > limits.slopeMiB)
      faults.push(`Memory (${name}) grows by ${short(slope.perTenMinutesMiB)} MiB in ten minutes`)
  }
  return faults
}

function trafficTable({ served }: Outcome['judge']): string {
  return markdown(
    ['traffic', 'played'],
    Object.keys(KINDS).map((kind) => [kind, `${served.get(kind) ?? 0}`]),
  )
}

function faultTable({ windows, excused }: Outcome['judge']): string {
  const rows = [...new Set(windows.map(({ fault }) => fault))].map((fault) => {
    const times = windows.filter((window) => window.fault === fault)
    const slowest = Math.max(...times.map(({ endedAtMs, toMs }) => toMs - endedAtMs)) / 1000
    const allowed = [...excused].filter(([key]) => key.startsWith(`${fault.name}: `))
    const what = allowed.map(([key, count]) => `${count} ${key.slice(fault.name.length + 2)}`)
    return [
      fault.name,
      `${times.length}`,
      `${slowest.toFixed(1)} s`,
      `${fault.recoverSeconds} s`,
      what.join(', '),
    ]
  })
  return markdown(['fault', 'times', 'all works again after', 'at most', 'allowed meanwhile'], rows)
}

/** What the log told of trouble. */
function logTable(gates: Outcome['gates']): string {
  const counts = new Map<string, number>()
  for (const { log } of gates)
    for (const [what, count] of log.notable) counts.set(what, (counts.get(what) ?? 0) + count)
  const rows = [...counts].toSorted(([, left], [, right]) => right - left)
  return markdown(
    ['in the log', 'times'],
    rows.map(([what, count]) => [what, `${count}`]),
  )
}

function memoryTable(samples: readonly Sample[], slopes: Slopes, inPod: boolean): string {
  const row = (name: string, values: readonly number[], slope: Slope | undefined): readonly string[] => [
    name,
    `${short(values[0] ?? Number.NaN)} MiB`,
    `${short(Math.max(...values))} MiB`,
    `${short(values.at(-1) ?? Number.NaN)} MiB`,
    slope === undefined
      ? '-'
      : `${short(slope.perTenMinutesMiB)} MiB in 10 min (over ${short(slope.minutes)} min)`,
  ]
  const charged = samples.flatMap(({ chargedMiB }) => chargedMiB ?? [])
  const rows = [
    row(
      'RSS',
      samples.map(({ residentMiB }) => residentMiB),
      slopes.resident,
    ),
  ]
  if (inPod) rows.push(row('charged, of 128 MiB', charged, slopes.charged))
  const table = markdown(['memory', 'first', 'highest', 'last', 'slope'], rows)
  return inPod ? table : `${table}\nThis machine allows no control groups: nothing held the gate to 128 MiB.`
}
