import { type OptionRows, SERVERS } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import {
  type CheckServerDeps,
  checkAddress,
  checkTlsListener,
  isOff,
  type RawServer,
  type ServerConfig,
  toFile,
} from './listen.ts'

/** Options of the listeners for Prometheus. */
export const METRICS_OPTIONS = {
  'metrics-address': {
    group: 'Listeners',
    kind: 'string',
    structured: 'metricsServer.bindAddress',
    default: '',
    off: ['-'],
    runtimes: SERVERS,
    about:
      'Plain listener for Prometheus, in the forms of http-address; `-` or empty is none. It answers every path with the metrics of docs/metrics.md and needs no sign-in, so let only Prometheus reach it.',
  },
  'metrics-secure-address': {
    group: 'Listeners',
    kind: 'string',
    structured: 'metricsServer.secureBindAddress',
    default: '',
    off: ['-'],
    runtimes: SERVERS,
    about:
      'TLS listener for Prometheus, `[https://]host:port`; `-` or empty is none. Needs metrics-tls-cert-file and metrics-tls-key-file, and may stand beside metrics-address.',
  },
  'metrics-tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    structured: 'metricsServer.tls.cert',
    default: '',
    runtimes: SERVERS,
    about: 'PEM certificate chain of the TLS listener for Prometheus, read again when it changes.',
  },
  'metrics-tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    structured: 'metricsServer.tls.key',
    default: '',
    runtimes: SERVERS,
    about: 'PEM private key of the TLS listener for Prometheus.',
  },
} as const satisfies OptionRows

/** Listeners for Prometheus; without any, nothing is counted. */
export type MetricsConfig = ServerConfig

/** Reads the options of the listeners for Prometheus. */
export function readMetricsServer(settings: SettingsOf<typeof METRICS_OPTIONS>): RawServer {
  const cert = toFile(settings.raw('metrics-tls-cert-file'))
  return {
    bindAddress: settings.raw('metrics-address'),
    secureBindAddress: settings.raw('metrics-secure-address'),
    // As in oauth2-proxy, tls-min-version is about the other listener.
    tls: {
      cert,
      key: toFile(settings.raw('metrics-tls-key-file')),
      minVersion: { value: undefined, label: cert.label },
      cipherSuites: { value: undefined, label: cert.label },
    },
  }
}

/** Checks the listeners for Prometheus of any source. */
export function checkMetricsServer(server: RawServer, { files, report }: CheckServerDeps): MetricsConfig {
  const http = checkAddress(server.bindAddress, report)
  if (!isOff(server.secureBindAddress)) {
    return { http, https: checkTlsListener(server, { files, report }) }
  }
  const { cert, key } = server.tls
  for (const file of [cert, key]) {
    if (file.value) {
      report.warning(file.label, `give metrics-secure-address as well, nothing listens with this file`)
    }
  }
  return { http, https: undefined }
}
