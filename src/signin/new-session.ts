import type { Exchange } from '../http/exchange.ts'
import { randomToken } from '../lib/bytes.ts'
import { type EventFields, PERSON } from '../observe/event.ts'
import { type Grant, type Session, type SessionSource, sourceFields } from '../session/session.ts'
import { logFailure, requestFields, type SignInContext } from './context.ts'
import { type Outcome, redirect, refuse } from './outcome.ts'

/** A person who was authenticated, and where they go on. */
export interface Admission {
  readonly grant: Grant
  readonly source: SessionSource
  readonly returnTo: string
}

/** Creates the session of a person; its id is new whatever the browser carried. It ends when the store says. */
export function newSession({ grant, source }: Omit<Admission, 'returnTo'>, nowMs: number): Session {
  return {
    ...grant.identity,
    id: randomToken(16),
    source,
    client: undefined,
    tokens: grant.tokens,
    signedInAtMs: nowMs,
    refreshedAtMs: nowMs,
    seenAtMs: nowMs,
    // Stores bind it to the provider's client, and cut its end to the lifetimes of the configuration.
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  }
}

/** Completes every sign-in: checks the rules, stores the session, redirects to the return target. */
export async function completeSignIn(
  context: SignInContext,
  exchange: Exchange,
  admission: Admission,
): Promise<Outcome> {
  const { grant, source, returnTo } = admission
  const { identity } = grant
  const session = newSession(admission, context.platform.now())
  const who = { ...sourceFields(source), user: identity.user, email: identity.email, [PERSON]: session }
  const allowed = context.mayHold(session)
  if (!allowed.ok) {
    logFailure(context, 'sign_in_failed', { exchange, why: allowed.problem, fields: who })
    return refuse(allowed.problem, { returnTo, identity })
  }
  const saved = await context.sessions.save({ session, carried: exchange.cookies })
  if (!saved.ok) {
    logFailure(context, 'sign_in_failed', { exchange, why: saved.problem, fields: who })
    return refuse(saved.problem, { returnTo, identity })
  }
  context.log.event('sign_in_succeeded', 'info', {
    ...who,
    cookie_bytes: saved.value.cookieBytes,
    ...requestFields(exchange),
  })
  if (saved.value.dropped.length > 0) {
    const fields = {
      ...who,
      dropped: saved.value.dropped.join(' '),
      ...toSizes(grant),
      ...requestFields(exchange),
    }
    context.log.event('session_trimmed', 'warn', fields)
  }
  return redirect(returnTo, saved.value.changes)
}

/** Sizes of the grant in bytes, by which an operator sees why there was no room for it. */
function toSizes({ identity, tokens }: Grant): EventFields {
  return {
    access_token_bytes: tokens.access?.length,
    id_token_bytes: tokens.id?.length,
    refresh_token_bytes: tokens.refresh?.length,
    groups: identity.groups.length,
    groups_bytes: identity.groups.join().length,
  }
}
