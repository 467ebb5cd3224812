import type { TrustConfig } from '../config/sections/paths.ts'
import type { IncomingRequest, Peer } from '../platform.ts'
import { failed, ok, type Result } from '../result.ts'
import { type AddressSet, createAddressSet, readAddress } from './addresses.ts'
import type { Facts } from './exchange.ts'
import { findHeader, type Head } from './head.ts'
import { readHost } from './target.ts'
import { asksForWebSocket } from './upgrade.ts'

/** Reads what a request says about its client: the only reader of forwarded headers. */
export type ReadFacts = (request: IncomingRequest, head: Head) => Result<Facts>

/**
 * Compiles the trust settings once. With Secure cookies the browser can only be on https, whatever the last hop says:
 * so says the external origin, as oauth2-proxy's redirect URI does.
 */
export function createReadFacts(trust: TrustConfig, secureCookies: boolean): ReadFacts {
  const proxies = createAddressSet(trust.trustedProxyIps)
  return function readFacts(request, head) {
    const direct = readHost(head)
    if (!direct.ok) return failed(direct.problem)
    const trusted = trust.reverseProxy && isTrusted(request.peer, proxies)
    const host = trusted ? (forwardedHost(head) ?? direct.value) : direct.value
    const scheme = (trusted ? forwardedScheme(head) : undefined) ?? (request.encrypted ? 'https' : 'http')
    return ok({
      client: readClient({ request, trust, proxies, trusted }),
      scheme,
      host,
      origin: `${secureCookies ? 'https' : scheme}://${host}`,
      trusted,
      ...readWishes(request.method, head),
      originHeader: head.get('origin'),
      fetchSite: head.get('sec-fetch-site'),
      userAgent: head.get('user-agent') ?? '',
      authorization: head.get('authorization'),
      forwarded: {
        method: trusted ? (head.get('x-forwarded-method') ?? head.get('x-original-method')) : undefined,
        uri: trusted ? (head.get('x-forwarded-uri') ?? head.get('x-original-uri')) : undefined,
        redirect: trusted ? head.get('x-auth-request-redirect') : undefined,
      },
    })
  }
}

type Wishes = Pick<Facts, 'navigation' | 'wantsHtml' | 'websocket' | 'preflight'>

function readWishes(method: string, head: Head): Wishes {
  const websocket = asksForWebSocket({
    method,
    upgrade: head.get('upgrade'),
    connection: head.get('connection'),
  })
  const wantsHtml = isLookedAt(head) && prefersHtml(head.get('accept') ?? '')
  const destination = head.get('sec-fetch-dest')
  return {
    websocket,
    wantsHtml,
    navigation:
      (method === 'GET' || method === 'HEAD') &&
      !websocket &&
      wantsHtml &&
      (destination === undefined || destination === 'document'),
    preflight:
      method === 'OPTIONS' &&
      head.get('origin') !== undefined &&
      head.get('access-control-request-method') !== undefined,
  }
}

/**
 * A person will see the answer. Fetch metadata decides where a browser sends it (W3C Fetch Metadata §2); prefetches and
 * XHR that say so never count.
 */
function isLookedAt(head: Head): boolean {
  const purpose = `${head.get('sec-purpose') ?? ''} ${head.get('purpose') ?? ''} ${head.get('x-moz') ?? ''}`
  if (purpose.includes('prefetch')) return false
  if (head.get('x-requested-with')?.toLowerCase() === 'xmlhttprequest') return false
  const mode = head.get('sec-fetch-mode')
  return mode === undefined || mode === 'navigate'
}

/** Browsers send a handful of Accept values, again and again; the bound keeps a hostile client from filling memory. */
const KNOWN_ACCEPTS = 256
const knownAccepts = new Map<string, boolean>()

/** Names text/html (or XHTML) and ranks it no lower than JSON; the wildcard alone is a program. */
function prefersHtml(accept: string): boolean {
  const known = knownAccepts.get(accept)
  if (known !== undefined) return known
  const html = Math.max(quality(accept, 'text/html'), quality(accept, 'application/xhtml+xml'))
  const preferred = html > 0 && html >= quality(accept, 'application/json')
  if (knownAccepts.size >= KNOWN_ACCEPTS) knownAccepts.clear()
  if (accept.length <= 512) knownAccepts.set(accept, preferred)
  return preferred
}

function quality(accept: string, type: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';')
    if (name?.trim() !== type) continue
    const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/u.exec(text)?.[1]).find(Boolean)
    return weight === undefined ? 1 : Number(weight)
  }
  return 0
}

function isTrusted(peer: Peer, proxies: AddressSet): boolean {
  return peer.kind === 'unix' || (peer.kind === 'ip' && proxies.has(peer.address))
}

interface ClientEvidence {
  readonly request: IncomingRequest
  readonly trust: TrustConfig
  readonly proxies: AddressSet
  readonly trusted: boolean
}

/**
 * The client's address. From an untrusted peer it is the peer. From a trusted one the header counts: X-Forwarded-For
 * is walked from the right past trusted hops, because the left end is whatever the client wrote; the other headers
 * hold one address. No header, or text that is no address, is nobody: a rule on addresses must not match by default.
 */
function readClient({ request, trust, proxies, trusted }: ClientEvidence): string | undefined {
  if (!trusted) return request.peer.kind === 'ip' ? fromSocket(request.peer.address) : undefined
  const value = findHeader(request.headers, trust.realClientIpHeader)
  if (value === undefined) return undefined
  const hops = value.split(',').map((hop) => readAddress(hop.trim()))
  if (trust.realClientIpHeader !== 'x-forwarded-for') return hops.length === 1 ? hops[0] : undefined
  return hops.findLast((hop, at) => at === 0 || hop === undefined || !proxies.has(hop))
}

/** A socket's address is in canonical text already, but for IPv4 in IPv6 clothes. */
function fromSocket(address: string): string | undefined {
  return address.startsWith('::ffff:') ? readAddress(address) : address
}

/** Each hop may have appended; the left end is the browser's connection. Anything but http and https is ignored. */
function forwardedScheme(head: Head): 'http' | 'https' | undefined {
  const scheme = head.get('x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

/** The right end: written by the proxy that we trust, while the left end may come from the client. */
function forwardedHost(head: Head): string | undefined {
  const value = head.get('x-forwarded-host')?.split(',').at(-1)?.trim()
  if (value === undefined || value === '') return undefined
  const read = readHost({ ...head, hosts: 1, get: () => value })
  return read.ok ? read.value : undefined
}
