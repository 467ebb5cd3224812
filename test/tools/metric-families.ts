import { createGateFamilies } from '../../runtimes/node/metrics/gate-families.ts'
import { createScrapeHandler } from '../../runtimes/node/metrics/metrics-server.ts'
import { createProcessFamilies } from '../../runtimes/node/metrics/process-families.ts'
import { createRuntimeFamilies } from '../../runtimes/node/metrics/runtime-families.ts'
import { createNodePlatform } from '../../runtimes/node/platform.ts'
import type { Family } from '../../src/observe/metrics/exposition.ts'
import { createMetrics } from '../../src/observe/metrics/metrics.ts'
import { toSink } from '../support/log-sink.ts'

/** Every family that a program on Node serves, with nothing counted yet. */
export function allFamilies(): readonly Family[] {
  const node = createNodePlatform({ onBug: () => {}, sink: toSink() })
  const metrics = createMetrics({
    providers: ['oidc'],
    version: '0.0.0',
    runtime: 'node',
    families: [
      ...createGateFamilies(node).families,
      ...createScrapeHandler(
        () => '',
        () => {},
      ).families,
      ...createProcessFamilies('node'),
      ...createRuntimeFamilies().families,
    ],
  })
  return metrics.families.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
