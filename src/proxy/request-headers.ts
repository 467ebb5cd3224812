import type { HeadersConfig } from '../config/sections/headers.ts'
import type { UpstreamConfig } from '../config/sections/upstreams.ts'
import type { Exchange, Facts } from '../http/exchange.ts'
import { withoutHeaders } from '../http/head.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines, Peer, UpstreamAddress } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { type OwnsCookie, withoutOwnCookies } from './cookie-lines.ts'
import { compileHeaderRules, type HeaderRule, IDENTITY_FAMILY, lettersAndDigits } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** Parts that the header lines of one forwarded request are made from. */
export interface RequestHeadersInput {
  readonly exchange: Exchange
  readonly session: Session | undefined
  readonly upstream: UpstreamConfig
  /** Drops the client's Authorization header, which was for Sidegate. */
  readonly dropAuthorization: boolean
}

/** Configuration of the header lines of every forwarded request. */
interface Policy {
  readonly headers: Pick<HeadersConfig, 'request' | 'stripClientHeaders' | 'requestIdHeader'>
  readonly identity: IdentityHeaders
  readonly ownsCookie: OwnsCookie
}

/** Header names that a client cannot have removed by naming them in Connection. */
const NEVER_LISTED = new Set(['host', 'cookie', 'authorization'])

/**
 * Makes the lines that go upstream: what the client sent, bytes, order and case kept, minus what belongs to one hop,
 * what only Sidegate may say, and its own cookies; then its own lines last. Deletion comes before addition, so nothing
 * a client names in Connection can touch what is added.
 */
export function createRequestHeaders(policy: Policy): (input: RequestHeadersInput) => HeaderLines {
  const { requestIdHeader } = policy.headers
  const ruleOf = compileHeaderRules({ requestIdHeader, identity: strippedNames(policy.headers) })
  return ({ exchange, session, upstream, dropAuthorization }) => {
    const { ownsCookie } = policy
    const kept = keptLines(exchange, {
      ruleOf,
      ownsCookie,
      dropAuthorization,
      keepsHost: upstream.passHostHeader,
    })
    if (!kept.hasHost) kept.lines.push('Host', hostOf(upstream, exchange.facts))
    kept.lines.push(...policy.identity.forRequest(session))
    addForwarding(kept.lines, { exchange, chain: kept.chain })
    kept.lines.push(requestIdHeader, exchange.requestId)
    return kept.lines
  }
}

/**
 * Names that clients cannot speak under, on routes without a session too: what the app takes for our word there would be a
 * client's. A row decides for its own name, the setting for the rest of the family.
 */
function strippedNames({ request, stripClientHeaders }: Policy['headers']): readonly string[] {
  const preserved = request
    .filter((row) => row.preserveRequestValue)
    .map(({ name }) => lettersAndDigits(name))
  const names = [...(stripClientHeaders ? IDENTITY_FAMILY : []), ...request.map(({ name }) => name)]
  return names.filter((name) => !preserved.includes(lettersAndDigits(name)))
}

interface Kept {
  readonly lines: string[]
  readonly chain: string
  readonly hasHost: boolean
}

interface Keeping {
  readonly ruleOf: (name: string) => HeaderRule
  readonly ownsCookie: OwnsCookie
  readonly dropAuthorization: boolean
  readonly keepsHost: boolean
}

function keptLines(exchange: Exchange, keeping: Keeping): Kept {
  const { headers } = exchange.request
  const { trusted } = exchange.facts
  const lines: string[] = []
  let chain = ''
  let hasHost = false
  let listed: ReadonlySet<string> | undefined
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    let value = headers[at + 1] ?? ''
    switch (keeping.ruleOf(name)) {
      case 'drop':
      case 'ours':
      case 'identity':
        continue
      case 'connection':
        listed = withListed(listed, value)
        continue
      case 'forwarding':
        if (!trusted) continue
        break
      case 'forwarded-for':
        if (trusted) chain = chain === '' ? value : `${chain}, ${value}`
        continue
      case 'authorization':
        if (keeping.dropAuthorization) continue
        break
      case 'host':
        if (!keeping.keepsHost) continue
        hasHost = true
        break
      case 'cookie': {
        const others = withoutOwnCookies(value, keeping.ownsCookie)
        if (others === undefined) continue
        value = others
      }
    }
    lines.push(name, value)
  }
  return { lines: listed === undefined ? lines : withoutHeaders(lines, listed), chain, hasHost }
}

/** Names in a Connection line; undefined while there are only the connection options that every client sends. */
function withListed(listed: ReadonlySet<string> | undefined, value: string): ReadonlySet<string> | undefined {
  if (value === 'keep-alive' || value === 'close' || value === 'Upgrade') return listed
  const names = new Set(listed)
  for (const option of value.toLowerCase().split(',')) names.add(trimOws(option))
  for (const name of NEVER_LISTED) names.delete(name)
  return names
}

function addForwarding(lines: string[], from: { exchange: Exchange; chain: string }): void {
  const { facts, target, request } = from.exchange
  const peer = peerAddress(request.peer)
  const chain = peer === undefined || from.chain === '' ? (peer ?? from.chain) : `${from.chain}, ${peer}`
  if (chain !== '') lines.push('X-Forwarded-For', chain)
  // The external scheme, not that of the last hop: a TLS terminator in front need not be a trusted one.
  lines.push('X-Forwarded-Proto', facts.origin.startsWith('https:') ? 'https' : 'http')
  lines.push('X-Forwarded-Host', facts.host)
  const { request: named } = facts.forwarded
  lines.push('X-Forwarded-Uri', typeof named === 'object' ? named.uri : target.raw)
}

function peerAddress(peer: Peer): string | undefined {
  return peer.kind === 'ip' ? peer.address : undefined
}

function hostOf(upstream: UpstreamConfig, facts: Facts): string {
  if (upstream.passHostHeader && facts.host !== '') return facts.host
  return upstream.target.kind === 'tcp' ? authorityOf(upstream.target) : 'localhost'
}

function authorityOf(address: Extract<UpstreamAddress, { kind: 'tcp' }>): string {
  const host =
    address.host.includes(':') && !address.host.startsWith('[') ? `[${address.host}]` : address.host
  const usual = address.protocol === 'https:' ? 443 : 80
  return address.port === usual ? host : `${host}:${address.port}`
}
