import type { OwnPaths } from '../config/own-paths.ts'
import type { CookieConfig } from '../config/sections/cookie.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import type { SignInConfig } from '../config/sections/sign-in.ts'
import type { KeyRing } from '../crypto/keys.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Site } from '../http/site.ts'
import { type EventFields, type EventName, PERSON, REQUEST } from '../observe/event.ts'
import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'
import type { Rules } from '../policy/rules.ts'
import { PROBLEMS, type Problem } from '../problems.ts'
import type { Provider } from '../providers/provider.ts'
import type { ClientFingerprints } from '../session/clients.ts'
import type { Denylist } from '../session/denylist.ts'
import type { Session } from '../session/session.ts'
import type { SessionStore } from '../session/store.ts'
import { adviseOperator } from './failure/advice.ts'
import type { Refusals } from './failure/refusals.ts'
import type { LocalUsers } from './local/account.ts'
import type { ProviderChoice } from './provider/choice.ts'
import { toOwnRedirectUri } from './provider/own-callback.ts'

/** Collaborators of signing in and out. */
export interface SignInContext {
  readonly config: {
    readonly signIn: SignInConfig
    readonly paths: OwnPaths
    readonly cookie: Pick<CookieConfig, 'name' | 'csrf' | 'domains' | 'secure'>
    readonly providers: readonly Pick<ProviderConfig, 'id' | 'loginUrlParameters' | 'backendLogoutUrl'>[]
  }
  /** Choice between several providers; undefined where there is one. */
  readonly choice?: ProviderChoice | undefined
  readonly providers: readonly Provider[]
  readonly clients: ClientFingerprints
  /** Keys of purpose `transaction`. */
  readonly ring: KeyRing
  readonly sessions: Pick<SessionStore, 'load' | 'save' | 'clear'>
  readonly denylist: Pick<Denylist, 'deny'>
  readonly site: Site
  readonly refusals: Pick<Refusals, 'find'>
  /** Checks whether a person who was authenticated may hold a session. */
  readonly mayHold: Rules['mayHold']
  /** Local users; undefined without an htpasswd file. */
  readonly localUsers: LocalUsers | undefined
  readonly platform: Pick<Platform, 'fetch' | 'now'>
  readonly log: Pick<Log, 'event' | 'line'>
}

/**
 * Address that a login comes back to: as configured, else on the origin of this request. With `own`, the one that only
 * the provider of this id has, see `readOwnCallback`.
 */
export function toRedirectUri(
  { config }: Pick<SignInContext, 'config'>,
  { facts }: Exchange,
  own?: string,
): string {
  const { redirectUrl, redirectPath } = config.signIn
  return toOwnRedirectUri(redirectUrl ?? `${facts.origin}${redirectPath}`, own)
}

/** The parameter `redirect_uri` of a login, the same bytes in both requests: that address, or its path alone. */
export function toRedirectUriParameter(
  context: Pick<SignInContext, 'config'>,
  exchange: Exchange,
  own?: string,
): string {
  const { redirectUrl, redirectPath, relativeRedirect } = context.config.signIn
  return redirectUrl === undefined && relativeRedirect
    ? toOwnRedirectUri(redirectPath, own)
    : toRedirectUri(context, exchange, own)
}

/** Loads the session that a request carries, if it is valid. */
export async function loadSession(
  { sessions }: Pick<SignInContext, 'sessions'>,
  { cookies }: Exchange,
): Promise<Session | undefined> {
  const loaded = await sessions.load(cookies)
  return loaded.kind === 'active' ? loaded.session : undefined
}

/** Logs why an attempt failed, at the level of the reason. */
export function logFailure(
  { log }: Pick<SignInContext, 'log'>,
  event: EventName,
  {
    exchange,
    why,
    fields,
  }: { readonly exchange: Exchange; readonly why: Problem; readonly fields?: EventFields },
): void {
  const { level } = PROBLEMS[why.reason]
  log.event(event, level, {
    code: why.reason,
    ...why.detail,
    seen: why.findings?.map(({ code }) => code).join(' '),
    ...fields,
    ...requestFields(exchange),
    advice: adviseOperator(why),
  })
}

/** Log fields that say which request an event belongs to. */
export function requestFields(exchange: Exchange): EventFields {
  return { request_id: exchange.requestId, client: exchange.facts.client, [REQUEST]: exchange }
}

/** Logs that a person who is signed in may not make a request; the access line says so already. */
export function logDenied(
  { log }: Pick<SignInContext, 'log'>,
  exchange: Exchange,
  { session, problem: { detail } }: { readonly session: Session; readonly problem: Problem },
): void {
  log.event('session_denied', 'debug', { ...detail, [REQUEST]: exchange, [PERSON]: session })
}
