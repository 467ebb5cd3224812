import { cpuMicroseconds, peakMiB, resetPeak } from './proc.ts'
import { type Load, type Seen, wrk } from './wrk.ts'

/** One of the things that are compared: a process and the requests it gets. */
export interface Contender extends Pick<Load, 'port' | 'path' | 'cookies'> {
  readonly name: string
  readonly pid: number
}

/** One round of one contender. */
export interface Sample extends Seen {
  readonly perSecond: number
  readonly cpuMicrosecondsPerRequest: number
  readonly peakMiB: number
}

/** How long and how hard. */
export interface Effort {
  readonly rounds: number
  /** Before the first round, so that everything is compiled that will be. */
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly connections: number
}

/** The samples of each contender, round by round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

/**
 * Loads the contenders one after another, again and again, each round beginning with another one. On a machine that
 * others use too, only what ran within the same round may be compared.
 */
export async function interleave(contenders: readonly Contender[], effort: Effort): Promise<Samples> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) await measure(contender, { ...effort, seconds: effort.warmUpSeconds })
  for (let round = 0; round < effort.rounds; round += 1) {
    const first = round % contenders.length
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      samples.get(contender.name)?.push(await measure(contender, effort))
    }
    process.stderr.write(`  round ${round + 1} of ${effort.rounds}\n`)
  }
  return samples
}

/** Loads one contender once. */
export async function measure(
  contender: Contender,
  effort: Pick<Effort, 'seconds' | 'connections'>,
): Promise<Sample> {
  const { pid } = contender
  resetPeak(pid)
  const before = cpuMicroseconds(pid)
  const seen = await wrk({ ...contender, ...effort })
  const spent = cpuMicroseconds(pid) - before
  return {
    ...seen,
    perSecond: seen.requests / seen.seconds,
    cpuMicrosecondsPerRequest: spent / seen.requests,
    peakMiB: peakMiB(pid),
  }
}

/** One figure of one contender over all rounds. */
export function figures(samples: Samples, name: string, figure: keyof Sample): readonly number[] {
  const found = samples.get(name)
  if (found === undefined) throw new Error(`"${name}" was not measured`)
  return found.map((sample) => sample[figure])
}
