import { quote } from '../../../lib/text.ts'
import type { RawValue } from '../../raw.ts'
import type { Report } from '../../report.ts'
import { parseEmailDomain } from '../../values/domains.ts'
import { parseEach } from '../../values/lists.ts'

/** Rules about the people of one provider. */
export interface ProviderRules {
  /** Groups of which one is needed; none asks for nothing. */
  readonly allowedGroups: readonly string[]
  /** Domains in place of those of email-domain; undefined leaves these. */
  readonly emailDomains: readonly string[] | undefined
  /** Domains that the provider is trusted for, and the others not; empty trusts it for those that no provider names. */
  readonly domains: readonly string[]
}

/** Reads a list of e-mail domains that a structured file has for one provider. */
export function readEmailDomainsOf(
  { value = [], label }: RawValue<readonly string[]>,
  report: Report,
): readonly string[] {
  return parseEach(value, parseEmailDomain, (sentence) => report.problem(label, sentence))
}

/** Longest id of one of several providers, which stands in redirect URIs. */
const MAX_ID = 64

/** True for an id that can stand in a redirect URI as it is: unreserved characters (RFC 3986 §2.3) and `=`. */
export function canStandInPath(id: string): boolean {
  return /^[\w.~=-]+$/u.test(id) && !/^\.+$/u.test(id) && id.length <= MAX_ID
}

/** Checks the id of one of several providers. */
export function checkId(id: string, label: string, report: Report): void {
  if (canStandInPath(id)) return
  report.problem(
    label,
    `give an id of at most ${MAX_ID} letters, digits and - . _ ~ =, not ${quote(id)}: with several providers it stands in the redirect URI`,
  )
}
