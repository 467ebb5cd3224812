import type { TrustConfig } from '../config/sections/paths.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines } from '../platform.ts'
import { type AddressSet, readAddress } from './addresses.ts'
import type { Facts } from './exchange.ts'
import { findHeader, type Head, type HeadName } from './head.ts'
import { parseHost, parseTarget } from './target.ts'

/** A header in which gateways name the request that they ask about, and the one that names its method. */
interface Naming {
  readonly uri: HeadName
  readonly method: 'x-forwarded-method' | 'x-original-method'
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
  const present = NAMING.filter(
    ({ uri }) => (chosen === undefined || uri === chosen) && givenValue(head, uri) !== undefined,
  )
  if (present.length === 0) return undefined
  const uris = new Set<string | undefined>()
  let host: string | undefined
  for (const { uri } of present) {
    const address = parseAddress(head.get(uri) ?? '', uri)
    uris.add(address?.uri)
    host ??= address?.host
  }
  const [uri] = uris
  const method = readMethod(head, present, chosen)
  return uri === undefined || uris.size > 1 || method === 'unclear' ? 'unclear' : { method, uri, host }
}

/** Parses an address in origin form; X-Original-URL is an absolute one as a rule. */
function parseAddress(text: string, name: HeadName): { uri: string; host: string | undefined } | undefined {
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
  present: readonly Naming[],
  chosen: TrustConfig['forwardAuthUriHeader'],
): string | undefined {
  const families = new Set(present.map(({ method }) => method))
  const methods = new Set<string>()
  for (const name of ['x-forwarded-method', 'x-original-method'] as const) {
    const value = givenValue(head, name)
    if (value === undefined) continue
    if (families.has(name)) methods.add(value)
    else if (chosen === undefined) return 'unclear'
  }
  const [method] = methods
  return methods.size > 1 ? 'unclear' : method
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
  const chain = entriesOf(head.get('x-forwarded-for')).map(readAddress)
  const hops = countTrusted(chain, proxies)
  const pick = <Entry>(entries: readonly Entry[]): Entry | undefined =>
    entries[Math.max(0, entries.length - 1 - hops)]
  const scheme = pick(entriesOf(head.get('x-forwarded-proto')))?.toLowerCase()
  const host = pick(entriesOf(head.get('x-forwarded-host')))
  return {
    client: clientHeader === 'x-forwarded-for' ? pick(chain) : onlyAddress(findHeader(headers, clientHeader)),
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: host === undefined ? undefined : parseHost(host),
  }
}

/**
 * Number of trusted addresses at the right end; the left end is whatever the client wrote, and never counts as a proxy.
 */
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
  return list === undefined ? [] : list.split(',').map(trimOws)
}

function givenValue(head: Head, name: HeadName): string | undefined {
  const value = head.get(name)
  return value === '' ? undefined : value
}
