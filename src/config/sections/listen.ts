import { failed, ok, type Result } from '../../result.ts'
import { type OptionRows, SERVERS } from '../option.ts'
import { quote } from '../report.ts'
import type { SettingsOf } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import type { TRUST_OPTIONS } from './paths.ts'

/** Options of the listeners. */
export const LISTEN_OPTIONS = {
  'http-address': {
    group: 'Listeners',
    kind: 'string',
    default: '127.0.0.1:4180',
    runtimes: SERVERS,
    about:
      'Plain listener: `[http://]host:port`, `unix:///path[,mode=0660]` or `fd:N` (systemd); `-` or empty switches it off. With TLS files it is off unless it is given explicitly; oauth2-proxy cannot serve both at once.',
  },
  'https-address': {
    group: 'Listeners',
    kind: 'string',
    default: ':443',
    runtimes: SERVERS,
    about: 'TLS listener, `[https://]host:port`. Listens only when tls-cert-file and tls-key-file are given.',
  },
  'tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'PEM certificate chain of the TLS listener.',
  },
  'tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'PEM private key of the TLS listener.',
  },
  'tls-min-version': {
    group: 'Listeners',
    kind: 'enum',
    values: ['', 'TLS1.2', 'TLS1.3'],
    default: '',
    runtimes: SERVERS,
    about: 'Lowest TLS version that is accepted; empty is TLS1.2.',
  },
  'tls-cipher-suite': {
    group: 'Listeners',
    kind: 'list',
    default: [],
    key: 'tls_cipher_suites',
    supported: false,
    instead: 'tls-min-version is honoured',
    about: 'Cipher suites of the TLS listener.',
  },
  'force-https': {
    group: 'Listeners',
    kind: 'boolean',
    default: false,
    about:
      'Answer plain requests with 308 to https. Unlike oauth2-proxy it needs no TLS files where a trusted proxy in front ends TLS and says so in X-Forwarded-Proto.',
  },
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

type SectionSettings = SettingsOf<typeof LISTEN_OPTIONS>

/** One address to listen on. */
export type ListenAddress =
  /** An empty host is every interface; IPv6 addresses stand without brackets. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number | undefined }
  | { readonly kind: 'fd'; readonly fd: number }

/** Where to listen; `forceHttps` answers plain requests with 308 to https. */
export interface ListenConfig {
  readonly http: ListenAddress | undefined
  readonly https: TlsListenConfig | undefined
  readonly forceHttps: boolean
}

interface TlsListenConfig {
  readonly address: ListenAddress
  readonly certFile: string
  readonly keyFile: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** Where to listen. TLS only with certificate files; plain beside TLS only when it was asked for. */
export function buildListen(
  settings: SettingsOf<typeof LISTEN_OPTIONS & typeof TRUST_OPTIONS>,
  files: Files,
): ListenConfig {
  const https = buildHttps(settings, files)
  const wantsHttp = https === undefined || settings.given('http-address')
  const http = wantsHttp ? readAddress(settings, 'http-address') : undefined
  const listen = { http, https, forceHttps: settings.value('force-https') }
  // On Workers the platform listens, and TLS ends there.
  if (settings.runtime !== 'workers') checkReachable(settings, listen)
  return listen
}

function checkReachable(
  settings: SettingsOf<typeof LISTEN_OPTIONS & typeof TRUST_OPTIONS>,
  { https, forceHttps }: ListenConfig,
): void {
  if (https === undefined && isOff(settings.value('http-address'))) {
    settings.problem('http-address', 'give an address, nothing would listen')
  }
  if (forceHttps && https === undefined && !settings.value('reverse-proxy')) {
    settings.problem(
      'force-https',
      'give tls-cert-file and tls-key-file, or --reverse-proxy behind a proxy that ends TLS; every request would be redirected for ever',
    )
  }
}

function isOff(address: string): boolean {
  return address === '' || address === '-'
}

function buildHttps(settings: SectionSettings, files: Files): ListenConfig['https'] {
  const certFile = settings.value('tls-cert-file')
  const keyFile = settings.value('tls-key-file')
  if (certFile === '' && keyFile === '') {
    if (settings.given('https-address')) {
      settings.warning('https-address', 'nothing listens there without tls-cert-file and tls-key-file')
    }
    return undefined
  }
  checkPem(settings, files, { flag: 'tls-cert-file', label: 'CERTIFICATE' })
  checkPem(settings, files, { flag: 'tls-key-file', label: 'PRIVATE KEY' })
  const address = readAddress(settings, 'https-address')
  if (address !== undefined && address.kind !== 'tcp') {
    settings.problem('https-address', 'give host:port, TLS is not served on other sockets')
  }
  const minVersion = settings.value('tls-min-version') === 'TLS1.3' ? 'TLSv1.3' : 'TLSv1.2'
  return address === undefined ? undefined : { address, certFile, keyFile, minVersion }
}

function checkPem(
  settings: SectionSettings,
  files: Files,
  { flag, label }: { flag: 'tls-cert-file' | 'tls-key-file'; label: string },
): void {
  const path = settings.value(flag)
  if (path === '') {
    settings.problem(flag, 'give this file too, TLS needs certificate and key')
    return
  }
  const text = readTextFile(files, path)
  if (!text.ok) settings.problem(flag, text.problem)
  else if (!new RegExp(`^-----BEGIN (?:[A-Z]+ )*${label}-----`, 'mu').test(text.value)) {
    settings.problem(flag, `give a PEM file with "-----BEGIN ${label}-----"`)
  }
}

function readAddress(
  settings: SectionSettings,
  flag: 'http-address' | 'https-address',
): ListenAddress | undefined {
  const text = settings.value(flag)
  if (isOff(text)) return undefined
  const address = parseListenAddress(text)
  if (address.ok) return address.value
  settings.problem(flag, `${address.problem}, not ${quote(text)}`)
  return undefined
}

/** Parses `[http(s)://]host:port`, `unix:///path[,mode=0660]` or `fd:N`. An empty host is every interface. */
export function parseListenAddress(text: string): Result<ListenAddress, string> {
  if (text.startsWith('unix:')) return parseUnix(text)
  const [, fd] = /^fd:(\d{1,5})$/iu.exec(text) ?? []
  if (fd !== undefined) {
    return Number(fd) >= 3 ? ok({ kind: 'fd', fd: Number(fd) }) : failed('give fd:3 or more')
  }
  const [, v6, host = '', port = ''] =
    /^(?:https?:\/\/)?(?:\[([\da-fA-F:.]+)\]|([\w.-]*)):(\d{1,5})$/u.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) return failed('give host:port, unix:///path or fd:N')
  return ok({ kind: 'tcp', host: v6 ?? host, port: Number(port) })
}

function parseUnix(text: string): Result<ListenAddress, string> {
  const [, path, mode] = /^unix:(?:\/\/)?(\/(?!\/)[^,]*)(?:,mode=(0?[0-7]{3}))?$/u.exec(text) ?? []
  if (path === undefined) return failed('give unix:///path, with ,mode=0660 behind it if need be')
  return ok({ kind: 'unix', path, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) })
}
