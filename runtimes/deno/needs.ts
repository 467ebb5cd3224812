import type { Config } from '../../src/config/config.ts'
import type { LogFileConfig } from '../../src/config/sections/log/file.ts'
import type { ProviderConfig } from '../../src/config/sections/provider.ts'
import type { UpstreamConfig } from '../../src/config/sections/upstreams.ts'
import type { Secret } from '../../src/config/values/header-rows.ts'
import type { ListenAddress } from '../../src/config/values/listen-address.ts'
import type { RedisAddress } from '../../src/config/values/redis-url.ts'
import { needsTrustingFetch } from '../node/provider/trusting-fetch.ts'

/** A permission that Deno has to grant: the kind is that of the flag, `net` for `--allow-net`. */
export interface Need {
  readonly kind: 'net' | 'read' | 'write' | 'sys'
  /** Value as the flag takes it: `host:port`, `unix:/path`, a path. */
  readonly value: string
}

/**
 * Permissions that a configuration is known to need before the first request; `files` are the files it was read from.
 * An OpenID provider may name endpoints on further hosts, which only its discovery document tells.
 */
export function needsOf(config: Config, files: Iterable<string>): readonly Need[] {
  const { bearer, listen, log, metrics, pages, policy, providers, session, signIn, upstreams } = config
  const addresses = [
    listen.http,
    listen.https?.address,
    metrics.http,
    metrics.https?.address,
    ...upstreams.map(({ target }) => target),
    ...(session.redis?.addresses ?? []),
  ]
  const urls = [
    ...providers.flatMap(urlsOf),
    ...bearer.extraIssuers.map(({ issuer }) => issuer),
    bearer.introspection?.url,
  ]
  const read = [
    ...files,
    ...[...providers, bearer.introspection].map((client) => fileOf(client?.clientSecret)),
    ...providers.flatMap((provider) => provider.files),
    signIn.htpasswdFile,
    policy.authenticatedEmailsFile,
    pages.templatesDirectory,
    ...providers.flatMap(({ caFiles, publicKeyFiles }) => [...caFiles, ...publicKeyFiles]),
    ...[listen.https, metrics.https].flatMap((https) => [https?.cert, https?.key].map(fileOf)),
    session.redis?.tls?.caFile,
  ]
  return [
    ...addresses.flatMap((address) => (address === undefined ? [] : needsOfAddress(address))),
    ...urls.filter(isGiven).flatMap(needsOfUrl),
    ...providers.flatMap(({ hosts }) => hosts.map((host) => net(`${host}:443`))),
    ...(log.file === undefined ? [] : needsOfLog(log.file)),
    // Deno's node:https asks which further authorities there are.
    ...(providers.some(needsTrustingFetch) ? [{ kind: 'sys', value: 'ca' } as const] : []),
    ...read.filter(isGiven).map((path): Need => ({ kind: 'read', value: path })),
  ]
}

/** Flags that grant these permissions, each once, as Deno takes them. */
export function flagsOf(needs: readonly Need[]): readonly string[] {
  const kinds = ['net', 'read', 'write', 'sys'] as const
  return kinds.flatMap((kind) => {
    const values = new Set(needs.filter((need) => need.kind === kind).map(({ value }) => value))
    return values.size === 0 ? [] : [`--allow-${kind}=${[...values].join(',')}`]
  })
}

function needsOfAddress(address: ListenAddress | RedisAddress | UpstreamConfig['target']): readonly Need[] {
  switch (address.kind) {
    case 'tcp':
      // Without a host it is every interface, of both families.
      return [net(`${bracketed(address.host === '' ? '::' : address.host)}:${address.port}`)]
    case 'unix':
      return unix(address.path)
    case 'file':
      return [{ kind: 'read', value: address.directory }]
    case 'fd':
    case 'static':
    case 'binding':
      return []
  }
}

/** Permissions for a unix socket: to Deno it is a file that is read and written, and a place in the network. */
function unix(path: string): readonly Need[] {
  return [net(`unix:${path}`), { kind: 'read', value: path }, { kind: 'write', value: path }]
}

/** Permissions for a log file: old ones stand beside it, and its folder is made. */
function needsOfLog({ path }: LogFileConfig): readonly Need[] {
  const folder = path.replace(/[^/\\]*$/u, '') || '.'
  return [
    { kind: 'read', value: folder },
    { kind: 'write', value: folder },
  ]
}

function needsOfUrl(text: string): readonly Need[] {
  return [net(placeOf(new URL(text)))]
}

/** `host:port` of a URL, the port of its scheme included. */
export function placeOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (PORTS[protocol] ?? '') : port}`
}
const PORTS: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
}

function urlsOf(provider: ProviderConfig): readonly (string | undefined)[] {
  const { issuer, jwksUrl, profileUrl, redeemUrl, validateUrl, backendLogoutUrl, urls } = provider
  return [issuer, redeemUrl, profileUrl, validateUrl, jwksUrl, backendLogoutUrl, ...urls]
}

function fileOf(source: Secret | undefined): string | undefined {
  return source !== undefined && 'file' in source ? source.file : undefined
}

function net(value: string): Need {
  return { kind: 'net', value }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined
}
