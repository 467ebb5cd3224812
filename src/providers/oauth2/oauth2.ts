import { CodeChallengeMethod, OAuth2Client, OAuth2Tokens } from 'arctic'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import { type ProviderClient, readJsonObject } from '../http/client.ts'
import type { ReadClientSecret } from '../http/client-secret.ts'
import { toErrorCode } from '../http/error-code.ts'
import type { LoginRequest, LoginResponse } from '../provider.ts'
import { addLoginParameters } from './login-url-parameters.ts'

/** The code flow of a plain OAuth 2.0 provider: no ID token, no discovery, no refresh. */
export interface OAuth2Flow {
  authorizationUrl(login: LoginRequest): string
  /** Exchanges callback parameters for an access token (RFC 6749 §4.1.3). */
  redeem(response: LoginResponse): Promise<Result<string>>
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
  const { config, http, tokenEndpoint } = deps
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
    async redeem(login) {
      const secret = await deps.readClientSecret()
      if (!secret.ok) return secret
      const form = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: config.clientId,
        code: login.parameters.get('code') ?? '',
        redirect_uri: login.redirectUri,
        code_verifier: login.codeVerifier,
      })
      if (secret.value !== undefined) form.set('client_secret', secret.value)
      const response = await http.request(tokenEndpoint, {
        endpoint: 'token',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      })
      if (!response.ok) return response
      // RFC 6749 §5.2 wants 400 for an error, GitHub sends 200: the `error` field decides, not the status.
      const json = readJsonObject({ ...response.value, status: 200 })
      return json.ok ? readTokens(json.value, response.value.status) : json
    },
  }
}

function readTokens(data: object, status: number): Result<string> {
  const tokens = new OAuth2Tokens(data)
  const error = readError(data)
  if (error !== undefined) return failed(error)
  try {
    // LinkedIn leaves the type out; what is used is a Bearer token.
    const isBearer = !('token_type' in data) || tokens.tokenType().toLowerCase() === 'bearer'
    if (status === 200 && isBearer) return ok(tokens.accessToken())
  } catch {
    // arctic throws for a field that is missing or no text; the problem below says the same.
  }
  return failed(problem('provider_misbehaved', { why: 'token answer', status }))
}

function readError(data: object): Problem | undefined {
  if (!('error' in data)) return undefined
  return problem('code_refused', { error: toErrorCode(data.error) })
}
