import type { Sink } from '../event.ts'
import type { Family } from './exposition.ts'
import { createReading } from './instruments.ts'
import { createRequestFamilies } from './request-families.ts'
import { createSignInFamilies } from './sign-in-families.ts'

/** Metrics of the program: a sink that counts, and the families that it counts into. */
export interface Metrics {
  readonly sink: Sink
  readonly families: readonly Family[]
}

export interface MetricsOptions {
  /** Ids of the configured providers: the values of their label. */
  readonly providers: readonly string[]
  readonly version: string
  readonly runtime: string
  /** Families that only the runtime can read. */
  readonly families: readonly Family[]
}

/** Creates the metrics; nothing of it exists unless a listener for them is configured. */
export function createMetrics({ providers, version, runtime, families }: MetricsOptions): Metrics {
  const requests = createRequestFamilies()
  const signIns = createSignInFamilies(providers)
  const info = createReading(
    {
      name: 'sidegate_build_info',
      help: 'Version of the program and its runtime.',
      type: 'gauge',
      labels: ['version', 'runtime'],
    },
    () => [
      {
        labels: [
          ['version', version],
          ['runtime', runtime],
        ],
        value: 1,
      },
    ],
  )
  return {
    sink: { ...requests.sink, ...signIns.sink },
    families: [info, ...requests.families, ...signIns.families, ...families],
  }
}
