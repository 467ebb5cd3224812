import type { Config } from '../../../src/config/config.ts'
import type { Sink } from '../../../src/observe/event.ts'
import { toExposition } from '../../../src/observe/metrics/exposition.ts'
import { createMetrics } from '../../../src/observe/metrics/metrics.ts'
import { VERSION } from '../../version.ts'
import type { NodePlatform } from '../platform.ts'
import type { Listener } from '../server/listen.ts'
import { createGateFamilies } from './gate-families.ts'
import { createScrapeHandler, listenForScrapes, type MetricsListener } from './metrics-server.ts'
import { createProcessFamilies } from './process-families.ts'
import { createRuntimeFamilies } from './runtime-families.ts'

/** Metrics of a program that is configured to tell some. */
export interface ProgramMetrics {
  /** Receiver of the events that are counted. */
  readonly sink: Sink
  /** Opens the listeners for scrapes; what is open is counted on the listeners of the proxy from now on. */
  listen(proxy: readonly Listener[]): Promise<readonly MetricsListener[]>
}

export interface ProgramMetricsOptions {
  readonly config: Pick<Config, 'metrics' | 'providers'>
  readonly node: NodePlatform
  /** Called for what keeps metrics from being read. */
  readonly onBug: (error: unknown) => void
}

/** Creates the metrics of the program. */
export function createProgramMetrics({ config, node, onBug }: ProgramMetricsOptions): ProgramMetrics {
  const { runtime } = node
  const measured = createRuntimeFamilies()
  const gate = createGateFamilies(node)
  const scrapes = createScrapeHandler(() => {
    measured.measure()
    return toExposition(metrics.families)
  }, onBug)
  const metrics = createMetrics({
    providers: config.providers.map(({ id }) => id),
    version: VERSION,
    runtime,
    families: [
      ...gate.families,
      ...scrapes.families,
      ...createProcessFamilies(runtime),
      ...measured.families,
    ],
  })
  return {
    sink: metrics.sink,
    listen: (proxy) => {
      gate.follow(proxy)
      const { watch } = node.watcher
      return listenForScrapes({ config: config.metrics, listener: scrapes.listener, watch, onBug })
    },
  }
}
