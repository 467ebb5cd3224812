import type { TrustConfig } from '../config/sections/paths.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines } from '../platform.ts'
import { type AddressSet, readAddress } from './addresses.ts'
import type { Facts } from './exchange.ts'
import { findHeader, type Head, type HeadName } from './head.ts'
import { parseHost, parseTarget } from './target.ts'

const METHODS = ['x-forwarded-method', 'x-original-method'] as const

/** A header in which gateways name the request that they ask about, and the one that names its method. */
interface Naming {
  readonly uri: HeadName
  readonly method: (typeof METHODS)[number]
}

const NAMING: readonly Naming[] = [
  { uri: 'x-forwarded-uri', method: 'x-forwarded-method' },
  { uri: 'x-original-url', method: 'x-original-method' },
  { uri: 'x-original-uri', method: 'x-original-method' },
]

/**
 * Reads the request that a trusted gateway asks about (auth_request, forward auth). A trusted peer also relays what the
 * client sent, so with `chosen` that header counts and no other. Without it all that are present have to agree, and a
 * method counts beside an address of its own family only; anything else names no request.
 */
export function readNamedRequest(
  head: Head,
  chosen: TrustConfig['forwardAuthUriHeader'],
): Facts['forwarded']['request'] {
  let named: Address | undefined
  let families = ''
  for (const { uri, method } of NAMING) {
    const text = chosen === undefined || uri === chosen ? givenValue(head, uri) : undefined
    if (text === undefined) continue
    const address = parseAddress(text, uri)
    if (address === undefined || (named !== undefined && named.uri !== address.uri)) return 'unclear'
    named = named?.host === undefined ? address : named
    families += method
  }
  if (named === undefined) return undefined
  const method = readMethod(head, { families, chosen })
  return method === 'unclear' ? method : { method, uri: named.uri, host: named.host }
}

interface Address {
  readonly uri: string
  readonly host: string | undefined
}

/** Parses an address in origin form; X-Original-URL is an absolute one as a rule. */
function parseAddress(text: string, name: HeadName): Address | undefined {
  const absolute = name === 'x-original-url' ? /^https?:\/\/([^/?#]*)(.*)$/su.exec(text) : null
  if (absolute === null) return parseTarget(text).ok ? { uri: text, host: undefined } : undefined
  const [, authority = '', uri = ''] = absolute
  const host = parseHost(authority)
  return host !== undefined && parseTarget(uri).ok ? { uri, host } : undefined
}

/**
 * Reads the method. One that stands without an address of its family may be the client's, and so may one of two that
 * differ.
 */
function readMethod(
  head: Head,
  { families, chosen }: { readonly families: string; readonly chosen: TrustConfig['forwardAuthUriHeader'] },
): string | undefined {
  let method: string | undefined
  for (const name of METHODS) {
    const value = givenValue(head, name)
    if (value === undefined) continue
    const isOfFamily = families.includes(name)
    if (isOfFamily ? method !== undefined && method !== value : chosen === undefined) return 'unclear'
    if (isOfFamily) method = value
  }
  return method
}

/** Client, scheme and host of a request, as trusted proxies forward them. */
export interface Forwarded {
  readonly client: string | undefined
  readonly scheme: 'http' | 'https' | undefined
  readonly host: string | undefined
}

/**
 * Reads the lists to which each proxy on the way appends its entry (X-Forwarded-For, -Proto, -Host). Of all three the one
 * counts that the outermost trusted proxy wrote: as far from the right end as there are trusted addresses at the right end
 * of X-Forwarded-For. A shorter list comes from proxies that write over what they find, and its left end counts. Text
 * that is no address, scheme or host names none: a rule on addresses must not match by default.
 */
export function readForwarded(
  head: Head,
  headers: HeaderLines,
  { proxies, clientHeader }: { readonly proxies: AddressSet; readonly clientHeader: string },
): Forwarded {
  const client = clientHeader === 'x-forwarded-for' ? undefined : findHeader(headers, clientHeader)
  const proto = head.get('x-forwarded-proto')
  const host = head.get('x-forwarded-host')
  const chainCounts = clientHeader === 'x-forwarded-for' || isList(proto) || isList(host)
  const chain = chainCounts ? entriesOf(head.get('x-forwarded-for')).map(readAddress) : []
  const hops = countTrusted(chain, proxies)
  const scheme = pick(entriesOf(proto), hops)?.toLowerCase()
  const name = pick(entriesOf(host), hops)
  return {
    client: clientHeader === 'x-forwarded-for' ? pick(chain, hops) : onlyAddress(client),
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: name === undefined ? undefined : parseHost(name),
  }
}

/**
  return entries[Math.max(0, entries.length - 1 - hops)]
}

/** Only a list needs to know how many hops there were, and most values are none. */
function isList(value: string | undefined): boolean {
  return value?.includes(',') === true
}

/** Trusted addresses at the right end; the left end is whatever the client wrote, and never counts as a proxy. */
function countTrusted(chain: readonly (string | undefined)[], proxies: AddressSet): number {
  let count = 0
  while (count < chain.length - 1 && proxies.has(chain[chain.length - 1 - count] ?? '')) count += 1
  return count
}

/** Reads the one address of X-Real-IP and its relatives. */
function onlyAddress(value: string | undefined): string | undefined {
  const [address, ...others] = entriesOf(value)
  return address === undefined || others.length > 0 ? undefined : readAddress(address)
}

function entriesOf(list: string | undefined): readonly string[] {
  if (list === undefined) return []
  return isList(list) ? list.split(',').map(trimOws) : [trimOws(list)]
}

function givenValue(head: Head, name: HeadName): string | undefined {
  const value = head.get(name)
  return value === '' ? undefined : value
}
