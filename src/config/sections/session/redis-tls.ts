import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { checkPem, type Files } from '../../sources/files.ts'
import type { RedisUrl } from '../../values/redis-url.ts'

/** Options of TLS towards Redis, beside `rediss://`. */
export const REDIS_TLS_OPTIONS = {
  'redis-ca-path': {
    group: 'Sessions',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'PEM file with certificate authorities of Redis, beside the usual ones. Turns TLS on.',
  },
  'redis-insecure-skip-tls-verify': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Do not verify the certificates of Redis. Turns TLS on. A stranger in between can read the password and what Redis holds, and change it.',
  },
} as const satisfies OptionRows

/** TLS towards Redis. */
export interface RedisTls {
  /** PEM file of further certificate authorities. */
  readonly caFile: string | undefined
  readonly verify: boolean
  /** Name that certificates are for; undefined is the host that is connected to. */
  readonly serverName: string | undefined
}

type SectionSettings = SettingsOf<typeof REDIS_TLS_OPTIONS>

/** Reads how TLS is spoken with the Redis of this address; undefined for plain TCP. */
export function buildRedisTls(settings: SectionSettings, files: Files, url: RedisUrl): RedisTls | undefined {
  const caFile = settings.value('redis-ca-path') || undefined
  const skips = settings.value('redis-insecure-skip-tls-verify')
  const flaw = caFile === undefined ? undefined : checkPem(files, { file: caFile }, 'CERTIFICATE')
  if (flaw !== undefined) settings.problem('redis-ca-path', flaw)
  if (!url.encrypted && !skips && caFile === undefined) return undefined
  const serverName = url.encrypted && url.address.kind === 'tcp' ? url.address.host : undefined
  const verify = !skips && !(url.encrypted && url.skipVerify)
  if (!verify && caFile !== undefined)
    settings.warning('redis-ca-path', 'this has no effect, certificates of Redis are not verified')
  return { caFile, verify, serverName }
}
