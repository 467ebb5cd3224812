import type { Problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Logout } from '../provider.ts'
import {
  checkAudience,
  checkIssuer,
  checkSubject,
  checkTimes,
  invalid,
  isPlainText,
  isType,
  type Parties,
  toSubject,
} from './id-token.ts'
import type { VerifiedJwt } from './jwks.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Longest age of a logout token. A provider sends it at once and again for a while when Sidegate is down. */
const MAX_AGE_MS = 5 * 60_000

/**
 * Checks a logout token whose signature was verified: every check of OpenID Connect Back-Channel Logout 1.0 §2.6 but
 * the replay of `jti`. Pure: the time comes in, in ms since the epoch.
 */
export function readLogoutToken(jwt: VerifiedJwt, parties: Parties, nowMs: number): Result<Logout> {
  const { claims } = jwt
  const refusal = checkLogout(jwt, parties, nowMs)
  if (refusal !== undefined) return failed(refusal)
  const { iss, sub, sid, iat, jti } = claims
  return ok({
    issuer: String(iss),
    subject: toSubject(sub),
    sid: typeof sid === 'string' ? sid : undefined,
    issuedAtMs: Number(iat) * 1000,
    jti: String(jti),
  })
}

function checkLogout({ typ, claims }: VerifiedJwt, parties: Parties, nowMs: number): Problem | undefined {
  if (!isType(typ, ['logout+jwt', 'jwt'])) return invalid('typ')
  const { events, sub, sid, jti } = claims
  if (!isLogoutEvent(events)) return invalid('events')
  // §2.4: present in an ID token, which could otherwise be passed off as this.
  if (Object.hasOwn(claims, 'nonce')) return invalid('nonce')
  if (!isShortText(jti)) return invalid('jti')
  if (sub === undefined && sid === undefined) return invalid('sub')
  if (sid !== undefined && !isShortText(sid)) return invalid('sid')
  return (
    checkTimes(claims, nowMs, MAX_AGE_MS) ??
    checkIssuer(claims, parties) ??
    checkAudience(claims, parties) ??
    (sub === undefined ? undefined : checkSubject(claims))
  )
}

function isLogoutEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false
  const event: unknown = Object.entries(events).find(([name]) => name === EVENT)?.[1]
  return typeof event === 'object' && event !== null && !Array.isArray(event)
}

function isShortText(value: unknown): boolean {
  return isPlainText(value) && value.length <= 255
}
