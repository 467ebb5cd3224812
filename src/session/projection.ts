import type { Config } from '../config/config.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import { additionalClaimsOf, tokensOf } from '../config/values/header-rows.ts'
import type { Session } from './session.ts'

/** Parts of a session that this configuration can ever use; nothing else goes into the store. */
export interface Projection {
  readonly keeps: { readonly access: boolean; readonly id: boolean; readonly refresh: boolean }
  /** True where no session depends on its refresh token, which is kept to be revoked at the sign-out. */
  readonly sparesRefresh: boolean
  /** True for a group that a rule names, which outlives every shortage of room. */
  isNamed(group: string): boolean
  /** Removes from a session what this configuration never reads. Pure. */
  project(session: Session): Session
  /** Warnings at start about settings that will hardly fit. */
  readonly warnings: readonly string[]
}

/** Rough size of a token in a sealed cookie, from what common providers issue. */
const TOKEN_BYTES = 1600

/** Size of a sealed session without tokens and with a handful of groups. */
const IDENTITY_BYTES = 700

/** Compiles the projection from what headers, rules and refresh can use. Pure. */
export function compileProjection(config: Config): Projection {
  const keeps = compileKeeps(config)
  const named = namedGroups(config.policy)
  const keepsAllGroups = config.session.groups === 'all'
  const additionalClaims: ReadonlySet<string> = new Set([
    ...additionalClaimsOf(config.headers),
    ...config.providers.flatMap(({ claims }) => claims.told),
  ])
  // A provider wants the ID token back at sign-out; with a refresh token a fresh one is a request away.
  const needsHint = new Set(config.providers.filter(isOpenId).map(({ id }) => id))
  const keepsId = ({ source, tokens }: Session): boolean => {
    const isHint = source.kind === 'provider' && needsHint.has(source.id)
    return keeps.id || (keeps !== NO_TOKENS && tokens.refresh === undefined && isHint)
  }
  return {
    keeps,
    sparesRefresh: config.session.refreshMs === 0 && config.session.revalidateMs === 0,
    isNamed: (group) => named.has(group),
    project(session) {
      const { access, id, refresh, accessExpiresAtMs } = session.tokens
      return {
        ...session,
        claims: keptClaims(session.claims, additionalClaims),
        groups: keepsAllGroups ? session.groups : session.groups.filter((group) => named.has(group)),
        tokens: {
          access: keeps.access ? access : undefined,
          id: keepsId(session) ? id : undefined,
          refresh: keeps.refresh ? refresh : undefined,
          accessExpiresAtMs,
        },
      }
    },
    warnings: toWarnings(config, keeps),
  }
}

function namedGroups({ allowedGroups, perProvider }: Config['policy']): ReadonlySet<string> {
  return new Set([
    ...allowedGroups,
    ...[...(perProvider?.values() ?? [])].flatMap((rules) => rules.allowedGroups),
  ])
}

function keptClaims(claims: Session['claims'], names: ReadonlySet<string>): Session['claims'] {
  if (claims === undefined || names.size === 0) return undefined
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.has(name)))
}

const NO_TOKENS = { access: false, id: false, refresh: false }

function compileKeeps({ headers, session, providers }: Config): Projection['keeps'] {
  const sent = tokensOf(headers)
  // Elsewhere than in cookies there is room, and a token that is sent on by the settings of tomorrow is there already.
  if (session.store !== 'cookie') return { access: true, id: true, refresh: true }
  if (session.minimal) return NO_TOKENS
  const asksWithAccess =
    session.refreshMs > 0 &&
    providers.some((provider) => provider.validateUrl !== undefined && !isOpenId(provider))
  return {
    access: sent.has('access_token') || asksWithAccess,
    id:
      sent.has('id_token') ||
      providers.some(({ backendLogoutUrl }) => backendLogoutUrl?.includes('{id_token}')),
    // To ask with, to keep what is sent on fresh, and to be revoked at the sign-out.
    refresh: true,
  }
}

function isOpenId({ issuer }: ProviderConfig): boolean {
  return issuer !== undefined
}

function toWarnings({ session, policy }: Config, keeps: Projection['keeps']): readonly string[] {
  const wanted = [keeps.access && 'access', keeps.id && 'ID', keeps.refresh && 'refresh']
  const kept = wanted.filter((name) => name !== false)
  const estimate = IDENTITY_BYTES + kept.length * TOKEN_BYTES
  const warnings: string[] = []
  if (session.store === 'cookie' && session.budgetBytes < estimate) {
    warnings.push(
      `Raise cookie-budget or pass on fewer tokens: the budget is ${session.budgetBytes} bytes, and a session ` +
        `with its tokens (${kept.join(', ')}) takes about ${estimate}; what does not fit is left out, first ` +
        'the ID token, then the access token, then groups that no rule names',
    )
  }
  if (session.groups === 'named' && namedGroups(policy).size === 0) {
    warnings.push(
      'Name groups in allowed-group or set session-groups to "all": "named" without names keeps none',
    )
  }
  return warnings
}
