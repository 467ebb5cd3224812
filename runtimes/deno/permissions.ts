import type { Config } from '../../src/config/config.ts'
import { flagsOf, type Need, needsOf, placeOf } from './needs.ts'

/** Pattern of the variables of the option table; others are read only where everything is allowed. */
export const ENVIRONMENT = 'OAUTH2_PROXY_*'

/**
 * Finds what keeps a configuration from running on Deno: a permission that is missing, or something that Deno cannot
 * do. Checked at the start, because a connection that is not allowed would fail in the middle of a request.
 */
export function refuse(config: Config, files: Iterable<string>): string | undefined {
  const servers = [config.listen, config.metrics]
  if (servers.some(({ http, https }) => http?.kind === 'fd' || https?.address.kind === 'fd')) {
    return 'Give an address to listen on, host:port or unix:///path: Deno cannot take over an open socket (fd:N)'
  }
  const needs = needsOf(config, files)
  const missing = needs.filter((need) => !isGranted(need))
  if (missing.length === 0) return undefined
  const wanted = [`--allow-env=${ENVIRONMENT}`, ...flagsOf(needs)]
  return `Run Deno with ${wanted.join(' ')}\nWhat is missing now: ${flagsOf(missing).join(' ')}`
}

/** True when Deno grants a permission; never asks the person at the terminal. */
function isGranted({ kind, value }: Need): boolean {
  return Deno.permissions.querySync(toDescriptor(kind, value)).state === 'granted'
}

function toDescriptor(kind: Need['kind'], value: string): Deno.PermissionDescriptor {
  if (kind === 'net') return { name: kind, host: value }
  return kind === 'sys' ? { name: kind, kind: value } : { name: kind, path: value }
}

/** Creates a reader of files that remembers what it read, and names the permission where that is what is missing. */
export function createReader(
  files: Set<string>,
): <Content>(path: string, read: (path: string) => Content) => Content {
  return (path, read) => {
    files.add(path)
    if (isGranted({ kind: 'read', value: path })) return read(path)
    const code = `--allow-read=${path}`
    throw Object.assign(new Error(`Run Deno with ${code}`), { code })
  }
}

/**
 * Creates a fetch that logs each host that is not allowed once: those in a discovery document are not known at the
 * start.
 */
export function createFetch(
  warn: (sentence: string) => void,
): (url: string, init: RequestInit) => Promise<Response> {
  const told = new Set<string>()
  return (url, init) => {
    const place = placeOf(new URL(url))
    if (!told.has(place) && !isGranted({ kind: 'net', value: place })) {
      told.add(place)
      warn(`Run Deno with --allow-net=${place} as well: the provider has an endpoint there`)
    }
    return fetch(url, init)
  }
}
