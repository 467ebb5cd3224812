import { isRecord } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Tokens } from '../../session/session.ts'

/** What a token endpoint gave; the ID token is not verified yet. */
export interface TokenResponse {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** Seconds from now, bounded. */
  readonly expiresInSeconds: number | undefined
}

interface ProcessedTokens {
  readonly access_token: string
  /** In lower case. */
  readonly token_type: string
  readonly refresh_token?: string | undefined
  readonly expires_in?: number | undefined
}

const YEAR_SECONDS = 31_536_000

/**
 * Takes the ID token out of a token answer before the OAuth library judges the rest. The library would check it against
 * the wall clock and one fixed audience and leave its signature alone; `id-token.ts` does all of it. A lifetime that is
 * no sensible number goes as well: it says nothing, and it must not fail a refresh that rotated the refresh token.
 */
export async function splitIdToken(
  response: Response,
): Promise<{ readonly idToken: unknown; readonly rest: Response }> {
  const { status } = response
  const headers = { 'content-type': response.headers.get('content-type') ?? '' }
  const text = await response.text()
  const body = parse(text)
  if (status !== 200 || !isRecord(body)) {
    return { idToken: undefined, rest: new Response(text === '' ? null : text, { status, headers }) }
  }
  const { id_token: idToken, expires_in: lifetime, ...others } = body
  const seconds = typeof lifetime === 'string' && /^\d+$/u.test(lifetime) ? Number(lifetime) : lifetime
  const sensible = typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
  const kept = sensible ? { ...others, expires_in: Math.min(Math.floor(seconds), YEAR_SECONDS) } : others
  return { idToken, rest: new Response(JSON.stringify(kept), { status, headers }) }
}

/** Joins what the library accepted with the ID token, which must be text where it is present. Bearer tokens only. */
export function toTokenResponse(tokens: ProcessedTokens, idToken: unknown): Result<TokenResponse> {
  if (idToken !== undefined && (typeof idToken !== 'string' || idToken === '')) {
    return failed(problem('provider_misbehaved', { why: 'id_token' }))
  }
  // The library also knows DPoP (RFC 9449), which takes proofs that we do not make.
  if (tokens.token_type !== 'bearer') return failed(problem('provider_misbehaved', { why: 'token_type' }))
  return ok({
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken,
    expiresInSeconds: tokens.expires_in,
  })
}

/** The tokens of a session; what a refresh left out stays as it was. */
export function toTokens(response: TokenResponse, before: Tokens | undefined, nowMs: number): Tokens {
  const { accessToken, refreshToken, idToken, expiresInSeconds } = response
  return {
    access: accessToken,
    id: idToken ?? before?.id,
    refresh: refreshToken ?? before?.refresh,
    accessExpiresAtMs: expiresInSeconds === undefined ? undefined : nowMs + expiresInSeconds * 1000,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
