import { failed, ok, type Result } from '../../result.ts'
import type { UpstreamConfig } from '../config.ts'
import type { RuntimeName } from '../option.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { isPort } from '../values/domains.ts'
import { readEach } from '../values/lists.ts'
import { checkRoute, hasControls } from '../values/url.ts'

interface UpstreamTraits {
  readonly verifyTls: boolean
  readonly keepAlive: boolean
  readonly runtime: RuntimeName
}

type Route = Pick<UpstreamConfig, 'id' | 'path' | 'target'>

/** Where requests go (oauth2-proxy's upstream URLs). */
export function buildUpstreams(settings: Settings): readonly UpstreamConfig[] {
  const traits: UpstreamTraits = {
    verifyTls: !settings.value('ssl-upstream-insecure-skip-verify'),
    keepAlive: !settings.value('disable-keep-alives'),
    runtime: settings.runtime,
  }
  if (!traits.verifyTls) {
    settings.warning(
      'ssl-upstream-insecure-skip-verify',
      'this is insecure: anybody on the way can pose as the app',
    )
  }
  const routes = readEach(settings, 'upstream', (text) => parseUpstream(text, traits))
  checkDuplicates(settings, routes)
  return routes.map((route) => ({
    ...route,
    passHostHeader: settings.value('pass-host-header'),
    websockets: settings.value('proxy-websockets'),
    timeoutMs: settings.value('upstream-timeout'),
  }))
}

function checkDuplicates(settings: Settings, routes: readonly Route[]): void {
  const seen = new Set<string>()
  const total = settings.value('upstream').length
  if (new Set<string>(settings.value('upstream')).size < total) {
    settings.problem('upstream', 'remove the entry that is there twice')
  }
  for (const { path } of routes) {
    if (seen.has(path)) {
      settings.problem('upstream', `give each upstream a path of its own, two take ${quote(path)}`)
    }
    seen.add(path)
  }
}

/** Parses one upstream URL; its path is only the key that requests are matched by. */
export function parseUpstream(text: string, traits: UpstreamTraits): Result<Route, string> {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/su.exec(text) ?? []
  if (hasControls(text)) return failed('remove control characters')
  if (traits.runtime === 'workers' && (scheme === 'unix' || scheme === 'file')) {
    return failed('give an http, https, static or binding upstream, Workers have no files and sockets')
  }
  switch (scheme) {
    case 'http':
    case 'https':
      return parseHttp(scheme, rest, traits)
    case 'unix':
      return parseUnix(rest, traits)
    case 'file':
      return parseFile(rest)
    case 'static':
      return parseStatic(text, rest)
    case 'binding':
      return parseBinding(rest, traits)
    default:
      return failed('give http://, https://, unix://, file:// or static:// in front, or binding: on Workers')
  }
}

function parseHttp(scheme: 'http' | 'https', rest: string, traits: UpstreamTraits): Result<Route, string> {
  const [, v6, name = '', port, path = ''] =
    /^\/\/(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(\d+))?(\/.*)?$/su.exec(rest) ?? []
  if (port !== undefined && !isPort(port)) return failed('give a port from 1 to 65535')
  const host = (v6 ?? name).toLowerCase()
  if (host === '' || !URL.canParse(`${scheme}:${rest}`)) {
    return failed(`give ${scheme}://host:port/path without user info, query and fragment`)
  }
  const { verifyTls, keepAlive } = traits
  const defaultPort = scheme === 'https' ? 443 : 80
  const target = {
    kind: 'tcp',
    protocol: `${scheme}:`,
    host,
    port: Number(port ?? defaultPort),
    verifyTls,
    keepAlive,
  } as const
  return withPath(path, (matched) => ({ id: matched, path: matched, target }))
}

function parseUnix(rest: string, { keepAlive }: UpstreamTraits): Result<Route, string> {
  const [, path] = /^(?:\/\/)?(\/(?!\/)[^?#]+)$/u.exec(rest) ?? []
  if (path === undefined) return failed('give unix:///path/of/socket')
  return ok({ id: path, path: '/', target: { kind: 'unix', path, keepAlive } })
}

/** The fragment is the path in requests; without one the directory itself is. */
function parseFile(rest: string): Result<Route, string> {
  const [, directory, fragment] = /^(?:\/\/)?(\/(?!\/)[^?#]*)(?:#(.*))?$/su.exec(rest) ?? []
  if (directory === undefined) return failed('give file:///directory/#/path/')
  return withPath(fragment || directory, (matched) => ({
    id: matched,
    path: matched,
    target: { kind: 'file', directory },
  }))
}

function parseStatic(text: string, rest: string): Result<Route, string> {
  const [, status] = /^\/\/([2-5]\d\d)\/?$/u.exec(rest) ?? []
  if (status === undefined) return failed('give static:// with a status from 200 to 599')
  return ok({ id: text, path: '/', target: { kind: 'static', status: Number(status) } })
}

function parseBinding(rest: string, { runtime }: UpstreamTraits): Result<Route, string> {
  if (runtime !== 'workers') return failed('give an upstream URL, bindings are there on Workers only')
  const [, name, path = ''] = /^([A-Za-z_]\w*)(\/.*)?$/su.exec(rest) ?? []
  if (name === undefined) return failed('give binding:NAME or binding:NAME/path')
  return withPath(path, (matched) => ({ id: matched, path: matched, target: { kind: 'binding', name } }))
}

function withPath(path: string, build: (path: string) => Route): Result<Route, string> {
  const checked = checkRoute(path === '' ? '/' : path)
  return checked.ok ? ok(build(checked.value)) : checked
}
