import { didYouMean, quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'

/** A cipher suite of TLS by its names of Go and OpenSSL. */
export interface CipherSuite {
  /** Name of OpenSSL; undefined where OpenSSL 3 has it no more. */
  readonly openssl: string | undefined
  /** Suites of TLS 1.3 are all offered whenever that is spoken. */
  readonly tls13: boolean
  readonly weak: boolean
}

const STRONG = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
} as const

/** Suites that Go calls insecure, without forward secrecy or with a weak cipher. */
const WEAK = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
} as const

const GONE = [
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
] as const

const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const

/** Every cipher suite that Go has a name for (crypto/tls). */
const SUITES: ReadonlyMap<string, CipherSuite> = new Map<string, CipherSuite>([
  ...TLS13.map((name) => [name, { openssl: name, tls13: true, weak: false }] as const),
  ...Object.entries(STRONG).map(([name, openssl]) => [name, { openssl, tls13: false, weak: false }] as const),
  ...Object.entries(WEAK).map(([name, openssl]) => [name, { openssl, tls13: false, weak: true }] as const),
  ...GONE.map((name) => [name, { openssl: undefined, tls13: false, weak: true }] as const),
])

/** Finds a cipher suite by its name in Go; the failure says what to write instead. */
export function parseCipherSuite(name: string): Result<CipherSuite, string> {
  const suite = SUITES.get(name)
  if (suite !== undefined) return ok(suite)
  return failed(
    `give a cipher suite of Go, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, not ${quote(name)}${didYouMean(name, [...SUITES.keys()])}`,
  )
}
