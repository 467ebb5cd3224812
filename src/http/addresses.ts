import ipaddr from 'ipaddr.js'

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** A compiled list of CIDRs and single addresses. */
export interface AddressSet {
  /** False for text that is not an IP address. */
  has(address: string): boolean
}

/** Compiles CIDRs that configuration has checked. An IPv4-mapped IPv6 address counts as the IPv4 address. */
export function createAddressSet(cidrs: readonly string[]): AddressSet {
  const ranges = cidrs.map(toRange)
  if (ranges.length === 0) return { has: () => false }
  return {
    has(address) {
      const parsed = parseAddress(address)
      if (parsed === undefined) return false
      return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
    },
  }
}

/**
 * One IP address in canonical text, from what proxies write: `1.2.3.4`, `1.2.3.4:80`, `[::1]:80`, `::1`. Octal,
 * hexadecimal and shortened IPv4 forms are no address.
 */
export function readAddress(text: string): string | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/u.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/u.exec(text)?.[1] ?? text
  return parseAddress(bare)?.toString()
}

/**
 * The network that one client is counted as: an IPv4 address, the /64 of an IPv6 address, of which a single machine has
 * as many addresses as it likes (RFC 4862, RFC 8981). Text that is no address stays what it is.
 */
export function toClientNetwork(address: string): string {
  const known = knownNetworks.get(address)
  if (known !== undefined) return known
  const network = readNetwork(address)
  if (knownNetworks.size >= MAX_KNOWN_NETWORKS) knownNetworks.clear()
  knownNetworks.set(address, network)
  return network
}

/** Networks by address: a client sends many requests, and to read an IPv6 address costs more than to forward one. */
const knownNetworks = new Map<string, string>()
const MAX_KNOWN_NETWORKS = 1024

function readNetwork(address: string): string {
  const parsed = parseAddress(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed?.toString() ?? address
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0])}/64`
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined
  return ipaddr.process(text)
}

function toRange(cidr: string): Range {
  const [base, bits] = cidr.includes('/') ? ipaddr.parseCIDR(cidr) : single(ipaddr.process(cidr))
  if (base.kind() === 'ipv6' && bits >= 96 && ipaddr.IPv6.prototype.isIPv4MappedAddress.call(base)) {
    return [ipaddr.process(base.toString()), bits - 96]
  }
  return [base, bits]
}

function single(address: ipaddr.IPv4 | ipaddr.IPv6): Range {
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
