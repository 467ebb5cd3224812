import type { OptionTable } from '../../options.ts'
import { freeOptions, leaf, type MapShape } from '../shape.ts'
import { headersShape } from './headers.ts'
import { providerShape } from './provider.ts'
import { serverShape } from './server.ts'
import { UPSTREAM } from './upstream.ts'

/** The whole structured file: oauth2-proxy's keys, and `options` for all that has no place of its own there. */
export function fileShape(table: OptionTable): MapShape {
  const options = [...freeOptions(table)].flatMap(([key, flag]) => {
    const option = table.get(flag)
    return option === undefined ? [] : [[key, leaf(option)] as const]
  })
  return {
    kind: 'map',
    about: 'Structured configuration of Sidegate, in the form of oauth2-proxy --alpha-config.',
    keys: {
      server: serverShape('Where Sidegate listens; nothing listens without it.'),
      metricsServer: serverShape('Where Prometheus finds the metrics.'),
      upstreamConfig: {
        kind: 'map',
        about: 'The apps behind Sidegate.',
        keys: {
          proxyRawPath: leaf({
            kind: 'boolean',
            default: false,
            inert: true,
            about: 'Accepted, and nothing to change: apps are always asked for the path as it arrived.',
          }),
          upstreams: { kind: 'list', about: 'One entry an app.', of: UPSTREAM },
        },
      },
      injectRequestHeaders: headersShape('Headers that the app is told.'),
      injectResponseHeaders: headersShape('Headers of answers.'),
      providers: {
        kind: 'list',
        about: 'Where people sign in, the first one unless they choose.',
        of: providerShape(table),
      },
      options: {
        kind: 'map',
        loose: true,
        about:
          'All other options by their TOML keys (docs/options.md), so that one file can be the whole configuration. Flags, variables and the TOML file win over them. Not in oauth2-proxy.',
        keys: Object.fromEntries(options),
      },
    },
  }
}
