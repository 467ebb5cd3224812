import type { PolicyConfig } from '../config/sections/policy.ts'
import type { Session } from '../session/session.ts'
import { compileEmailDomains } from './emails.ts'
import { providerOf } from './per-provider.ts'

/**
 * Checks the constraints in the query of an auth request: `allowed_groups`, `allowed_emails`, `allowed_email_domains`,
 * and of Sidegate's own `allowed_providers` (ids), each repeatable and separated by commas. Kinds are joined by "and", values of one kind by "or". A kind that is
 * present but empty asks for nothing, as in oauth2-proxy, or admits no one, so that a gateway that fills it from a
 * variable fails closed: `empty-constraints` says which.
 */
export function meetsConstraints(
  query: string,
  { email = '', groups, source }: Pick<Session, 'email' | 'groups' | 'source'>,
  whenEmpty: PolicyConfig['emptyConstraints'],
): boolean {
  const parameters = new URLSearchParams(query)
  const listed = (name: string): readonly string[] | undefined => {
    const values = parameters
      .getAll(name)
      .flatMap((value) => value.split(','))
      .filter((value) => value !== '')
    return values.length > 0 || (whenEmpty === 'deny' && parameters.has(name)) ? values : undefined
  }
  const allowedGroups = listed('allowed_groups')
  const emails = listed('allowed_emails')
  const domains = listed('allowed_email_domains')
  const providers = listed('allowed_providers')
  const provider = providerOf(source) ?? ''
  return (
    (providers === undefined || providers.includes(provider)) &&
    (allowedGroups === undefined || groups.some((group) => allowedGroups.includes(group))) &&
    (emails === undefined || (email !== '' && emails.includes(email))) &&
    (domains === undefined || compileEmailDomains(domains.flatMap(withApex).filter(isDomain)).admits(email))
  )
}

/** Domain patterns with the apex: here, unlike in email-domain, `.d` and `*.d` mean `d` too, as in oauth2-proxy. */
function withApex(domain: string): readonly string[] {
  const apex = /^\*?\.(.+)$/u.exec(domain)?.[1]
  return apex === undefined ? [domain] : [domain, apex]
}

/** False for `*`, which would admit everyone and so narrow nothing. */
function isDomain(domain: string): boolean {
  return domain !== '*'
}
