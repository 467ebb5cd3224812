import { isOwnPath } from '../../config/own-paths.ts'
import { compileAllowedHosts } from '../../http/allowed-hosts.ts'
import type { Exchange } from '../../http/exchange.ts'
import { onlyValue } from '../../http/form.ts'
import { type SignInContext, toRedirectUri } from '../context.ts'
import { isTooLong, lostTarget, type ReturnRules, readReturnTo } from './return-to.ts'

/** Return targets of the sign-in or sign-out that a request asks for. */
export interface ReturnTargets {
  /**
   * Chooses the first that is there of: `rd` in the form or query, X-Auth-Request-Redirect, X-Forwarded-Uri (both from
   * trusted peers only), the request itself. A refused one becomes `/`, and so do Sidegate's endpoints; one that is too
   * long becomes the page that says so.
   */
  choose(exchange: Exchange, form?: URLSearchParams): string
  /** Judges a target that was chosen earlier. */
  check(returnTo: string, exchange: Exchange): string
  /** Target that the request names itself (`rd` or X-Auth-Request-Redirect), as it is; undefined when it names none. */
  named(exchange: Exchange, form?: URLSearchParams): string | undefined
}

/** Compiles the rules of one configuration. */
export function createReturnTargets(context: Pick<SignInContext, 'config'>): ReturnTargets {
  const { paths } = context.config
  const allowsHost = compileAllowedHosts(context.config.signIn.whitelistDomains)

  /** Rules for the site that a person is on when the sign-in ends: relative targets count from there. */
  function rulesFor(exchange: Exchange): ReturnRules {
    return { origin: new URL(toRedirectUri(context, exchange)).origin, paths, allowsHost }
  }

  function named(exchange: Exchange, form?: URLSearchParams): string | undefined {
    // The app's own addresses may have a parameter of that name.
    const query = isOwnPath(paths, exchange.target.path)
      ? new URLSearchParams(exchange.target.query)
      : new URLSearchParams()
    const given =
      onlyValue(form ?? query, 'rd') ?? onlyValue(query, 'rd') ?? exchange.facts.forwarded.redirect
    return given === '' ? undefined : given
  }

  return {
    named,
    check: (returnTo, exchange) => readReturnTo(returnTo, rulesFor(exchange)),
    choose(exchange, form) {
      const { facts, target } = exchange
      const rules = rulesFor(exchange)
      const given = named(exchange, form)
      if (given !== undefined) return isTooLong(given) ? lostTarget(paths) : readReturnTo(given, rules)
      const { request } = facts.forwarded
      const wanted = typeof request === 'object' ? request.uri : target.raw
      if (isTooLong(wanted)) return lostTarget(paths)
      const asked = readReturnTo(wanted, rules)
      // A gateway may ask for a site that signs in on another one: only an absolute target leads back there.
      const elsewhere = facts.trusted && rules.origin !== facts.origin && asked.startsWith('/')
      const absolute = elsewhere ? readReturnTo(`${facts.origin}${asked}`, rules) : '/'
      return absolute === '/' ? asked : absolute
    },
  }
}
