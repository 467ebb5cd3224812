import { hasControls } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { RuntimeName } from '../option.ts'
import { isPort } from './domains.ts'

/** Target of an upstream URL. */
export type UpstreamUrl =
  | {
      readonly kind: 'tcp'
      readonly protocol: 'http:' | 'https:'
      readonly host: string
      readonly port: number
    }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'static'; readonly status: number }
  | { readonly kind: 'binding'; readonly name: string }

/**
 * Parses `http://host[:port]`, `https://…`, `unix:///path`, `file:///directory`, `static://status` or `binding:NAME`. A
 * path behind host or name, and the fragment of a file URL, say nothing about the target and are not looked at.
 */
export function parseUpstreamUrl(text: string, runtime: RuntimeName): Result<UpstreamUrl, string> {
  const [scheme, rest] = splitScheme(text)
  if (hasControls(text)) return failed('remove control characters')
  if (runtime === 'workers' && (scheme === 'unix' || scheme === 'file')) {
    return failed('give an http, https, static or binding upstream, Workers have no files and sockets')
  }
  switch (scheme) {
    case 'http':
    case 'https':
      return parseHttp(scheme, rest)
    case 'unix':
      return parseUnix(rest)
    case 'file':
      return parseFile(rest)
    case 'static':
      return parseStatic(rest)
    case 'binding':
      return parseBinding(rest, runtime)
    default:
      return failed('give http://, https://, unix://, file:// or static:// in front, or binding: on Workers')
  }
}

/**
 * Path of the requests that an entry of `--upstream` is for: that of the URL, the fragment of a file URL, else `/`. The
 * entry is in the log by its path, but for sockets and fixed answers, which bear their own name.
 */
export function splitUpstreamUrl(text: string): { readonly path: string; readonly id: string | undefined } {
  const [scheme, rest] = splitScheme(text)
  switch (scheme) {
    case 'unix':
      return { path: '/', id: UNIX.exec(rest)?.[1] }
    case 'static':
      return { path: '/', id: text }
    case 'file': {
      const [, directory, fragment] = FILE.exec(rest) ?? []
      return { path: fragment || directory || '/', id: undefined }
    }
    default:
      return {
        path: (scheme === 'binding' ? BINDING : HTTP).exec(rest)?.groups?.['path'] || '/',
        id: undefined,
      }
  }
}

/** The scheme in lower case (RFC 3986 §3.1), and what follows its colon. */
function splitScheme(text: string): readonly [scheme: string, rest: string] {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+):(.*)$/su.exec(text) ?? []
  return [scheme.toLowerCase(), rest]
}

const HTTP = /^\/\/(?:\[(?<v6>[\da-fA-F:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d+))?(?<path>\/.*)?$/su
const UNIX = /^(?:\/\/)?(\/(?!\/)[^?#]+)$/u
const FILE = /^(?:\/{2,})?(\/(?!\/)[^?#]*)(?:#(.*))?$/su
const BINDING = /^(?<name>[A-Za-z_]\w*)(?<path>\/.*)?$/su

function parseHttp(scheme: 'http' | 'https', rest: string): Result<UpstreamUrl, string> {
  const { v6, name, port } = HTTP.exec(rest)?.groups ?? {}
  if (port !== undefined && !isPort(port)) return failed('give a port from 1 to 65535')
  const host = (v6 ?? name ?? '').toLowerCase()
  if (host === '' || !URL.canParse(`${scheme}:${rest}`)) {
    return failed(`give ${scheme}://host:port/path without user info, query and fragment`)
  }
  const defaultPort = scheme === 'https' ? 443 : 80
  return ok({ kind: 'tcp', protocol: `${scheme}:`, host, port: Number(port ?? defaultPort) })
}

function parseUnix(rest: string): Result<UpstreamUrl, string> {
  const path = UNIX.exec(rest)?.[1]
  return path === undefined ? failed('give unix:///path/of/socket') : ok({ kind: 'unix', path })
}

function parseFile(rest: string): Result<UpstreamUrl, string> {
  const directory = FILE.exec(rest)?.[1]
  return directory === undefined ? failed('give file:///directory/#/path/') : ok({ kind: 'file', directory })
}

function parseStatic(rest: string): Result<UpstreamUrl, string> {
  // Without a number oauth2-proxy says so in its log, and answers 200.
  if (/^\/\/[^\d]*$/u.test(rest)) return ok({ kind: 'static', status: 200 })
  const status = /^\/\/([2-5]\d\d)\/?$/u.exec(rest)?.[1]
  if (status === undefined) return failed('give static:// with a status from 200 to 599')
  return ok({ kind: 'static', status: Number(status) })
}

function parseBinding(rest: string, runtime: RuntimeName): Result<UpstreamUrl, string> {
  if (runtime !== 'workers') return failed('give an upstream URL, bindings are there on Workers only')
  const name = BINDING.exec(rest)?.groups?.['name']
  return name === undefined ? failed('give binding:NAME or binding:NAME/path') : ok({ kind: 'binding', name })
}
