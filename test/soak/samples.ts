import { spread } from '../bench/harness/numbers.ts'
import type { SoakGate } from './world/gate.ts'

/** Memory of one gate at one moment. */
export interface Sample {
  readonly gate: SoakGate
  /** Since the start of that gate. */
  readonly atMs: number
  readonly residentMiB: number
  /** Undefined where the machine allows no control group. */
  readonly chargedMiB: number | undefined
  /** False while a fault is going on or only just over. */
  readonly calm: boolean
}

/** Growth of memory, robust against what comes and goes. */
export interface Slope {
  readonly minutes: number
  readonly perTenMinutesMiB: number
}

/** Time in which a fresh process takes what it needs: code that is compiled, caches that fill, a heap that finds its size. */
export const WARM_UP_MS = 6 * 60_000

const BUCKET_MS = 15_000

/** Takes a sample of a gate; undefined when it is gone. */
export function sample(gate: SoakGate, calm: boolean): Sample | undefined {
  if (gate.outcome() !== undefined) return undefined
  try {
    const atMs = performance.now() - gate.startedAtMs
    return { gate, atMs, residentMiB: gate.residentMiB(), chargedMiB: gate.chargedMiB(), calm }
  } catch {
    return undefined
  }
}

/**
 * Slope of memory over the calm samples of one process after its warm-up, by the estimator of Theil and Sen: the median of
 * the slopes between any two points, which are medians of 15 s. Undefined for less than four minutes of them.
 */
export function slopeOf(
  samples: readonly Sample[],
  read: (sample: Sample) => number | undefined,
): Slope | undefined {
  const buckets = new Map<number, number[]>()
  for (const one of samples) {
    const value = read(one)
    if (!one.calm || one.atMs < WARM_UP_MS || value === undefined) continue
    const bucket = Math.floor(one.atMs / BUCKET_MS)
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), value])
  }
  const points = [...buckets].map(([bucket, values]) => ({
    atMs: bucket * BUCKET_MS,
    value: spread(values).median,
  }))
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.atMs - first.atMs < 4 * 60_000) return undefined
  const slopes = points.flatMap((left, at) =>
    points.slice(at + 1).map((right) => (right.value - left.value) / (right.atMs - left.atMs)),
  )
  return { minutes: (last.atMs - first.atMs) / 60_000, perTenMinutesMiB: spread(slopes).median * 600_000 }
}
