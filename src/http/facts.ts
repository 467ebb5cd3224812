import type { TrustConfig } from '../config/sections/paths.ts'
import { trimOws } from '../lib/text.ts'
import type { IncomingRequest, Peer } from '../platform.ts'
import { failed, ok, type Result } from '../result.ts'
import { type AddressSet, createAddressSet, readAddress } from './addresses.ts'
import type { Facts } from './exchange.ts'
import { readForwarded, readNamedRequest } from './forwarded.ts'
import type { Head } from './head.ts'
import { readHost } from './target.ts'
import { asksForWebSocket } from './upgrade.ts'

/** Reads the facts about a request's client: the only reader of forwarded headers. */
export type ReadFacts = (request: IncomingRequest, head: Head) => Result<Facts>

/**
 * Compiles the trust settings once. With Secure cookies the browser can only be on https, whatever the last hop says:
 * so says the external origin, as oauth2-proxy's redirect URI does.
 */
export function createReadFacts(trust: TrustConfig, secureCookies: boolean): ReadFacts {
  const proxies = createAddressSet(trust.trustedProxyIps)
  const { realClientIpHeader: clientHeader, forwardAuthUriHeader } = trust
  return function readFacts(request, head) {
    const direct = readHost(head)
    if (!direct.ok) return failed(direct.problem)
    const trusted = trust.reverseProxy && isTrusted(request.peer, proxies)
    const forwarded = trusted ? readForwarded(head, request.headers, { proxies, clientHeader }) : undefined
    const host = forwarded?.host ?? direct.value
    const scheme = forwarded?.scheme ?? (request.encrypted ? 'https' : 'http')
    return ok({
      client: forwarded === undefined ? fromSocket(request.peer) : forwarded.client,
      scheme,
      host,
      origin: `${secureCookies ? 'https' : scheme}://${host}`,
      trusted,
      ...readWishes(request.method, head),
      originHeader: head.get('origin'),
      fetchSite: head.get('sec-fetch-site'),
      userAgent: head.get('user-agent') ?? '',
      authorization: head.get('authorization'),
      forwarded: trusted
        ? {
            request: readNamedRequest(head, forwardAuthUriHeader),
            redirect: head.get('x-auth-request-redirect'),
          }
        : NOTHING,
    })
  }
}
const NOTHING: Facts['forwarded'] = { request: undefined, redirect: undefined }

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
 * True when a person will see the response. Fetch metadata decides where a browser sends it (W3C Fetch Metadata §2);
 * prefetches and XHR that say so never count.
 */
function isLookedAt(head: Head): boolean {
  const purpose = `${head.get('sec-purpose') ?? ''} ${head.get('purpose') ?? ''} ${head.get('x-moz') ?? ''}`
  if (purpose.includes('prefetch')) return false
  if (head.get('x-requested-with')?.toLowerCase() === 'xmlhttprequest') return false
  const mode = head.get('sec-fetch-mode')
  return mode === undefined || mode === 'navigate'
}

/**
 * Limit on cached Accept values: browsers send a handful, again and again, and a hostile client must not fill memory.
 */
const KNOWN_ACCEPTS = 256
const knownAccepts = new Map<string, boolean>()

/** True when text/html (or XHTML) is named and ranked no lower than JSON; the wildcard alone is a program. */
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
    if (trimOws(name ?? '') !== type) continue
    const weight = parameters
      .map((text) => /^[\t ]*q=([01](?:\.\d{0,3})?)[\t ]*$/u.exec(text)?.[1])
      .find(Boolean)
    return weight === undefined ? 1 : Number(weight)
  }
  return 0
}

function isTrusted(peer: Peer, proxies: AddressSet): boolean {
  return peer.kind === 'unix' || (peer.kind === 'ip' && proxies.has(peer.address))
}

/** Address of a socket, which is in canonical text already, but for IPv4-mapped IPv6. */
function fromSocket(peer: Peer): string | undefined {
  if (peer.kind !== 'ip') return undefined
  return peer.address.startsWith('::ffff:') ? readAddress(peer.address) : peer.address
}
