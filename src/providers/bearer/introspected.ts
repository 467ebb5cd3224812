import type { IntrospectionConfig } from '../../config/sections/introspection.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { isRecord } from '../../lib/json.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Identity } from '../../session/session.ts'
import { readIdentity } from '../oidc/claims.ts'
import { isPlainText, toSubject } from '../oidc/id-token.ts'
import type { Claims } from '../oidc/jwks.ts'

/** Content of an introspection response about a token that counts. */
export interface Introspected {
  readonly identity: Identity
  /** End of the token, ms since the epoch; undefined where the endpoint does not tell one. */
  readonly expiresAtMs: number | undefined
  /** Members that the rules about scopes and clients read. */
  readonly claims: Claims
}

/** Settings that an introspection response is judged by. */
export interface IntrospectedRules {
  readonly introspection: Pick<IntrospectionConfig, 'issuer'>
  readonly claims: ProviderConfig['claims']
  /** Client that tokens are made for, beside oidc-extra-audience. */
  readonly clientId: string
  /** Clients whose tokens count although they name no audience (bearer-client-id). */
  readonly clientIds: readonly string[]
  /** Name of the issuer where neither settings nor answer have one. */
  readonly fallbackIssuer: string
}

/** Leeway between the clocks of two honest machines. */
const LEEWAY_SECONDS = 60

/** Kinds of tokens, as `token_type`, `token_use` and Keycloak's `typ` name them, that may be shown to an app. */
const BEARER_KINDS: readonly unknown[] = ['bearer', 'access_token', 'access', 'jwt', 'at+jwt']

/**
 * Judges an introspection response (RFC 7662 §2.2). Only `active: true` counts; every member that is there has to be
 * right, and a subject and an audience or client have to be there. `bearer_invalid` names the check that failed.
 */
export function readIntrospected(
  answer: Claims,
  rules: IntrospectedRules,
  nowMs: number,
): Result<Introspected> {
  if (typeof answer['active'] !== 'boolean')
    return failed(
      problem('provider_misbehaved', { why: 'shape', field: 'active', endpoint: 'introspection' }),
    )
  const check = answer['active'] ? whyNot(answer, rules, nowMs) : 'active'
  if (check !== undefined) return failed(refusal(check))
  const { iss, username, preferred_username: preferred } = answer
  const issuer = rules.introspection.issuer ?? (isPlainText(iss) ? iss : rules.fallbackIssuer)
  const named = preferred === undefined && isPlainText(username) ? { preferred_username: username } : {}
  const read = readIdentity([{ ...answer, ...named, iss: issuer }], rules.claims)
  if (!read.ok) return read
  const { scope, scp, client_id, azp, exp } = answer
  return ok({
    identity: read.value.identity,
    expiresAtMs: typeof exp === 'number' ? exp * 1000 : undefined,
    claims: { scope, scp, client_id, azp },
  })
}

function whyNot(answer: Claims, rules: IntrospectedRules, nowMs: number): string | undefined {
  const { iss, sub } = answer
  if (!isBearerToken(answer)) return 'token_type'
  // A token that is bound to a key (RFC 7800) is worth nothing without a proof of it.
  if (isSaid(answer['cnf'])) return 'cnf'
  const { issuer } = rules.introspection
  if (isSaid(iss) && (!isPlainText(iss) || (issuer !== undefined && iss !== issuer))) return 'iss'
  return (
    whyUntimely(answer, nowMs) ??
    (toSubject(sub) === undefined ? 'sub' : undefined) ??
    whyNotForUs(answer, rules)
  )
}

/** False for a refresh token, an ID token and the like: the endpoint knows them all (RFC 7662 §4). */
function isBearerToken({ token_type, token_use, typ }: Claims): boolean {
  return [token_type, token_use, typ].every(
    (kind) => !isSaid(kind) || (typeof kind === 'string' && BEARER_KINDS.includes(kind.toLowerCase())),
  )
}

function whyUntimely({ exp, iat, nbf }: Claims, nowMs: number): string | undefined {
  const now = nowMs / 1000
  if (isSaid(exp) && !(isTime(exp) && exp > now)) return 'exp'
  if (isSaid(iat) && !(isTime(iat) && iat - LEEWAY_SECONDS <= now)) return 'iat'
  return isSaid(nbf) && !(isTime(nbf) && nbf - LEEWAY_SECONDS <= now) ? 'nbf' : undefined
}

/** Checks that the token is for this client: by its audience where it names one, else by the client that it was issued to. */
function whyNotForUs(answer: Claims, { claims, clientId, clientIds }: IntrospectedRules): string | undefined {
  const trusted = [clientId, ...claims.extraAudiences]
  const name = claims.audience.find((claim) => isSaid(answer[claim]))
  const said = name === undefined ? [] : answer[name]
  const audiences: readonly unknown[] = Array.isArray(said) ? said : [said]
  if (audiences.length > 0)
    return audiences.some((audience) => typeof audience === 'string' && trusted.includes(audience))
      ? undefined
      : 'aud'
  const client = answer['client_id']
  return typeof client === 'string' && [...trusted, ...clientIds].includes(client) ? undefined : 'client_id'
}

/** Settings that have a say, by check. */
const SETTINGS: Readonly<Record<string, string>> = {
  aud: 'oidc-extra-audience',
  client_id: 'bearer-client-id',
  iss: 'introspection-issuer',
}

function refusal(check: string): Problem {
  const setting = Object.hasOwn(SETTINGS, check) ? SETTINGS[check] : undefined
  return problem('bearer_invalid', { check, setting })
}

/** False for what is left out: null, the empty text and empty objects say as little. */
function isSaid(value: unknown): boolean {
  if (isRecord(value)) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== ''
}

/** True for a NumericDate (RFC 7519 §2); JSON's `1e400` parses to Infinity. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
