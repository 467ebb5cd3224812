import { quote } from '../../lib/text.ts'
import { type OptionRows, type RuntimeName, SERVERS } from '../option.ts'
import type { RawValue } from '../raw.ts'
import type { Report } from '../report.ts'
import type { SettingsOf } from '../settings.ts'
import { checkPem, type Files, type PemType } from '../sources/files.ts'
import { parseCipherSuite } from '../values/cipher-suites.ts'
import type { Secret } from '../values/header-rows.ts'
import { type ListenAddress, parseListenAddress } from '../values/listen-address.ts'
import type { TRUST_OPTIONS } from './paths.ts'

/** Options of the listeners. */
export const LISTEN_OPTIONS = {
  'http-address': {
    group: 'Listeners',
    kind: 'string',
    structured: 'server.bindAddress',
    default: '127.0.0.1:4180',
    off: ['', '-'],
    runtimes: SERVERS,
    about:
      'Plain listener: `[http://]host:port`, `unix:///path[,mode=0660]` or `fd:N` (systemd); `-` or empty switches it off. With TLS files it is off unless it is given explicitly; oauth2-proxy cannot serve both at once.',
  },
  'https-address': {
    group: 'Listeners',
    kind: 'string',
    structured: 'server.secureBindAddress',
    default: ':443',
    off: ['', '-'],
    runtimes: SERVERS,
    about: 'TLS listener, `[https://]host:port`. Listens only when tls-cert-file and tls-key-file are given.',
  },
  'tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    structured: 'server.tls.cert',
    default: '',
    runtimes: SERVERS,
    about: 'PEM certificate chain of the TLS listener.',
  },
  'tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    structured: 'server.tls.key',
    default: '',
    runtimes: SERVERS,
    about: 'PEM private key of the TLS listener.',
  },
  'tls-min-version': {
    group: 'Listeners',
    kind: 'enum',
    structured: 'server.tls.minVersion',
    values: ['', 'TLS1.2', 'TLS1.3'],
    default: '',
    runtimes: SERVERS,
    about: 'Lowest TLS version that is accepted; empty is TLS1.2.',
  },
  'tls-cipher-suite': {
    group: 'Listeners',
    kind: 'list',
    structured: 'server.tls.cipherSuites',
    default: [],
    key: 'tls_cipher_suites',
    runtimes: ['node'],
    whyNotElsewhere: 'its TLS has a fixed choice of cipher suites',
    about:
      'Cipher suites of the TLS listener for TLS 1.2, by their names in Go (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`); those of TLS 1.3 are always offered. Weak ones are taken with a warning; RC4 and 3DES are not there any more.',
  },
  'force-https': {
    group: 'Listeners',
    kind: 'boolean',
    default: false,
    about:
      'Answer plain requests with 308 to https. Unlike oauth2-proxy it needs no TLS files where a trusted proxy in front ends TLS and says so in X-Forwarded-Proto.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof LISTEN_OPTIONS>

/** Plain and TLS listener of one server; both may be there. */
export interface ServerConfig {
  readonly http: ListenAddress | undefined
  readonly https: TlsListenConfig | undefined
}

/** Addresses to listen on; `forceHttps` answers plain requests with 308 to https. */
export interface ListenConfig extends ServerConfig {
  readonly forceHttps: boolean
}

interface TlsListenConfig {
  readonly address: ListenAddress
  /** PEM certificate chain and private key, or the files that hold them. */
  readonly cert: Secret
  readonly key: Secret
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Cipher suites of TLS 1.2 by their names in OpenSSL; undefined is the choice of the runtime. */
  readonly ciphers: string | undefined
}

/** One server as a source gave it, by the names of oauth2-proxy's structured configuration; `-` and empty are off. */
export interface RawServer {
  readonly bindAddress: RawValue<string>
  readonly secureBindAddress: RawValue<string>
  readonly tls: {
    /** PEM certificate chain and its private key. */
    readonly cert: RawValue<Secret>
    readonly key: RawValue<Secret>
    readonly minVersion: RawValue<string>
    /** Names of Go; none is the choice of the runtime. */
    readonly cipherSuites: RawValue<readonly string[]>
  }
}

/** Reads the options of the listeners. Beside TLS there is a plain one only when it was asked for. */
export function readServer(settings: SectionSettings): RawServer {
  const bindAddress = settings.raw('http-address')
  const secureBindAddress = settings.raw('https-address')
  const tls = {
    cert: toFile(settings.raw('tls-cert-file')),
    key: toFile(settings.raw('tls-key-file')),
    minVersion: settings.raw('tls-min-version'),
    cipherSuites: settings.raw('tls-cipher-suite'),
  }
  const hasTls = Boolean(tls.cert.value || tls.key.value)
  const isTlsOnly = hasTls && !isOff(secureBindAddress) && !settings.given('http-address')
  const isSecure = hasTls || settings.given('https-address')
  return {
    bindAddress: isTlsOnly ? { ...bindAddress, value: undefined } : bindAddress,
    secureBindAddress: isSecure ? secureBindAddress : { ...secureBindAddress, value: undefined },
    tls,
  }
}

/** The file that an option names, if it names one. */
export function toFile({ value, label }: RawValue<string>): RawValue<Secret> {
  return { value: value ? { file: value } : undefined, label }
}

/** Completes the server of the proxy with what holds for all its listeners. */
export function buildListen(
  settings: SettingsOf<typeof LISTEN_OPTIONS & typeof TRUST_OPTIONS>,
  server: ServerConfig,
): ListenConfig {
  const forceHttps = settings.value('force-https')
  // On Workers TLS ends at the platform.
  const needsProxy = forceHttps && server.https === undefined && settings.runtime !== 'workers'
  if (needsProxy && !settings.value('reverse-proxy')) {
    settings.problem(
      'force-https',
      'give tls-cert-file and tls-key-file, or --reverse-proxy behind a proxy that ends TLS; every request would be redirected for ever',
    )
  }
  return { ...server, forceHttps }
}

export interface CheckServerDeps {
  readonly files: Files
  readonly runtime: RuntimeName
  readonly report: Report
}

/** Checks a server of any source. */
export function checkServer(server: RawServer, { files, runtime, report }: CheckServerDeps): ServerConfig {
  const https = checkHttps(server, { files, report })
  const http = checkAddress(server.bindAddress, report)
  const isSecure = Boolean(server.tls.cert.value || server.tls.key.value) && !isOff(server.secureBindAddress)
  // On Workers the platform listens.
  if (isOff(server.bindAddress) && !isSecure && runtime !== 'workers') {
    report.problem(server.bindAddress.label, 'give an address, nothing would listen')
  }
  return { http, https }
}

/** True for an address that asks for no listener. */
export function isOff({ value }: RawValue<string>): boolean {
  return value === undefined || value === '' || value === '-'
}

function checkHttps(
  server: RawServer,
  deps: Pick<CheckServerDeps, 'files' | 'report'>,
): ServerConfig['https'] {
  const { secureBindAddress, tls } = server
  if (tls.cert.value || tls.key.value) return checkTlsListener(server, deps)
  if (!isOff(secureBindAddress)) {
    deps.report.warning(secureBindAddress.label, 'nothing listens there without certificate and key')
  }
  return undefined
}

/** Checks a TLS listener with its certificate and key, both of which have to be there. */
export function checkTlsListener(
  { secureBindAddress, tls }: RawServer,
  { files, report }: Pick<CheckServerDeps, 'files' | 'report'>,
): ServerConfig['https'] {
  const { value: cert } = tls.cert
  const { value: key } = tls.key
  checkTlsFile(tls.cert, { files, report, type: 'CERTIFICATE' })
  checkTlsFile(tls.key, { files, report, type: 'PRIVATE KEY' })
  const address = checkAddress(secureBindAddress, report)
  if (address !== undefined && address.kind !== 'tcp') {
    report.problem(secureBindAddress.label, 'give host:port, TLS is not served on other sockets')
  }
  const ciphers = checkCipherSuites(tls.cipherSuites, report)
  const minVersion = tls.minVersion.value === 'TLS1.3' || ciphers === '' ? 'TLSv1.3' : 'TLSv1.2'
  const isComplete = address !== undefined && cert !== undefined && key !== undefined
  return isComplete ? { address, cert, key, minVersion, ciphers: ciphers || undefined } : undefined
}

/** The cipher suites that TLS 1.2 is left with; empty when only TLS 1.3 has any, undefined when none is named. */
function checkCipherSuites(
  { value: names = [], label }: RawValue<readonly string[]>,
  report: Report,
): string | undefined {
  if (names.length === 0) return undefined
  const suites: string[] = []
  for (const name of names) {
    const suite = parseCipherSuite(name)
    if (!suite.ok) report.problem(label, suite.problem)
    else if (suite.value.openssl === undefined)
      report.warning(label, `remove ${quote(name)}, it is broken and not offered here`)
    else if (!suite.value.tls13) suites.push(suite.value.openssl)
    if (suite.ok && suite.value.weak && suite.value.openssl !== undefined)
      report.warning(label, `remove ${quote(name)}, it is weak`)
  }
  return suites.join(':')
}

/** Checks that PEM text is given and has an entry of this type. */
function checkTlsFile(
  { value: source, label }: RawValue<Secret>,
  { files, report, type }: { files: Files; report: Report; type: PemType },
): void {
  const missing = 'give this file too, TLS needs certificate and key'
  const flaw = source === undefined ? missing : checkPem(files, source, type)
  if (flaw !== undefined) report.problem(label, flaw)
}

/** Checks the address of a listener; undefined when there is none. */
export function checkAddress(bindAddress: RawValue<string>, report: Report): ListenAddress | undefined {
  const { value = '', label } = bindAddress
  if (isOff(bindAddress)) return undefined
  const address = parseListenAddress(value)
  if (address.ok) return address.value
  report.problem(label, `${address.problem}, not ${quote(value)}`)
  return undefined
}
