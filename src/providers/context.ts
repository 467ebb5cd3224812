import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'

/** Platform, log and secret files, as every provider is given them. */
export interface ProviderContext {
  readonly platform: Pick<Platform, 'fetch' | 'now' | 'runtime'>
  readonly log: Pick<Log, 'line'>
  /** Reads a secret file at each use, so that a rotated secret counts at once. May throw. */
  readonly readSecret: (path: string) => Promise<string>
}
