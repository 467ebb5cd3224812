import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import type { LOG_FORMAT_OPTIONS } from './formats.ts'

/** Options of the log file. */
export const LOG_FILE_OPTIONS = {
  'logging-filename': {
    group: 'Logging',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about:
      'Write the log to this file instead of standard output; its folder is made if it is missing. It is rotated as the next options say: old files are named `name-2026-11-27T18-30-00.000.log` and stand beside it. Lines about errors go to standard error (see errors-to-info-log). While the disk is full or stalls, lines are lost and counted, and requests go on.',
  },
  'logging-max-size': {
    group: 'Logging',
    kind: 'integer',
    default: 100,
    about:
      'Size of the log file in MiB from which a new one is begun; 0 is 100. Has no effect without logging-filename.',
  },
  'logging-max-age': {
    group: 'Logging',
    kind: 'integer',
    negativeIsZero: true,
    default: 7,
    about:
      'Days after which old log files are deleted; 0 keeps them. Has no effect without logging-filename.',
  },
  'logging-max-backups': {
    group: 'Logging',
    kind: 'integer',
    negativeIsZero: true,
    default: 0,
    about:
      'Number of old log files that are kept; 0 keeps all that logging-max-age keeps. Has no effect without logging-filename.',
  },
  'logging-compress': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    about: 'Compress old log files with gzip. Has no effect without logging-filename.',
  },
} as const satisfies OptionRows

/** A log file and when a new one is begun. */
export interface LogFileConfig {
  readonly path: string
  readonly maxBytes: number
  /** Age from which old files are deleted; undefined keeps them. */
  readonly maxAgeMs: number | undefined
  /** Number of old files to keep; undefined keeps all. */
  readonly maxBackups: number | undefined
  readonly compress: boolean
  readonly utc: boolean
}

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000

/** Reads the log file; undefined when lines go to standard output. */
export function buildLogFile(
  settings: SettingsOf<typeof LOG_FILE_OPTIONS & typeof LOG_FORMAT_OPTIONS>,
): LogFileConfig | undefined {
  const path = settings.value('logging-filename')
  if (path === '') return undefined
  const days = settings.value('logging-max-age')
  const backups = settings.value('logging-max-backups')
  return {
    path,
    maxBytes: (settings.value('logging-max-size') || LOG_FILE_OPTIONS['logging-max-size'].default) * MIB,
    maxAgeMs: days === 0 ? undefined : days * DAY_MS,
    maxBackups: backups === 0 ? undefined : backups,
    compress: settings.value('logging-compress'),
    utc: !settings.value('logging-local-time'),
  }
}
