import ipaddr from 'ipaddr.js'
import { failed, ok, type Result } from '../../result.ts'

/**
 * Checks an IP address or CIDR range strictly and returns it as a range: four decimal parts without leading zeros, no
 * IPv6 zone, no bits set behind the prefix. The failure says how to write it.
 */
export function parseCidr(text: string): Result<string, string> {
  const [address = '', prefix, ...more] = text.split('/')
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address)
  if (more.length > 0 || (!v4 && !isPlainIpv6(address))) {
    return failed('give an IP address or a range such as 10.0.0.0/8')
  }
  const width = v4 ? 32 : 128
  if (prefix === undefined) return ok(`${address.toLowerCase()}/${width}`)
  if (!/^(?:0|[1-9]\d{0,2})$/u.test(prefix) || Number(prefix) > width) {
    return failed(`give a prefix length from 0 to ${width} behind the slash`)
  }
  const network = (v4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(text)
  if (network.toString() !== ipaddr.parse(address).toString()) {
    return failed(`clear the bits behind the prefix, that is ${network.toString()}/${prefix}`)
  }
  return ok(text.toLowerCase())
}

/** True for a range that `parseCidr` returned and that is wider than a /8 of IPv4 or a /7 of IPv6. */
export function isVeryWide(cidr: string): boolean {
  const [address = '', prefix = ''] = cidr.split('/')
  return Number(prefix) < (address.includes(':') ? 7 : 8)
}

function isPlainIpv6(address: string): boolean {
  return address.includes(':') && !address.includes('%') && ipaddr.IPv6.isValid(address)
}
