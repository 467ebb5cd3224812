import type { Identity } from '../session/session.ts'
import { compileEmailDomains } from './emails.ts'

/**
 * The query of an auth request may narrow who passes: `allowed_groups`, `allowed_emails`, `allowed_email_domains`, each
 * repeatable and separated by commas. Kinds are joined by "and", values of one kind by "or". A kind that is present but
 * empty admits nobody: a gateway that fills it from a variable must fail closed.
 */
export function meetsConstraints(
  query: string,
  { email = '', groups }: Pick<Identity, 'email' | 'groups'>,
): boolean {
  const parameters = new URLSearchParams(query)
  const listed = (name: string): readonly string[] | undefined =>
    parameters.has(name)
      ? parameters
          .getAll(name)
          .flatMap((value) => value.split(','))
          .filter((value) => value !== '')
      : undefined
  const allowedGroups = listed('allowed_groups')
  const emails = listed('allowed_emails')
  const domains = listed('allowed_email_domains')
  return (
    (allowedGroups === undefined || groups.some((group) => allowedGroups.includes(group))) &&
    (emails === undefined || (email !== '' && emails.includes(email))) &&
    // `*` would be everybody, which no narrowing means.
    (domains === undefined || compileEmailDomains(domains.filter((domain) => domain !== '*')).admits(email))
  )
}
