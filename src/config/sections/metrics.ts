import type { OptionRows } from '../option.ts'

/** Options of the listeners for Prometheus. */
export const METRICS_OPTIONS = {
  'metrics-address': {
    group: 'Listeners',
    kind: 'string',
    default: '',
    supported: false,
    off: ['-'],
    instead:
      'status and duration of each request are in the log (the Helm chart of oauth2-proxy gives it unless metrics.enabled=false)',
    about: 'Plain listener for Prometheus.',
  },
  'metrics-secure-address': {
    group: 'Listeners',
    kind: 'string',
    default: '',
    supported: false,
    off: ['-'],
    instead: 'status and duration of each request are in the log',
    about: 'TLS listener for Prometheus.',
  },
  'metrics-tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Certificate of the TLS listener for Prometheus.',
  },
  'metrics-tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Key of the TLS listener for Prometheus.',
  },
} as const satisfies OptionRows
