import { CodeChallengeMethod, OAuth2Client, OAuth2Tokens } from 'arctic'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import { type ProviderClient, readJsonObject } from '../http/client.ts'
import { isClientRefused, toBasic } from '../http/client-auth.ts'
import type { ReadClientSecret } from '../http/client-secret.ts'
import { toCodeProblem, toErrorCode } from '../http/error-code.ts'
import { toSeconds } from '../http/token-response.ts'
import type { LoginRequest, LoginResponse } from '../provider.ts'
import { addLoginParameters } from './login-url-parameters.ts'

/** An access token, and what came with it (RFC 6749 §5.1). */
export interface AccessGrant {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number | undefined
}

/** The code flow of a plain OAuth 2.0 provider: no ID token, no discovery. */
export interface OAuth2Flow {
  authorizationUrl(login: LoginRequest): string
  /** Exchanges callback parameters for an access token (RFC 6749 §4.1.3). */
  redeem(response: LoginResponse): Promise<Result<AccessGrant>>
  /** Gets the next access token (RFC 6749 §6). */
  refresh(refreshToken: string): Promise<Result<AccessGrant>>
}

export interface OAuth2FlowDeps {
  readonly config: Pick<
    ProviderConfig,
    'clientId' | 'loginParameters' | 'loginUrlParameters' | 'codeChallengeMethod'
  >
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly scopes: readonly string[]
  readonly readClientSecret: ReadClientSecret
  readonly http: ProviderClient
}

/**
 * Builds the flow on arctic's generic client, which writes the authorization address and reads the token answer. The
 * token request itself is sent by `ProviderClient`: arctic's cannot be bounded in time or size and would follow a
 * redirect with the code and the secret in its body.
 */
export function createOAuth2Flow(deps: OAuth2FlowDeps): OAuth2Flow {
  const { config } = deps
  const requestToken = createRequestToken(deps)
  return {
    authorizationUrl(login) {
      const client = new OAuth2Client(config.clientId, null, login.redirectUri)
      const method =
        config.codeChallengeMethod === 'plain' ? CodeChallengeMethod.Plain : CodeChallengeMethod.S256
      const { authorizationEndpoint, scopes } = deps
      const { state, codeVerifier, extra } = login
      const url = client.createAuthorizationURLWithPKCE(authorizationEndpoint, state, method, codeVerifier, [
        ...scopes,
      ])
      // The protocol's own parameters are not for settings to change.
      const own = new Set(url.searchParams.keys())
      addLoginParameters(url, { config, extra, isTaken: (name) => own.has(name) })
      return url.href
    },
    redeem: (login) =>
      requestToken(toCodeProblem, {
        grant_type: 'authorization_code',
        code: login.parameters.get('code') ?? '',
        redirect_uri: login.redirectUri,
        code_verifier: login.codeVerifier,
      }),
    refresh: (refreshToken) =>
      requestToken(toRefreshProblem, { grant_type: 'refresh_token', refresh_token: refreshToken }),
  }
}

/**
 * Makes what sends a form to the token endpoint; `judge` says what an error means for it. The secret stands in the form,
 * as oauth2-proxy has it; where the client is refused so, Basic is tried once and kept (RFC 6749 §2.3.1).
 */
function createRequestToken({ config, http, tokenEndpoint, readClientSecret }: OAuth2FlowDeps) {
  let basicWorks = false

  function send(fields: Readonly<Record<string, string>>, secret: string | undefined, isBasic: boolean) {
    const form = new URLSearchParams({ client_id: config.clientId, ...fields })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const authorization = toBasic({ id: config.clientId, secret })
    if (secret !== undefined && !isBasic) form.set('client_secret', secret)
    return http.request(tokenEndpoint, {
      endpoint: 'token',
      method: 'POST',
      headers: isBasic ? { ...headers, authorization } : headers,
      body: form.toString(),
    })
  }

  async function sendAsClient(fields: Readonly<Record<string, string>>, secret: string | undefined) {
    const first = await send(fields, secret, basicWorks)
    if (basicWorks || secret === undefined || !first.ok || !isClientRefused(first.value)) return first
    const second = await send(fields, secret, true)
    if (!second.ok || isClientRefused(second.value)) return first
    basicWorks = true
    return second
  }

  return async (
    judge: (error: unknown) => Problem,
    fields: Readonly<Record<string, string>>,
  ): Promise<Result<AccessGrant>> => {
    const secret = await readClientSecret()
    if (!secret.ok) return secret
    const response = await sendAsClient(fields, secret.value)
    if (!response.ok) return response
    // RFC 6749 §5.2 wants 400 for an error, GitHub sends 200: the `error` field decides, not the status.
    const json = readJsonObject({ ...response.value, status: 200 })
    if (!json.ok) return json
    return 'error' in json.value
      ? failed(judge(json.value['error']))
      : readTokens(json.value, response.value.status)
  }
}

/** Only a token that is no longer valid ends the session; GitHub has a name of its own for that. */
function toRefreshProblem(error: unknown): Problem {
  const isOver = error === 'invalid_grant' || error === 'bad_refresh_token'
  return problem(isOver ? 'refresh_refused' : 'provider_misbehaved', { error: toErrorCode(error) })
}

function readTokens(data: Readonly<Record<string, unknown>>, status: number): Result<AccessGrant> {
  const tokens = new OAuth2Tokens(data)
  const { refresh_token: refresh, expires_in: lifetime } = data
  try {
    // LinkedIn leaves the type out; what is used is a Bearer token.
    const isBearer = !('token_type' in data) || tokens.tokenType().toLowerCase() === 'bearer'
    if (status === 200 && isBearer) {
      return ok({
        accessToken: tokens.accessToken(),
        refreshToken: typeof refresh === 'string' && refresh !== '' ? refresh : undefined,
        expiresInSeconds: toSeconds(lifetime),
      })
    }
  } catch {
    // arctic throws for a field that is missing or no text; the problem below says the same.
  }
  return failed(problem('provider_misbehaved', { why: 'token answer', status }))
}
