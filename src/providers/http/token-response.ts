import { isRecord, parseJson } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Tokens } from '../../session/session.ts'

/** Tokens of a token response; the ID token is not verified yet. */
export interface TokenResponse {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** Seconds from now, bounded. */
  readonly expiresInSeconds: number | undefined
}

interface ProcessedTokens {
  readonly access_token: string
  /** Token type, in lower case. */
  readonly token_type: string
  readonly refresh_token?: string | undefined
  readonly expires_in?: number | undefined
}

const YEAR_SECONDS = 31_536_000

/** A token response in two parts, and the members that were there and could not be used. */
export interface SplitResponse {
  readonly idToken: unknown
  readonly rest: Response
  readonly ignored: readonly string[]
}

/**
 * Takes the ID token out of a token response before the OAuth library judges the rest, and of the rest only what is used.
 * The library would check the ID token against the wall clock and one fixed audience and leave its signature alone;
 * `id-token.ts` does all of it. Members that are null or empty are absent (RFC 6749 §3.2: parameters without a value are
 * treated as omitted), those of a wrong type are ignored: they must not fail a refresh that rotated the refresh token.
 */
export async function splitIdToken(response: Response): Promise<SplitResponse> {
  const { status } = response
  const headers = { 'content-type': response.headers.get('content-type') ?? '' }
  const text = await response.text()
  const body = parseJson(text)
  if (status !== 200 || !isRecord(body)) {
    // What cannot be read here is not for the library to read either.
    const unreadable = text === '' || (status === 200 && body === undefined)
    return {
      idToken: undefined,
      rest: new Response(unreadable ? null : text, { status, headers }),
      ignored: [],
    }
  }
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''))
  const { id_token: idToken, access_token, token_type = 'bearer', refresh_token, expires_in } = said
  const lifetime = toSeconds(expires_in)
  const usable = {
    access_token,
    token_type: typeof token_type === 'string' ? token_type : undefined,
    refresh_token: typeof refresh_token === 'string' ? refresh_token : undefined,
    expires_in: lifetime,
  }
  const ignored = (['token_type', 'refresh_token', 'expires_in'] as const).filter(
    (name) => said[name] !== undefined && usable[name] === undefined,
  )
  const rest = JSON.stringify({ ...usable, token_type: usable.token_type ?? 'bearer' })
  return { idToken, rest: new Response(rest, { status, headers }), ignored }
}

/**
 * The answer to a code, with the status of an error (RFC 6749 §5.2) where it is one: Slack sends errors with that of
 * success. A refresh is not read so: there only what the RFC calls a refusal may end a session.
 */
export async function withErrorStatus(response: Response): Promise<Response> {
  if (response.status !== 200) return response
  const text = await response.clone().text()
  const body = parseJson(text)
  const isError = isRecord(body) && body['access_token'] === undefined && typeof body['error'] === 'string'
  return isError ? new Response(text, { status: 400, headers: response.headers }) : response
}

/** A lifetime as whole seconds, also where it is written as text; undefined for what is no sensible number. */
export function toSeconds(lifetime: unknown): number | undefined {
  const seconds = typeof lifetime === 'string' && /^\d+$/u.test(lifetime) ? Number(lifetime) : lifetime
  const sensible = typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
  return sensible ? Math.min(Math.floor(seconds), YEAR_SECONDS) : undefined
}

/** Joins what the library accepted with the ID token, which must be text where it is present. Bearer tokens only. */
export function toTokenResponse(tokens: ProcessedTokens, idToken: unknown): Result<TokenResponse> {
  if (idToken !== undefined && typeof idToken !== 'string') {
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
