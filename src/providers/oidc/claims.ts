import type { ProviderConfig } from '../../config/sections/provider.ts'
import { fromBase64Url } from '../../lib/bytes.ts'
import { isRecord, parseJson } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ClaimValue, Identity } from '../../session/session.ts'
import { isPlainText, toSubject } from './id-token.ts'
import type { Claims } from './jwks.ts'

/** Names of the claims that hold e-mail address, groups and user. */
export type ClaimSettings = ProviderConfig['claims']

/** Groups of a claim, and the kinds of the entries that are no names. */
export interface Groups {
  readonly groups: readonly string[]
  /** One entry each: `object`, `boolean`, `control characters`, … */
  readonly dropped: readonly string[]
}

/** An identity, and the kinds of the group entries that were left out of it. */
export interface ReadIdentity {
  readonly identity: Identity
  readonly droppedGroups: readonly string[]
}

/**
 * Finds a claim: the literal name first, else a dotted path into objects, as oauth2-proxy does. Own properties only, so
 * that `constructor` is no group.
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

/** Value of a claim by its name or path, from the first source that says it; undefined when none does. */
export type FindClaim = (path: string) => unknown

/** Reads the entries that become groups. */
export type ReadGroupEntries = (find: FindClaim) => unknown

/**
 * Reads the claims of a JWT without verifying it: one that came straight from the token endpoint, or that was verified
 * before (OpenID Connect Core 1.0 §3.1.3.7 point 6). No claims for what is no JWT.
 */
export function peekClaims(token: string | undefined): Claims {
  const bytes = fromBase64Url(token?.split('.')[1] ?? '')
  const claims = bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes))
  return isRecord(claims) ? claims : {}
}

/** True when the profile endpoint could add something that the ID token leaves out. */
export function lacksClaims(
  claims: Claims,
  settings: ClaimSettings,
  groupClaims: readonly string[],
): boolean {
  const wanted = [
    settings.email,
    settings.groups,
    'preferred_username',
    ...settings.additional,
    ...groupClaims,
  ]
  return wanted.some((path) => !isSaid(findClaim(claims, path)))
}

/**
 * Reads an identity from verified claims. `sources` in order of trust: ID token, then profile; each claim is taken from
 * the first that has it. The subject and the issuer come from the first source alone and were checked with it.
 */
export function readIdentity(
  sources: readonly [Claims, ...Claims[]],
  settings: ClaimSettings,
  groupEntries: ReadGroupEntries = (find) => find(settings.groups),
): Result<ReadIdentity> {
  const find: FindClaim = (path) => sources.map((claims) => findClaim(claims, path)).find(isSaid)
  const [{ iss, sub, sid }] = sources
  const subject = toSubject(sub) ?? ''
  const email = find(settings.email)
  if (email !== undefined && !isEmailText(email)) {
    return failed(problem('identity_incomplete', { claim: settings.email, why: 'type' }))
  }
  if (!isEmailVerified(sources, settings)) return failed(problem('email_unverified'))
  const username = find('preferred_username')
  const { groups, dropped } = readGroups(groupEntries(find))
  const identity: Identity = {
    issuer: String(iss),
    subject,
    user: subject,
    email,
    preferredUsername: isPlainText(username) ? username : undefined,
    groups,
    sid: isPlainText(sid) && sid.length <= 255 ? sid : undefined,
  }
  const claims = readAdditional(settings.additional, find)
  return ok({ identity: claims === undefined ? identity : { ...identity, claims }, droppedGroups: dropped })
}

/** The claims that header rows name, as far as they were said; undefined where no row names any. */
function readAdditional(
  names: readonly string[],
  find: (path: string) => unknown,
): Identity['claims'] | undefined {
  if (names.length === 0) return undefined
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = toClaimValue(find(name))
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Text, numbers and booleans, and lists of them. An object is no text; a dotted path reaches what is in it. */
function toClaimValue(claim: unknown): ClaimValue | undefined {
  if (!Array.isArray(claim)) return toClaimText(claim)
  return claim.map(toClaimText).filter((text) => text !== undefined)
}

function toClaimText(claim: unknown): string | undefined {
  if (typeof claim === 'string') return claim
  return typeof claim === 'number' || typeof claim === 'boolean' ? String(claim) : undefined
}

/** Longest name of a group that is kept. */
const LONGEST_GROUP = 1_024

/**
 * Reads exact names, each once; one value is a list of one, and a safe integer is its text. Rules see each name as it
 * is: what a header cannot carry is left out there and not here.
 */
export function readGroups(claim: unknown): Groups {
  if (!isSaid(claim)) return { groups: [], dropped: [] }
  const entries: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  const groups = new Set<string>()
  const dropped: string[] = []
  for (const entry of entries) {
    const name = Number.isSafeInteger(entry) ? String(entry) : entry
    if (typeof name === 'string' && whyNoName(name) === undefined) groups.add(name)
    else dropped.push(typeof name === 'string' ? (whyNoName(name) ?? '') : kindOf(name))
  }
  return { groups: [...groups], dropped }
}

function whyNoName(name: string): string | undefined {
  if (name === '') return 'empty'
  if (!isPlainText(name)) return 'control characters'
  return name.length > LONGEST_GROUP ? 'too long' : undefined
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}

/** False for null and the empty text, which say as little as a claim that is missing. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/**
 * False when any source says anything but `true`, or the text `"true"`, which Cognito and Apple write for it. A missing
 * claim counts as verified, as in oauth2-proxy; null does not. The check belongs to the standard claim: an operator who names another
 * vouches for it.
 */
function isEmailVerified(sources: readonly Claims[], settings: ClaimSettings): boolean {
  if (settings.allowUnverifiedEmail || settings.email !== 'email') return true
  const said = sources.filter((claims) => Object.hasOwn(claims, 'email_verified'))
  return said.every(({ email_verified: verified }) => verified === true || verified === 'true')
}

function isEmailText(value: unknown): value is string {
  return isPlainText(value) && value.length <= 320 && !/\s/u.test(value)
}
