import { type Settled, sleep } from '../../lib/single-flight.ts'
import type { Log } from '../../observe/log.ts'
import type { Platform } from '../../platform.ts'
import { type Level, PROBLEMS, type Problem, problem, type Reason } from '../../problems.ts'
import { failed, type Result } from '../../result.ts'
import { findProvider, type Grant, type Session, type SessionProvider, sourceFields } from '../session.ts'
import type { SessionStore, StoredSession } from '../store.ts'
import { type RefreshExchange, type RefreshKey, SUCCESSOR_MS } from './exchange.ts'
import { writeSurely } from './write-surely.ts'

/** Outcome of a refresh or a validation at the provider. */
export type RefreshOutcome =
  | { readonly kind: 'renewed'; readonly stored: StoredSession }
  /** The provider does not know the refresh token: it was revoked, or another process was quicker to use it. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The provider vouches for another person, or no longer for this one. */
  | { readonly kind: 'ended'; readonly problem: Problem }
  /** No usable answer; the session is as good as before. */
  | { readonly kind: 'failed'; readonly problem: Problem }

export interface ProviderRefreshDeps {
  readonly providers: readonly SessionProvider[]
  readonly store: Pick<SessionStore, 'write' | 'read'>
  readonly peers: RefreshExchange
  readonly platform: Pick<Platform, 'now'>
  readonly log: Pick<Log, 'event'>
  /** Time that a renewed session waits in this process for requests that still carry the old cookie. */
  readonly successorMs: number
}

/**
 * Refreshes and validates sessions at their provider; `requestId` is that of the request which happened to start it.
 */
export interface ProviderRefresh {
  /** Uses the refresh token, unless another process just did. */
  refresh(stored: StoredSession, refreshKey: RefreshKey, requestId: string): Promise<Settled<RefreshOutcome>>
  /** Validates the access token at the provider. */
  validate(stored: StoredSession, requestId: string): Promise<Settled<RefreshOutcome>>
}

/** Pause after a failure, in which the provider is left alone. */
const RETRY_AFTER_MS = 5000

/** Interval and limit of looking for the result that another process is fetching. */
const LOOK_EVERY_MS = 50
const LOOKS = 160

/** Reasons that are about the person, so that the session ends (OpenID Connect Core §12.2). */
const ENDING: ReadonlySet<Reason> = new Set([
  'id_token_invalid',
  'issuer_mismatch',
  'identity_incomplete',
  'email_unverified',
  'not_permitted',
])

/** Creates the part that asks providers. It knows nothing of requests: a client that leaves cannot cut it short. */
export function createProviderRefresh({
  providers,
  store,
  peers,
  platform,
  log,
  successorMs,
}: ProviderRefreshDeps): ProviderRefresh {
  async function ask(before: StoredSession): Promise<RefreshOutcome> {
    const { session, reference } = before
    const provider = findProvider(providers, session.source)
    // A provider that was taken out of the configuration vouches for no one.
    if (provider === undefined) return { kind: 'ended', problem: problem('refresh_unsupported') }
    const grant = await provider.refresh(session)
    if (!grant.ok && grant.problem.reason === 'refresh_unsupported') return askWhetherValid(before)
    if (!grant.ok) return toFailure(grant.problem)
    if (!isSamePerson(session, grant.value)) {
      return { kind: 'ended', problem: problem('id_token_invalid', { why: 'another subject or issuer' }) }
    }
    return toRenewed(await writeSurely(store, toSuccessor(session, grant.value, platform.now()), reference))
  }

  async function askWhetherValid({ session, reference }: StoredSession): Promise<RefreshOutcome> {
    // Without a refresh token the end of the access token is the end of what the provider said.
    if (platform.now() >= (session.tokens.accessExpiresAtMs ?? Number.POSITIVE_INFINITY)) {
      return { kind: 'ended', problem: problem('refresh_unsupported') }
    }
    const stands = await findProvider(providers, session.source)?.validate(session)
    if (stands?.ok === false) return toFailure(stands.problem)
    if (stands?.value !== true) return { kind: 'ended', problem: problem('refresh_refused') }
    const nowMs = platform.now()
    // No longer life was promised: the end stays where the sign-in put it, as in oauth2-proxy.
    return toRenewed(await store.write({ ...session, refreshedAtMs: nowMs, seenAtMs: nowMs }, reference))
  }

  async function askOrAdopt(before: StoredSession, refreshKey: RefreshKey): Promise<RefreshOutcome> {
    for (let look = 0; look < LOOKS; look += 1) {
      const adopted = await adopt(before, refreshKey)
      if (adopted !== undefined) return adopted
      if (await peers.claim(refreshKey)) return askAlone(before, refreshKey)
      await sleep(LOOK_EVERY_MS)
    }
    return { kind: 'failed', problem: problem('provider_unreachable', { why: 'another process is asking' }) }
  }

  /**
   * Refreshes under a claim that this process holds; the successor may have arrived between the look for it and the
   * claim.
   */
  async function askAlone(before: StoredSession, refreshKey: RefreshKey): Promise<RefreshOutcome> {
    const outcome = (await adopt(before, refreshKey)) ?? (await askUnlessKnown(before))
    if (outcome.kind === 'renewed') await peers.put(refreshKey, outcome.stored.reference)
    await peers.release(refreshKey)
    return outcome
  }

  /**
   * Asks unless the store knows better by now: a session that was refreshed meanwhile is taken, one that was ended is not asked
   * about, and while the store is silent no refresh token is used up for a result that could not be kept.
   */
  async function askUnlessKnown(before: StoredSession): Promise<RefreshOutcome> {
    const { session, reference } = before
    const latest = await store.read(reference)
    if (latest === 'unavailable') return toRenewed(failed(problem('session_store_unavailable')))
    if (typeof latest === 'string') return { kind: 'ended', problem: problem('sign_in_required') }
    const isRefreshed = latest.refreshedAtMs > session.refreshedAtMs
    return isRefreshed ? { kind: 'renewed', stored: { session: latest, reference } } : ask(before)
  }

  async function adopt(before: StoredSession, refreshKey: RefreshKey): Promise<RefreshOutcome | undefined> {
    const reference = await peers.take(refreshKey)
    const session = reference === undefined ? undefined : await store.read(reference)
    if (reference === undefined || typeof session !== 'object' || session.id !== before.session.id)
      return undefined
    return { kind: 'renewed', stored: { reference, session } }
  }

  function settle(
    outcome: RefreshOutcome,
    { session }: StoredSession,
    requestId: string,
  ): Settled<RefreshOutcome> {
    const fields = { request_id: requestId, ...sourceFields(session.source), user: session.user }
    if (outcome.kind === 'renewed') {
      log.event('session_refreshed', 'info', fields)
      return { value: outcome, keepMs: successorMs }
    }
    log.event(`session_refresh_${outcome.kind}`, levelOf(outcome), { ...fields, ...toFields(outcome) })
    return { value: outcome, keepMs: outcome.kind === 'failed' ? RETRY_AFTER_MS : SUCCESSOR_MS }
  }

  return {
    refresh: async (stored, refreshKey, requestId) =>
      settle(await askOrAdopt(stored, refreshKey), stored, requestId),
    validate: async (stored, requestId) => settle(await askWhetherValid(stored), stored, requestId),
  }
}

/** The session after a refresh. A grant that leaves out a token leaves the old one in force (RFC 6749 §6). */
function toSuccessor(session: Session, { identity, tokens }: Grant, nowMs: number): Session {
  return {
    ...session,
    ...identity,
    sid: identity.sid ?? session.sid,
    tokens: {
      access: tokens.access ?? session.tokens.access,
      id: tokens.id ?? session.tokens.id,
      refresh: tokens.refresh ?? session.tokens.refresh,
      accessExpiresAtMs: tokens.accessExpiresAtMs,
    },
    refreshedAtMs: nowMs,
    // The store names this process.
    refreshedBy: undefined,
    seenAtMs: nowMs,
    // The store cuts it to what the configuration grants from now on.
    expiresAtMs: Number.POSITIVE_INFINITY,
  }
}

function isSamePerson({ issuer, subject }: Session, { identity }: Grant): boolean {
  return identity.issuer === issuer && identity.subject === subject
}

/** Outcome for a written session; one that cannot be written has ended, unless its store is only silent. */
export function toRenewed(written: Result<StoredSession>): RefreshOutcome {
  if (written.ok) return { kind: 'renewed', stored: written.value }
  const kind = written.problem.reason === 'session_store_unavailable' ? 'failed' : 'ended'
  return { kind, problem: written.problem }
}

function toFailure(why: Problem): RefreshOutcome {
  if (why.reason === 'refresh_refused') return { kind: 'refused', problem: why }
  return { kind: ENDING.has(why.reason) ? 'ended' : 'failed', problem: why }
}

/**
 * Log level of an outcome: an answer about another person is a matter for the operator, whatever it means elsewhere.
 */
function levelOf({ kind, problem: { reason } }: Exclude<RefreshOutcome, { kind: 'renewed' }>): Level {
  return kind === 'ended' && reason === 'id_token_invalid' ? 'error' : PROBLEMS[reason].level
}

function toFields({ problem: why }: Exclude<RefreshOutcome, { kind: 'renewed' }>) {
  return { code: why.reason, ...why.detail }
}
