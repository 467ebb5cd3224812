import { lowerAscii } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'

const HOST =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/u

/** Second-level labels under which country registries sell names, so that `.co.uk` is as wide as `.com`. */
const REGISTRY = /^(?:ac|co|com|edu|gov|go|gob|ltd|me|mil|ne|net|nom|or|org|plc|sch)\.[a-z]{2}$/u

/** Top-level labels under which names cannot be registered (RFC 2606 §2, RFC 6762 appendix G). */
const PRIVATE_TLD =
  /^(?:corp|example|home|internal|intranet|invalid|lan|local|localdomain|localhost|private|test)$/u

/** True for an address where a host belongs, `https://host` or `host/path`: as a domain it fits nothing. */
export function isAddress(text: string): boolean {
  return /^(?:https?:\/\/)?[^\s/;,]+(?:\/[^\s;,]*)?$/iu.test(text) && text.includes('/')
}

/** Checks a host name without port and returns it in lower case. */
export function parseHost(text: string): Result<string, string> {
  const host = lowerAscii(text)
  return HOST.test(host) ? ok(host) : failed('give a host name, without scheme, port, path or spaces')
}

/**
 * Checks an entry of whitelist-domain: `host`, `.host` or `*.host`, each with `:port` or `:*`. A wildcard over a whole
 * top-level domain would allow every host below it.
 */
export function parseWhitelistDomain(text: string): Result<string, string> {
  const [, wildcard = '', name = '', port] = /^(\*?\.)?([^:]*)(?::(\*|\d{1,5}))?$/u.exec(text) ?? []
  const host = parseHost(name)
  if (!host.ok) return failed('give host, .host or *.host, with :port or :* behind it if need be')
  if (port !== undefined && port !== '*' && !isPort(port)) return failed('give a port from 1 to 65535')
  if (isRegistry(host.value, wildcard !== '')) {
    return failed('name a domain of yours, anybody can have a host below this one')
  }
  return ok(lowerAscii(text))
}

/** Checks an entry of email-domain: `*`, `host`, `.host` or `*.host`. */
export function parseEmailDomain(text: string): Result<string, string> {
  if (text === '*') return ok(text)
  if (text.includes('@')) return failed('write the domain only, without an @')
  const [, wildcard = '', name = ''] = /^(\*?\.)?(.*)$/su.exec(text) ?? []
  const host = parseHost(name)
  if (!host.ok) return failed('give a domain, .domain, *.domain or *')
  return isRegistry(host.value, wildcard !== '')
    ? failed('name a domain of yours, anybody can have an address below this one')
    : ok(`${wildcard}${host.value}`)
}

/** A decimal port number that can be connected to. */
export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/u.test(text) && Number(text) <= 65_535
}

/** True for a name below which a registry sells names, two labels long, such as `co.uk`. */
export function isRegistryName(name: string): boolean {
  return REGISTRY.test(name)
}

/**
 * True for a domain of a registry rather than of one owner; a single label may still be the exact name of a host in a
 * private network.
 */
function isRegistry(host: string, wildcard: boolean): boolean {
  return host.includes('.') ? REGISTRY.test(host) : wildcard && !PRIVATE_TLD.test(host)
}
