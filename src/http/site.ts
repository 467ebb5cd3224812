import { isLoopback } from '../lib/loopback.ts'
import { type Problem, problem } from '../problems.ts'
import { compileHostRules } from './allowed-hosts.ts'
import type { Exchange, Facts } from './exchange.ts'
import { findHeader } from './head.ts'

/**
 * Origins of this site. The external origin of a request is one, and so is what the operator says about this site: the
 * origin of `redirect-url`; and, for requests that the browser calls same-site, the hosts of `cookie-domain` and
 * `whitelist-domain`, which are its siblings.
 */
export interface Site {
  /**
   * True when a page of this origin sent the request: fetch metadata says so, or the Origin where a browser has no
   * metadata. For what only a script or a form of such a page can ask; an address that was typed in (`none`) is no
   * page.
   */
  isFromOwnPage(facts: Facts): boolean
  /** True for the same, or a page of a sibling. For WebSockets, which no CORS stops (RFC 6455 §10.2). */
  isFromSitePage(facts: Facts): boolean
  /**
   * Refuses what another origin made the browser send. For what a person may also ask for by address: `none` (typed, or a
   * bookmark) passes, and so does a request without metadata, Origin and Referer, which comes from no page.
   */
  checkOwnOrigin(exchange: Exchange): Problem | undefined
  /** Refuses the same, but lets siblings pass. */
  checkSite(exchange: Exchange): Problem | undefined
}

/** Settings about this site. */
export interface SiteOptions {
  /** Registered redirect URI, absolute; undefined derives it from the request. */
  readonly redirectUrl: string | undefined
  readonly cookieDomains: readonly string[]
  readonly whitelistDomains: readonly string[]
}

interface Origin {
  readonly scheme: string
  readonly host: string
  /** Port; undefined for the usual one. */
  readonly port: string | undefined
}

/** Compiles the settings once. */
export function createSite({ redirectUrl, cookieDomains, whitelistDomains }: SiteOptions): Site {
  const registered = redirectUrl === undefined ? undefined : new URL(redirectUrl).origin
  const isCookieHost = (host: string): boolean =>
    cookieDomains.some((domain) => host === domain || host.endsWith(`.${domain}`))
  const listed = compileHostRules(whitelistDomains)

  function isOwnOrigin(source: string | undefined, facts: Facts): boolean {
    if (source === undefined) return false
    return source === facts.origin || source === registered || isOwnLoopback(source, facts)
  }

  /**
   * True for a sibling. Where the site is on https, a page on http is another one, written by anyone in the network.
   * Without fetch metadata the browser does not say whether an entry of whitelist-domain is of the same site; it is
   * when it covers this host as well.
   */
  function isSibling(source: string, facts: Facts): boolean {
    const origin = parseOrigin(source)
    const own = parseOrigin(registered ?? facts.origin)
    if (origin === undefined || own === undefined || origin.scheme !== own.scheme) return false
    if (isCookieHost(origin.host) && (origin.port === undefined || origin.port === own.port)) return true
    const isSameSite = facts.fetchSite === 'same-site'
    return listed.some(
      (covers) => covers(origin.host, origin.port) && (isSameSite || covers(own.host, own.port)),
    )
  }

  function check({ facts, request }: Exchange, withSiblings: boolean): Problem | undefined {
    const { fetchSite } = facts
    if (fetchSite === 'same-origin' || fetchSite === 'none') return undefined
    const source = facts.originHeader ?? originOf(findHeader(request.headers, 'referer'))
    if (fetchSite === undefined && (source === undefined || isOwnOrigin(source, facts))) return undefined
    const mayBeSibling = withSiblings && (fetchSite === undefined || fetchSite === 'same-site')
    if (mayBeSibling && source !== undefined && isSibling(source, facts)) return undefined
    return problem('origin_refused', {
      site: fetchSite?.slice(0, 200),
      origin: source?.slice(0, 200),
    })
  }

  return {
    isFromOwnPage: (facts) =>
      facts.fetchSite === undefined
        ? isOwnOrigin(facts.originHeader, facts)
        : facts.fetchSite === 'same-origin',
    isFromSitePage(facts) {
      const { fetchSite, originHeader } = facts
      if (originHeader === undefined || fetchSite === 'cross-site') return false
      if (fetchSite === 'same-origin' || isOwnOrigin(originHeader, facts)) return true
      return (fetchSite === undefined || fetchSite === 'same-site') && isSibling(originHeader, facts)
    },
    checkOwnOrigin: (exchange) => check(exchange, false),
    checkSite: (exchange) => check(exchange, true),
  }
}

/** True for a page of this machine, from which browsers send Secure cookies over http as well. */
function isOwnLoopback(source: string, { scheme, host }: Facts): boolean {
  return isLoopback(host.replace(/:\d+$/u, '')) && source === `${scheme}://${host}`
}

function parseOrigin(text: string): Origin | undefined {
  const [, scheme, host, port] =
    /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/u.exec(text) ?? []
  return scheme === undefined || host === undefined ? undefined : { scheme, host, port }
}

function originOf(referer: string | undefined): string | undefined {
  if (referer === undefined || referer === '') return undefined
  return URL.canParse(referer) ? new URL(referer).origin : 'null'
}
