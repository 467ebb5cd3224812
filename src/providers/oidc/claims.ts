import type { ProviderConfig } from '../../config/sections/provider.ts'
import { isRecord } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Identity } from '../../session/session.ts'
import { isPlainText } from './id-token.ts'
import type { Claims } from './jwks.ts'

/** Which claims say what. */
export type ClaimSettings = ProviderConfig['claims']

/** Groups that can be used, and how many could not. */
export interface Groups {
  readonly groups: readonly string[]
  readonly dropped: number
}

/** An identity, and what had to be left out of it. */
export interface ReadIdentity {
  readonly identity: Identity
  readonly droppedGroups: number
}

/**
 * Looks a claim up: the literal name first, else a dotted path into objects, as oauth2-proxy does. Own properties only,
 * so that `constructor` is nobody's group.
 */
export function findClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** True when the profile endpoint could add something that the ID token leaves out. */
export function lacksClaims(claims: Claims, settings: ClaimSettings): boolean {
  const wanted = [settings.email, settings.groups, 'preferred_username']
  return wanted.some((path) => findClaim(claims, path) === undefined)
}

/**
 * Verified claims to an identity. `sources` in order of trust: ID token, then profile; each claim is taken from the first
 * that has it. The subject and the issuer come from the first source alone and were checked with it.
 */
export function readIdentity(
  sources: readonly [Claims, ...Claims[]],
  settings: ClaimSettings,
): Result<ReadIdentity> {
  const find = (path: string): unknown =>
    sources.map((claims) => findClaim(claims, path)).find((value) => value !== undefined)
  const [{ iss, sub, sid }] = sources
  const email = find(settings.email)
  if (email !== undefined && !isEmailText(email)) {
    return failed(problem('identity_incomplete', { claim: settings.email, why: 'type' }))
  }
  if (!isEmailVerified(sources, settings)) return failed(problem('email_unverified'))
  const username = find('preferred_username')
  const { groups, dropped } = readGroups(find(settings.groups))
  const identity: Identity = {
    issuer: String(iss),
    subject: String(sub),
    user: String(sub),
    email,
    preferredUsername: isPlainText(username) ? username : undefined,
    groups,
    sid: isPlainText(sid) && sid.length <= 255 ? sid : undefined,
  }
  return ok({ identity, droppedGroups: dropped })
}

/**
 * Exact strings, each once. One string is a list of one. What a comma-separated header cannot carry unchanged (control
 * characters, commas) and what is no string is dropped and counted: `["a,b"]` must never become membership of `a`.
 */
export function readGroups(claim: unknown): Groups {
  if (claim === undefined || claim === null) return { groups: [], dropped: 0 }
  const entries: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  const usable = entries.filter(isGroup)
  return { groups: [...new Set(usable)], dropped: entries.length - usable.length }
}

/** True for a name that a comma-separated header carries unchanged. */
export function isGroup(entry: unknown): entry is string {
  return isPlainText(entry) && !entry.includes(',') && entry.trim() === entry
}

/**
 * No source may say anything but `true`, or the text `"true"`, which Cognito and Apple write for it. A missing claim counts
 * as verified, as in oauth2-proxy. The check belongs to the standard claim: an operator who names another vouches for it.
 */
function isEmailVerified(sources: readonly Claims[], settings: ClaimSettings): boolean {
  if (settings.allowUnverifiedEmail || settings.email !== 'email') return true
  const said = sources.filter((claims) => Object.hasOwn(claims, 'email_verified'))
  return said.every(({ email_verified: verified }) => verified === true || verified === 'true')
}

function isEmailText(value: unknown): value is string {
  return isPlainText(value) && value.length <= 320 && !/\s/u.test(value)
}
