import type { PolicyConfig } from '../config/sections/policy.ts'
import type { ProviderRules } from '../config/sections/provider/provider-rules.ts'
import type { SessionSource } from '../session/session.ts'
import { compileEmailDomains, type EmailRule } from './emails.ts'

/** Rules about the people of one provider, compiled. */
export interface PeopleRules {
  readonly allowedGroups: ReadonlySet<string>
  /** Rule in place of email-domain; undefined leaves that. */
  readonly emails: EmailRule | undefined
  /** True for an address that the provider is trusted to vouch for. */
  vouchesFor(email: string): boolean
}

/**
 * Compiles the rules about people by the id of their provider; people of none are held to what is said of all. An e-mail
 * address of a domain that providers name is believed from these alone, and a provider that names some is believed for
 * no other: two persons have one address only where both of their providers are trusted for it.
 */
export function compilePerProvider({
  allowedGroups,
  perProvider = new Map(),
}: Pick<PolicyConfig, 'allowedGroups' | 'perProvider'>): (source: SessionSource) => PeopleRules {
  const named = [...perProvider.values()].flatMap(({ domains }) => domains).filter((domain) => domain !== '*')
  const claimed = compileEmailDomains(named)
  // Full-width letters are another domain only until a program normalises them. This is asked on every request.
  const vouchesForOthers =
    named.length === 0 ? () => true : (email: string) => !claimed.admits(email.normalize('NFKC'))
  const compile = ({ allowedGroups: groups, domains, emailDomains }: ProviderRules): PeopleRules => {
    const own = domains.length === 0 ? undefined : compileEmailDomains(domains)
    return {
      allowedGroups: new Set(groups.filter((group) => group !== '')),
      emails: emailDomains && compileEmailDomains(emailDomains),
      vouchesFor: own?.admits ?? vouchesForOthers,
    }
  }
  const others = compile({ allowedGroups, domains: [], emailDomains: undefined })
  const rules = new Map([...perProvider].map(([id, each]) => [id, compile(each)]))
  return (source) => rules.get(providerOf(source) ?? '') ?? others
}

/** Id of the provider that vouches for a person; undefined for local users and tokens of extra-jwt-issuers. */
export function providerOf(source: SessionSource): string | undefined {
  if (source.kind === 'provider') return source.id
  return source.kind === 'bearer' ? source.provider : undefined
}
