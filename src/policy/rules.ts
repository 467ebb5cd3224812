import type { PolicyConfig } from '../config/sections/policy.ts'
import type { AddressSet } from '../http/addresses.ts'
import type { Target } from '../http/exchange.ts'
import type { Platform } from '../platform.ts'
import { type Problem, problem } from '../problems.ts'
import type { Identity, SessionSource } from '../session/session.ts'
import { compileChecked } from './checked.ts'
import { compileEmailDomains, type EmailRule, readEmailList } from './emails.ts'
import { compileRoutes } from './routes.ts'

/** Authorization rules, compiled once. */
export interface Rules {
  /** Reason why this person may not use the app; undefined when they may. */
  refuses(identity: Pick<Identity, 'email' | 'groups'>, source: SessionSource): Problem | undefined
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
}

/** Compiles the rules. Patterns were checked by configuration, so nothing here can fail. */
export function compileRules(deps: RulesDeps): Rules {
  const { policy, trustedAddresses } = deps
  const admitsEmail = compileEmailRule(deps)
  const allowedGroups = new Set(policy.allowedGroups.filter((group) => group !== ''))
  const routes = compileRoutes(policy.skipAuthRoutes)
  const apiRoutes = policy.apiRoutes.map((pattern) => compileChecked(pattern, { ignoreCase: false }))
  return {
    refuses(identity, source) {
      // Local users have no e-mail address; the htpasswd file itself says who they are.
      const emailFits =
        source.kind === 'local' && identity.email === undefined ? true : admitsEmail(identity.email ?? '')
      if (!emailFits) return problem('not_permitted', { rule: 'email' })
      if (allowedGroups.size > 0 && !identity.groups.some((group) => allowedGroups.has(group))) {
        return problem('not_permitted', { rule: 'group' })
      }
      return undefined
    },
    isPublic: routes,
    isApi: (target) => apiRoutes.some((pattern) => pattern.test(target.raw)),
    trustedAddresses,
    skipPreflight: policy.skipAuthPreflight,
  }
}

function compileEmailRule({ policy, platform }: RulesDeps): (email: string) => boolean {
  const domains = compileEmailDomains(policy.emailDomains)
  const path = policy.authenticatedEmailsFile
  if (path === undefined) return domains.admits
  let list: EmailRule = readEmailList(platform.readFile?.(path) ?? '')
  platform.watch?.({
    path,
    onChange: (text) => {
      list = readEmailList(text)
    },
  })
  return (email) => domains.admits(email) || list.admits(email)
}
