import type { ProviderConfig } from '../../config/sections/provider.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Grant, Identity, Session } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import type { ProviderClient } from '../http/client.ts'
import { type TokenResponse, toTokens } from '../http/token-response.ts'
import { callValidateUrl } from '../http/validate-url.ts'
import { type FindClaim, findClaim, lacksClaims, type ReadGroupEntries, readIdentity } from './claims.ts'
import type { CodeFlow } from './code-flow.ts'
import type { ReadMetadata } from './discovery.ts'
import { checkTimes, toSubject } from './id-token.ts'
import type { Claims } from './jwks.ts'
import { fetchProfile } from './profile.ts'
import type { TokenVerifier } from './token-verifier.ts'

export interface OidcDeps {
  readonly config: ProviderConfig
  readonly context: ProviderContext
  readonly readMetadata: ReadMetadata
  readonly http: ProviderClient
  readonly flow: CodeFlow
  readonly verifier: TokenVerifier
  /** Reads the groups of a kind that does not have them in the groups claim alone. */
  readonly groupEntries?: ReadGroupEntries | undefined
  /** Further claims that it reads. */
  readonly groupClaims?: readonly string[] | undefined
}

/**
 * Longest age of an ID token at login: it answers a code that is a minute old; an older one was made for something
 * else.
 */
const LOGIN_AGE_MS = 3_600_000

/** Reads the grant of a sign-in from its tokens: every check of the ID token, the profile where claims are missing. */
export async function readLoginGrant(
  deps: OidcDeps,
  response: TokenResponse,
  nonce: string | undefined,
): Promise<Result<Grant>> {
  const { accessToken, idToken } = response
  if (idToken === undefined) return failed(problem('provider_misbehaved', { why: 'no id_token' }))
  const claims = await deps.verifier.idToken(idToken, { nonce, maxAgeMs: LOGIN_AGE_MS, accessToken })
  if (!claims.ok) return claims
  const profile = await readProfile(deps, {
    known: claims.value,
    accessToken,
    subject: toSubject(claims.value['sub']) ?? '',
  })
  if (!profile.ok) return profile
  const identity = toIdentity(deps, [claims.value, ...profile.value])
  if (!identity.ok) return identity
  return ok({ identity: identity.value, tokens: toTokens(response, undefined, deps.context.platform.now()) })
}

/** Reads the grant of a JWT from an Authorization header. The token alone counts. */
export async function readBearerGrant(deps: OidcDeps, token: string): Promise<Result<Grant>> {
  const claims = await deps.verifier.bearer(token)
  if (!claims.ok) return claims
  const identity = toIdentity(deps, [claims.value])
  return identity.ok ? ok(toBearerGrant(identity.value, token, claims.value)) : identity
}

/** The grant of a verified bearer token, which is both access token and ID token, as in oauth2-proxy. */
export function toBearerGrant(identity: Identity, token: string, claims: Claims): Grant {
  return {
    identity,
    tokens: { access: token, id: token, refresh: undefined, accessExpiresAtMs: Number(claims['exp']) * 1000 },
  }
}

/**
 * Refreshes (OpenID Connect Core 1.0 §12). An answer about another person, issuer or client keeps its own reason, which
 * ends the session at once; one that cannot be trusted counts as a refusal. Once the provider has answered, its old
 * refresh token may be used up: trouble with keys, profile or clocks then keeps the old identity, so that the new token
 * is not lost.
 */
export async function refreshGrant(deps: OidcDeps, session: Session): Promise<Result<Grant>> {
  const { refresh } = session.tokens
  if (refresh === undefined) return failed(problem('refresh_unsupported'))
  const response = await deps.flow.refresh(refresh)
  if (!response.ok) return response
  const { accessToken, idToken } = response.value
  const claims =
    idToken === undefined ? undefined : await readRefreshedClaims(deps, session, { idToken, accessToken })
  if (claims?.ok === false && isFatal(claims.problem)) return failed(toRefusal(claims.problem))
  const verified = claims?.ok === true ? claims.value : undefined
  const profile = await readProfile(deps, { known: verified ?? {}, accessToken, subject: session.subject })
  if (!profile.ok && isFatal(profile.problem)) return failed(toRefusal(profile.problem))
  const identity = mergeIdentity(deps, session, {
    claims: verified,
    profile: profile.ok ? profile.value : undefined,
  })
  if (!identity.ok) return identity
  const refusal = await askValidateUrl(deps, accessToken)
  if (refusal !== undefined) return failed(refusal)
  // An ID token that could not be verified is not kept: headers and logout would pass it on.
  const kept = verified === undefined ? { ...response.value, idToken: undefined } : response.value
  return ok({ identity: identity.value, tokens: toTokens(kept, session.tokens, deps.context.platform.now()) })
}

/**
 * Asks the validate-url about a new access token, as oauth2-proxy does after each refresh. An answer that is not 200
 * ends the session; none at all does not, since the old refresh token may be used up.
 */
async function askValidateUrl({ http, config }: OidcDeps, accessToken: string): Promise<Problem | undefined> {
  const valid = await callValidateUrl(http, config.validateUrl, accessToken, 'Bearer')
  return valid.ok && !valid.value
    ? problem('not_permitted', { rule: 'validate-url', setting: 'validate-url' })
    : undefined
}

async function readRefreshedClaims(
  { verifier, config, context }: OidcDeps,
  session: Session,
  { idToken, accessToken }: { readonly idToken: string; readonly accessToken: string },
): Promise<Result<Claims>> {
  const login = { nonce: undefined, maxAgeMs: undefined, timesLater: true, accessToken }
  const claims = await verifier.idToken(idToken, login)
  if (!claims.ok) return claims
  const same =
    toSubject(claims.value['sub']) === session.subject &&
    toIssuer(config, claims.value['iss']) === session.issuer
  if (!same) return failed(problem('id_token_invalid', { check: 'same person' }))
  // Last, because a clock that is wrong excuses a token about this person only.
  const untimely = checkTimes(claims.value, context.platform.now(), undefined)
  return untimely === undefined ? claims : failed(untimely)
}

/**
 * Merges the identity that the provider gives now into the known one. Missing claims of groups empty the groups only if
 * all sources were read.
 */
function mergeIdentity(
  deps: OidcDeps,
  session: Session,
  {
    claims,
    profile,
  }: { readonly claims: Claims | undefined; readonly profile: readonly Claims[] | undefined },
): Result<Identity> {
  const { issuer, subject, user, email, preferredUsername, groups, sid, claims: known } = session
  const before: Identity = { issuer, subject, user, email, preferredUsername, groups, sid, claims: known }
  const [first, ...others] = [...(claims === undefined ? [] : [claims]), ...(profile ?? [])]
  if (first === undefined) return ok(before)
  const said = toIdentity(deps, [first, ...others])
  if (!said.ok) return said
  const all = claims !== undefined && profile !== undefined
  return ok({
    ...before,
    email: said.value.email ?? email,
    preferredUsername: said.value.preferredUsername ?? preferredUsername,
    groups: all || saysGroups(deps, [first, ...others]) ? said.value.groups : groups,
    claims: all ? said.value.claims : mergeClaims(known, said.value.claims),
    sid: said.value.sid ?? sid,
  })
}

/** True when a claim that groups are read from, which a preset may know several of, is in one of the sources. */
function saysGroups({ config, groupEntries }: OidcDeps, sources: readonly Claims[]): boolean {
  let isSaid = false
  const find: FindClaim = (path) => {
    const claim = sources.map((source) => findClaim(source, path)).find((value) => value !== undefined)
    isSaid ||= claim !== undefined
    return claim
  }
  if (groupEntries === undefined) find(config.claims.groups)
  else groupEntries(find)
  return isSaid
}

/** Keeps the claims of before where the answer leaves them out. */
function mergeClaims(before: Identity['claims'], said: Identity['claims']): Identity['claims'] {
  return said === undefined ? undefined : { ...before, ...said }
}

/** Asks the profile endpoint where claims are missing and the operator allows it. At most one entry. */
async function readProfile(
  { config, http, readMetadata, verifier, groupClaims = [] }: OidcDeps,
  {
    known,
    accessToken,
    subject,
  }: { readonly known: Claims; readonly accessToken: string; readonly subject: string },
): Promise<Result<readonly Claims[]>> {
  if (config.claims.skipProfileUrl || !lacksClaims(known, config.claims, groupClaims)) return ok([])
  const metadata = await readMetadata()
  if (!metadata.ok) return metadata
  const url = metadata.value.userinfoEndpoint
  if (url === undefined) return ok([])
  const profile = await fetchProfile(http, verifier.profile, { url, accessToken, subject })
  return profile.ok ? ok([profile.value]) : profile
}

function toIdentity(
  { config, context, groupEntries }: OidcDeps,
  sources: readonly [Claims, ...Claims[]],
): Result<Identity> {
  const read = readIdentity(sources, config.claims, groupEntries)
  if (!read.ok) return read
  const { identity, droppedGroups } = read.value
  if (droppedGroups.length > 0) {
    context.log.line('warn', 'Dropped entries of the groups claim that are no names', {
      provider: config.id,
      claim: config.claims.groups,
      count: droppedGroups.length,
      kinds: [...new Set(droppedGroups)].join(', '),
    })
  }
  return ok({ ...identity, issuer: toIssuer(config, sources[0]['iss']) })
}

/** Normalizes the issuer: aliases of an issuer are one issuer, the configured one. */
export function toIssuer({ issuer, skipIssuerVerification }: ProviderConfig, iss: unknown): string {
  return skipIssuerVerification || issuer === undefined ? String(iss) : issuer
}

/**
 * Checks of a refreshed ID token that fail for a while: its key is not published yet, or one of the two clocks is wrong.
 */
const PASSING: readonly unknown[] = ['kid', 'exp', 'iat', 'nbf']

/** True when the answer itself is wrong; anything else is trouble that passes. */
function isFatal({ reason, detail }: Problem): boolean {
  return reason === 'id_token_invalid' && !PASSING.includes(detail?.['check'])
}

/**
 * Checks of an ID token that fail only where the answer is about another person, issuer or client (OpenID Connect Core
 * 1.0 §12.2).
 */
const STRANGE: readonly unknown[] = ['same person', 'profile sub', 'iss', 'aud', 'azp']

/** Problem of a refresh. A token that is badly signed may be trouble of the provider, while the old one is still valid. */
function toRefusal(why: Problem): Problem {
  const { reason, detail } = why
  return STRANGE.includes(detail?.['check']) ? why : problem('refresh_refused', { why: reason, ...detail })
}
