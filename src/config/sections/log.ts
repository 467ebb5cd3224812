import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { buildLogFile, type LOG_FILE_OPTIONS, type LogFileConfig } from './log/file.ts'
import { buildOAuth2ProxyLog, type LOG_FORMAT_OPTIONS, type OAuth2ProxyLog } from './log/formats.ts'
import type { TRUST_OPTIONS } from './paths.ts'

/** Options that choose what is logged. */
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
  'errors-to-info-log': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    about:
      'Write lines about errors where all others go. Without it they go to standard error when the log has a file or the formats of oauth2-proxy; JSON and text on standard output hold all lines in any case.',
  },
} as const satisfies OptionRows

/** Log streams, their format and their exclusions. */
export interface LogConfig {
  /** `auto` is text where a person reads along (a terminal), else JSON. */
  readonly format: 'auto' | 'json' | 'text' | 'oauth2-proxy'
  /** The lines of oauth2-proxy; undefined when they have another format. */
  readonly oauth2Proxy: OAuth2ProxyLog | undefined
  /** File that lines go to; standard output when undefined. */
  readonly file: LogFileConfig | undefined
  /** Lines about errors go to standard error. */
  readonly errorsApart: boolean
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
  settings: SettingsOf<
    typeof LOG_OPTIONS & typeof LOG_FORMAT_OPTIONS & typeof LOG_FILE_OPTIONS & typeof TRUST_OPTIONS
  >,
  env: Readonly<Record<string, string | undefined>>,
): LogConfig {
  const context: Record<string, string> = {}
  for (const [field, variable] of Object.entries(CONTEXT)) {
    const value = env[variable]
    if (value) context[field] = value
  }
  const oauth2Proxy = buildOAuth2ProxyLog(settings)
  const file = buildLogFile(settings)
  return {
    format: settings.value('log-format'),
    oauth2Proxy,
    file,
    errorsApart: (oauth2Proxy ?? file) !== undefined && !settings.value('errors-to-info-log'),
    requests: settings.value('request-logging'),
    auth: settings.value('auth-logging'),
    standard: settings.value('standard-logging'),
    silencePing: settings.value('silence-ping-logging'),
    excludePaths: settings.value('exclude-logging-path'),
    context,
  }
}
