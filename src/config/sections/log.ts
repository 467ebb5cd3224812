import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'

/** Options of the log. */
export const LOG_OPTIONS = {
  'request-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    about: 'Write a line for each request.',
  },
  'auth-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    about: 'Write a line for each sign-in event.',
  },
  'standard-logging': { group: 'Logging', kind: 'boolean', default: true, about: 'Write all other lines.' },
  'silence-ping-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    about: 'Leave ping-path and ready-path out of the request log.',
  },
  'exclude-logging-path': {
    group: 'Logging',
    kind: 'list',
    default: [],
    key: 'exclude_logging_paths',
    about: 'Exact paths to leave out of the request log.',
  },
  'log-format': {
    group: 'Logging',
    kind: 'enum',
    values: ['auto', 'json', 'text'],
    default: 'auto',
    about:
      'Lines of JSON, or lines that a person reads with ease. `auto` is text where standard output is a terminal, else JSON. Text leaves out the user agent, the bytes and the names of pod and host.',
  },
  'standard-logging-format': {
    group: 'Logging',
    kind: 'string',
    default: '[{{.Timestamp}}] [{{.File}}] {{.Message}}',
    supported: false,
    instead: 'log-format chooses between JSON and text',
    about: 'Template of a line; here log-format chooses between JSON and text.',
  },
  'auth-logging-format': {
    group: 'Logging',
    kind: 'string',
    default: '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}',
    supported: false,
    instead: 'log-format chooses between JSON and text',
    about: 'Template of a line; here log-format chooses between JSON and text.',
  },
  'request-logging-format': {
    group: 'Logging',
    kind: 'string',
    default:
      '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}',
    supported: false,
    instead: 'log-format chooses between JSON and text',
    about: 'Template of a line; here log-format chooses between JSON and text.',
  },
  'errors-to-info-log': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change: every line goes to standard output.',
  },
  'logging-filename': {
    group: 'Logging',
    kind: 'file',
    default: '',
    supported: false,
    instead: 'lines go to standard output, which can be sent to a file',
    about: 'Write the log to a file.',
  },
  'logging-max-size': {
    group: 'Logging',
    kind: 'integer',
    default: 100,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-max-age': {
    group: 'Logging',
    kind: 'integer',
    default: 7,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-max-backups': {
    group: 'Logging',
    kind: 'integer',
    default: 0,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-local-time': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    inert: true,
    about: 'Accepted, and nothing to change: times name their zone, which is UTC.',
  },
  'logging-compress': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
} as const satisfies OptionRows

/** Log streams, their format and their exclusions. */
export interface LogConfig {
  /** `auto` is text where a person reads along (a terminal), else JSON. */
  readonly format: 'auto' | 'json' | 'text'
  readonly requests: boolean
  readonly auth: boolean
  readonly standard: boolean
  readonly silencePing: boolean
  readonly excludePaths: readonly string[]
  /** Fields that stand in every line: container and pod names. */
  readonly context: Readonly<Record<string, string>>
}

/** Variables that say which of many copies is talking, and the fields they become (Kubernetes downward API). */
const CONTEXT = {
  pod: 'POD_NAME',
  namespace: 'POD_NAMESPACE',
  host: 'HOSTNAME',
  container: 'CONTAINER_NAME',
} as const

/** Reads the log streams, their format and their exclusions. */
export function buildLog(
  settings: SettingsOf<typeof LOG_OPTIONS>,
  env: Readonly<Record<string, string | undefined>>,
): LogConfig {
  const context: Record<string, string> = {}
  for (const [field, variable] of Object.entries(CONTEXT)) {
    const value = env[variable]
    if (value) context[field] = value
  }
  return {
    format: settings.value('log-format'),
    requests: settings.value('request-logging'),
    auth: settings.value('auth-logging'),
    standard: settings.value('standard-logging'),
    silencePing: settings.value('silence-ping-logging'),
    excludePaths: settings.value('exclude-logging-path'),
    context,
  }
}
