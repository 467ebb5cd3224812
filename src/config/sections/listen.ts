import { failed, ok, type Result } from '../../result.ts'
import type { ListenAddress, ListenConfig } from '../config.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'

/** Where to listen. TLS only with certificate files; plain beside TLS only when it was asked for. */
export function buildListen(settings: Settings, files: Files): ListenConfig {
  const https = buildHttps(settings, files)
  const wantsHttp = https === undefined || settings.given('http-address')
  const http = wantsHttp ? readAddress(settings, 'http-address') : undefined
  const listen = { http, https, forceHttps: settings.value('force-https') }
  // On Workers the platform listens, and TLS ends there.
  if (settings.runtime !== 'workers') checkReachable(settings, listen)
  return listen
}

function checkReachable(settings: Settings, { https, forceHttps }: ListenConfig): void {
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

function buildHttps(settings: Settings, files: Files): ListenConfig['https'] {
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
  settings: Settings,
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

function readAddress(settings: Settings, flag: 'http-address' | 'https-address'): ListenAddress | undefined {
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
    /^(?:https?:\/\/)?(?:\[([\da-fA-F:.]+)\]|([\w.-]*)):(\d+)$/u.exec(text) ?? []
  if (port === '') return failed('give host:port, unix:///path or fd:N')
  if (Number(port) > 65_535) return failed('give a port from 0 to 65535')
  return ok({ kind: 'tcp', host: v6 ?? host, port: Number(port) })
}

function parseUnix(text: string): Result<ListenAddress, string> {
  const [, path, mode] = /^unix:(?:\/\/)?(\/(?!\/)[^,]*)(?:,mode=(0?[0-7]{3}))?$/u.exec(text) ?? []
  if (path === undefined) return failed('give unix:///path, with ,mode=0660 behind it if need be')
  return ok({ kind: 'unix', path, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) })
}
