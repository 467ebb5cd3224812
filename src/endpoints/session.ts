import type { Exchange } from '../http/exchange.ts'
import type { AccessEntry } from '../observe/access.ts'
import { decide } from '../policy/decide.ts'
import { toPolicyRequest } from '../policy/request.ts'
import { type Problem, problem } from '../problems.ts'
import type { Services } from '../services.ts'
import { displayName, type Session, sourceFields } from '../session/session.ts'
import { type Caller, type SessionAccess, undecided } from '../signin/authenticate.ts'
import { withBearerChallenge } from '../signin/challenge.ts'
import { bareStatus } from './bare-status.ts'
import type { Handle } from './handler.ts'

/**
 * Creates `<prefix>/userinfo`: the identity of the session, in oauth2-proxy's words and statuses: the text 401 without a
 * session, and `{}` where no sign-in is needed.
 */
export function createUserinfo(services: Services): Handle {
  const { respond, rules, config } = services
  const told = new Set(config.providers.flatMap(({ claims }) => claims.told))
  return createDescription(services, {
    show: (session) => toUserinfo(session, { told, tellsProvider: config.providers.length > 1 }),
    access: 'touch',
    withoutSession: (exchange, caller) =>
      decide(rules, toPolicyRequest(exchange), undefined).kind === 'public'
        ? respond.json(exchange, 200, {}, caller.changes)
        : bareStatus(respond, exchange, { status: 401, changes: caller.changes }),
  })
}

/** Creates `<prefix>/session`: the identity, and the end of the session; asking does not put the end off. */
export function createSessionState(services: Services): Handle {
  return createDescription(services, { show: (session) => toState(services, session), access: 'peek' })
}

/** Creates POST `<prefix>/session/refresh`: the same, after the provider was asked. */
export function createSessionRefresh(services: Services): Handle {
  const refresh = createDescription(services, {
    show: (session) => toState(services, session),
    access: 'refresh',
  })
  return (exchange, entry) => {
    const { method } = exchange.request
    if (method !== 'POST') return refuse(services, exchange, { why: problem('method_not_allowed') })
    if (!services.site.isFromOwnPage(exchange.facts))
      return refuse(services, exchange, { why: problem('origin_refused') })
    return refresh(exchange, entry)
  }
}

interface Description {
  readonly show: (session: Session) => unknown
  readonly access: SessionAccess
  /** Answer to a caller without a session; JSON when absent. */
  readonly withoutSession?: (exchange: Exchange, caller: Caller) => Response
}

function createDescription(services: Services, { show, access, withoutSession }: Description): Handle {
  return async (exchange: Exchange, entry: AccessEntry) => {
    const caller = await services.authenticate(exchange, access)
    const { session } = caller
    if (session === undefined) {
      const why = undecided(caller) ?? caller.problem
      const response =
        why === undefined && withoutSession !== undefined
          ? withoutSession(exchange, caller)
          : refuse(services, exchange, { why: why ?? problem('sign_in_required'), caller })
      return withBearerChallenge(response, { bearer: services.config.bearer, exchange, problem: why })
    }
    entry.user = displayName(session)
    // Where no sign-in is needed a person can still be signed in who may not be here.
    const { problem: why } = decide(services.rules, toPolicyRequest(exchange), session)
    if (why !== undefined) return refuse(services, exchange, { why, caller })
    return services.respond.json(exchange, 200, show(session), caller.changes)
  }
}

/** These endpoints are read by programs, so what they refuse is JSON for every client. */
function refuse(
  services: Services,
  exchange: Exchange,
  { why, caller }: { readonly why: Problem; readonly caller?: Caller },
): Response {
  const asProgram = { ...exchange, facts: { ...exchange.facts, wantsHtml: false } }
  return services.respond.problem(asProgram, why, { changes: caller?.changes ?? [], returnTo: '/' })
}

/** Converts to oauth2-proxy's shape: always an e-mail address, which may be empty, and groups where there are some. */
function toUserinfo(
  session: Session,
  { told, tellsProvider }: { readonly told: ReadonlySet<string>; readonly tellsProvider: boolean },
): unknown {
  const { user, email = '', groups, preferredUsername, claims = {} } = session
  const additional = Object.entries(claims).filter(([name]) => told.has(name))
  const additionalClaims = additional.length === 0 ? undefined : Object.fromEntries(additional)
  return {
    user,
    email,
    groups: groups.length === 0 ? undefined : groups,
    preferredUsername,
    ...(tellsProvider ? sourceFields(session.source) : undefined),
    additionalClaims,
  }
}

/** State that a single-page app needs to warn before the end; never a token. Times are ISO 8601. */
function toState({ config, sessions }: Services, session: Session): unknown {
  const { user, email, groups, preferredUsername, source, seenAtMs, signedInAtMs, tokens } = session
  const { idleTimeoutMs } = config.session
  return {
    user,
    email,
    groups,
    preferred_username: preferredUsername,
    ...sourceFields(source),
    signed_in_at: toIso(signedInAtMs),
    expires_at: toIso(sessions.endsAtMs(session)),
    idle_expires_at: idleTimeoutMs === 0 ? undefined : toIso(seenAtMs + idleTimeoutMs),
    refreshable: tokens.refresh !== undefined,
  }
}

function toIso(ms: number): string | undefined {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}
