import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'

/** Option of the signature of requests. */
export const SIGNATURE_OPTIONS = {
  'signature-key': {
    group: 'Headers',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about:
      '`algorithm:secret`: sign each request to the app with `GAP-Signature`, an HMAC over method, some headers, address and content, and name the person in `GAP-Auth`. Algorithms are md5, sha1, sha224, sha256, sha384 and sha512. Content is held in memory for it, up to 8 MiB; more is refused. Deprecated in oauth2-proxy: with pass-authorization-header apps can verify the ID token.',
  },
} as const satisfies OptionRows

/** Algorithm and key of the signature of requests. */
export interface SignatureConfig {
  readonly algorithm: SignatureAlgorithm
  readonly key: string
}

const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const

/** Hash of the signature's HMAC (RFC 2104). */
export type SignatureAlgorithm = (typeof ALGORITHMS)[number]

/** Reads the key that requests are signed with; undefined when they are not. */
export function buildSignature(settings: SettingsOf<typeof SIGNATURE_OPTIONS>): SignatureConfig | undefined {
  const text = settings.value('signature-key')
  if (text === '') return undefined
  const [name, key, ...more] = text.split(':')
  const algorithm = ALGORITHMS.find((known) => known === name)
  if (algorithm === undefined || !key || more.length > 0) {
    settings.problem(
      'signature-key',
      `give algorithm:secret, with one of ${ALGORITHMS.join(', ')} and a single colon`,
    )
    return undefined
  }
  settings.warning(
    'signature-key',
    'this is deprecated in oauth2-proxy; with pass-authorization-header apps can verify the ID token',
  )
  return { algorithm, key }
}
