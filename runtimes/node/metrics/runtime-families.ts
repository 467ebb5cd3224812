import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Family, Sample } from '../../../src/observe/metrics/exposition.ts'
import { createReading } from '../../../src/observe/metrics/instruments.ts'

/** Families about JavaScript's runtime, and the moment at which they are measured. */
export interface RuntimeFamilies {
  readonly families: readonly Family[]
  /** Measures for the next reading; delays of the event loop are those since the last call. */
  measure(): void
}

/** Interval at which the event loop is looked at. */
const RESOLUTION_MS = 20

/**
 * Creates the families about the runtime, in place of `go_*`, with the names under which dashboards for Node know them.
 * Garbage collections are not among them: an observer of them costs a tenth of the CPU time of each request.
 */
export function createRuntimeFamilies(): RuntimeFamilies {
  const loop = createLoopFamilies()
  let memory = process.memoryUsage()
  const ofMemory = (name: string, help: string, read: () => number): Family =>
    createReading({ name, help, type: 'gauge' }, read)
  return {
    families: [
      createReading(
        {
          name: 'nodejs_version_info',
          help: 'Node.js version info.',
          type: 'gauge',
          labels: ['version', 'major', 'minor', 'patch'],
        },
        readVersion,
      ),
      ofMemory(
        'nodejs_heap_size_total_bytes',
        'Process heap size from Node.js in bytes.',
        () => memory.heapTotal,
      ),
      ofMemory(
        'nodejs_heap_size_used_bytes',
        'Process heap size used from Node.js in bytes.',
        () => memory.heapUsed,
      ),
      ofMemory(
        'nodejs_external_memory_bytes',
        'Node.js external memory size in bytes.',
        () => memory.external,
      ),
      ...loop.families,
    ],
    measure: () => {
      memory = process.memoryUsage()
      loop.measure()
    },
  }
}

function readVersion(): readonly Sample[] {
  const { version } = process
  const [major = '', minor = '', patch = ''] = version.slice(1).split('.')
  const labels = [
    ['version', version],
    ['major', major],
    ['minor', minor],
    ['patch', patch],
  ] as const
  return [{ labels, value: 1 }]
}

type Delay = 'mean' | 'max' | 'p50' | 'p99'

/** Delays of the event loop between two scrapes: by how much a timer came late. */
function createLoopFamilies(): RuntimeFamilies {
  const recorded = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  recorded.enable()
  let delays: Partial<Record<Delay, number>> = {}
  const families = (['mean', 'max', 'p50', 'p99'] as const).map((name) =>
    createReading(
      {
        name: `nodejs_eventloop_lag_${name}_seconds`,
        help: `Delay of the event loop since the last scrape: ${name}.`,
        type: 'gauge',
      },
      () => delays[name],
    ),
  )
  return {
    families,
    measure: () => {
      const { mean, max } = recorded
      // Nothing was recorded between two scrapers that come together: both are told the same.
      if (Number.isNaN(mean)) return
      delays = {
        mean: toDelay(mean),
        max: toDelay(max),
        p50: toDelay(recorded.percentile(50)),
        p99: toDelay(recorded.percentile(99)),
      }
      recorded.reset()
    },
  }
}

/** Node records the whole time between two looks, in nanoseconds. */
function toDelay(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)
}
