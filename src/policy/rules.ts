import type { PolicyConfig } from '../config/sections/policy.ts'
import type { AddressSet } from '../http/addresses.ts'
import type { Target } from '../http/exchange.ts'
import type { Platform } from '../platform.ts'
import { problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Session } from '../session/session.ts'
import { compileChecked } from './checked.ts'
import { compileEmailDomains, type EmailRule, readEmailList } from './emails.ts'
import { compilePerProvider } from './per-provider.ts'
import type { PolicyRequest } from './request.ts'
import { compileRoutes } from './routes.ts'

/** Parts of a session that the rules read. */
export type Holder = Pick<Session, 'email' | 'groups' | 'source'>

/** Authorization rules, compiled once. Only `decide` asks about requests. */
export interface Rules {
  /** Checks whether this person may hold a session at all: asked before one is made. Fails with `not_permitted`. */
  mayHold(holder: Holder): Result<void>
  /** Checks whether this person may make this request. Fails with `not_permitted`. */
  permits(request: PolicyRequest, holder: Holder): Result<void>
  /** True when a rule lets this method and path through without a sign-in. */
  isPublic(method: string | undefined, target: Target): boolean
  /** True for routes of programs, which get 401 instead of a sign-in page. */
  isApi(target: Target): boolean
  readonly trustedAddresses: AddressSet
  readonly skipPreflight: boolean
}

export interface RulesDeps {
  readonly policy: PolicyConfig
  readonly trustedAddresses: AddressSet
  /** Reads authenticated-emails-file, and again whenever it changes. */
  readonly platform: Pick<Platform, 'readFile' | 'watch'>
  /** A further rule that sees the request; no setting distinguishes requests yet. */
  readonly permits?: Rules['permits'] | undefined
}

const PERMITTED = ok(undefined)

/** Compiles the rules. Patterns were checked by configuration, so nothing here can fail. */
export function compileRules(deps: RulesDeps): Rules {
  const { policy, trustedAddresses, permits } = deps
  const admitsEmail = compileEmailRule(deps)
  const rulesOf = compilePerProvider(policy)
  const routes = compileRoutes(policy.skipAuthRoutes)
  const apiRoutes = policy.apiRoutes.map((pattern) => compileChecked(pattern, { ignoreCase: false }))

  function mayHold({ email, groups, source }: Holder): Result<void> {
    const { allowedGroups, emails, vouchesFor } = rulesOf(source)
    // Local users have no e-mail address; the htpasswd file itself says who they are.
    const emailFits = source.kind === 'local' && email === undefined ? true : admitsEmail(email ?? '', emails)
    if (!emailFits) return failed(problem('not_permitted', { rule: 'email' }))
    if (email !== undefined && source.kind !== 'local' && !vouchesFor(email))
      return failed(problem('not_permitted', { rule: 'domains' }))
    const groupFits = allowedGroups.size === 0 || groups.some((group) => allowedGroups.has(group))
    return groupFits ? PERMITTED : failed(problem('not_permitted', { rule: 'group' }))
  }

  return {
    mayHold,
    permits(request, holder) {
      const held = mayHold(holder)
      return held.ok && permits !== undefined ? permits(request, holder) : held
    },
    isPublic: routes,
    isApi: (target) => apiRoutes.some((pattern) => pattern.test(target.raw)),
    trustedAddresses,
    skipPreflight: policy.skipAuthPreflight,
  }
}

/** Compiles the rule about e-mail addresses; a provider's own domains take the place of those for all. */
function compileEmailRule({
  policy,
  platform,
}: RulesDeps): (email: string, own: EmailRule | undefined) => boolean {
  const domains = compileEmailDomains(policy.emailDomains)
  const path = policy.authenticatedEmailsFile
  if (path === undefined) return (email, own = domains) => own.admits(email)
  let list: EmailRule = readEmailList(platform.readFile?.(path) ?? '')
  platform.watch?.({
    path,
    onChange: (text) => {
      list = readEmailList(text)
    },
  })
  return (email, own = domains) => own.admits(email) || list.admits(email)
}
