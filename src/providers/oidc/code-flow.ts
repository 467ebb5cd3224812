import * as oauth from 'oauth4webapi'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { Log } from '../../observe/log.ts'
import { type Problem, problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ProviderClient, ProviderResponse } from '../http/client.ts'
import { type ClientAssertion, createSendAsClient, type SendAsClient } from '../http/client-auth.ts'
import type { ReadClientSecret } from '../http/client-secret.ts'
import { toCodeProblem, toErrorCode } from '../http/error-code.ts'
import { splitIdToken, type TokenResponse, toTokenResponse, withErrorStatus } from '../http/token-response.ts'
import type { LoginResponse } from '../provider.ts'
import type { Metadata, ReadMetadata } from './discovery.ts'

/** The calls of the OpenID code flow to one provider. */
export interface CodeFlow {
  /** Exchanges callback parameters for tokens; checks `iss` (RFC 9207) before the provider is asked. */
  redeem(response: LoginResponse): Promise<Result<TokenResponse>>
  refresh(refreshToken: string): Promise<Result<TokenResponse>>
  /** Revokes a refresh token (RFC 7009); does nothing where the provider has no such endpoint. */
  revoke(refreshToken: string): Promise<Result<void>>
}

export interface CodeFlowDeps {
  readonly config: Pick<ProviderConfig, 'id' | 'clientId' | 'skipIssuerVerification'>
  readonly readMetadata: ReadMetadata
  readonly readClientSecret: ReadClientSecret
  readonly clientAssertion?: ClientAssertion | undefined
  /** Settings that say who the client is, for the log. */
  readonly credentials?: string | undefined
  readonly http: ProviderClient
  readonly log: Pick<Log, 'line'>
}

type LentFetch = (
  url: string,
  init: { readonly headers: Record<string, string>; readonly body?: unknown },
) => Promise<Response>

/** Everything that one call to the library needs. */
interface Call {
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly auth: oauth.ClientAuth
  readonly options: { readonly [oauth.customFetch]: LentFetch; readonly [oauth.allowInsecureRequests]: true }
}

/** Meaning of an OAuth error code for the call that it answers. */
type JudgeError = (error: string) => Problem

/** Creates the calls for one provider. */
export function createCodeFlow(given: CodeFlowDeps): CodeFlow {
  const deps = { ...given, send: createSendAsClient(given.http) }
  const toTokens = createReadTokens(given)
  const refusedCode: JudgeError = (error) => toCodeProblem(error, given.credentials)
  return {
    redeem: (login) =>
      attempt(deps, { endpoint: 'token', judge: refusedCode }, async ({ server, client, auth, options }) => {
        const wrong = checkIssuerParameter(login.parameters, server, deps.config)
        if (wrong !== undefined) return failed(wrong)
        // `iss` was judged above and `state` by the caller; the library insists on seeing the parameters too.
        const code = new URLSearchParams({ code: login.parameters.get('code') ?? '' })
        const lenient = { ...server, authorization_response_iss_parameter_supported: false }
        const checked = oauth.validateAuthResponse(lenient, client, code, oauth.expectNoState)
        const { redirectUri, codeVerifier: verifier } = login
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          auth,
          checked,
          redirectUri,
          verifier,
          options,
        )
        return toTokens(await withErrorStatus(response), (rest) =>
          oauth.processAuthorizationCodeResponse(server, client, rest),
        )
      }),

    refresh: (refreshToken) =>
      attempt(
        deps,
        { endpoint: 'token', judge: refusedRefresh },
        async ({ server, client, auth, options }) => {
          const response = await oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, options)
          return toTokens(response, (rest) => oauth.processRefreshTokenResponse(server, client, rest))
        },
      ),

    revoke: (refreshToken) =>
      attempt(
        deps,
        { endpoint: 'revocation', judge: misbehaved },
        async ({ server, client, auth, options }) => {
          if (server.revocation_endpoint === undefined) return ok(undefined)
          const hint = { token_type_hint: 'refresh_token' }
          const response = await oauth.revocationRequest(server, client, auth, refreshToken, {
            ...options,
            additionalParameters: hint,
          })
          return ok(await oauth.processRevocationResponse(response))
        },
      ),
  }
}

type Process = (rest: Response) => Promise<oauth.TokenEndpointResponse>

/** Reads token responses; the log names each member that could not be used once. */
function createReadTokens({ config, log }: Pick<CodeFlowDeps, 'config' | 'log'>) {
  const named = new Set<string>()
  return async (response: Response, finish: Process): Promise<Result<TokenResponse>> => {
    const { idToken, rest, ignored } = await splitIdToken(response)
    for (const member of ignored.filter((name) => !named.has(name))) {
      named.add(member)
      log.line('warn', 'Ignored a member of the token response that cannot be used', {
        provider: config.id,
        member,
      })
    }
    return toTokenResponse(await finish(rest), idToken)
  }
}

/** Runs one call of the library and turns what it throws into problems; anything else is a bug and stays one. */
async function attempt<Value>(
  deps: CodeFlowDeps & { readonly send: SendAsClient },
  { endpoint, judge }: { readonly endpoint: string; readonly judge: JudgeError },
  work: (call: Call) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  const metadata = await deps.readMetadata()
  if (!metadata.ok) return metadata
  const secret = await deps.readClientSecret()
  if (!secret.ok) return secret
  const assertion = deps.clientAssertion && (await deps.clientAssertion(metadata.value.tokenEndpoint))
  if (assertion?.ok === false) return assertion
  let refusal: Problem | undefined
  const { clientId } = deps.config
  const client = {
    id: clientId,
    secret: secret.value,
    assertion: assertion?.value,
    methods: metadata.value.tokenAuthMethods,
  }
  const lentFetch: LentFetch = async (url, { headers, body }) => {
    const response = await deps.send(
      { url, endpoint, headers, fields: new URLSearchParams(String(body)) },
      client,
    )
    if (response.ok) return toResponse(response.value)
    refusal = response.problem
    return Response.error()
  }
  try {
    return await work({
      server: toServer(metadata.value),
      client: { client_id: clientId },
      // What shows who we are is added on the way out, where a refusal can be answered.
      auth: () => {},
      options: { [oauth.customFetch]: lentFetch, [oauth.allowInsecureRequests]: true },
    })
  } catch (cause) {
    if (refusal !== undefined) return failed(refusal)
    if (cause instanceof oauth.ResponseBodyError) return failed(judge(cause.error))
    if (cause instanceof oauth.OperationProcessingError || cause instanceof oauth.UnsupportedOperationError) {
      return failed(problem('provider_misbehaved', { why: cause.code ?? 'unknown', endpoint }))
    }
    throw cause
  }
}

/** Checks `iss` (RFC 9207 §2.4): compared byte for byte, and required where the provider says that it sends it. */
function checkIssuerParameter(
  parameters: URLSearchParams,
  server: oauth.AuthorizationServer,
  { skipIssuerVerification }: Pick<ProviderConfig, 'skipIssuerVerification'>,
): Problem | undefined {
  if (skipIssuerVerification) return undefined
  const iss = parameters.get('iss')
  if (iss === null && server.authorization_response_iss_parameter_supported !== true) return undefined
  return iss === server.issuer ? undefined : problem('issuer_mismatch', { present: iss !== null })
}

function toServer(metadata: Metadata): oauth.AuthorizationServer {
  return {
    issuer: metadata.issuer,
    token_endpoint: metadata.tokenEndpoint,
    authorization_response_iss_parameter_supported: metadata.sendsIssuer,
    ...(metadata.revocationEndpoint === undefined
      ? {}
      : { revocation_endpoint: metadata.revocationEndpoint }),
  }
}

/**
 * Response for the library: status, media type and body are all that counts; a WWW-Authenticate beside an OAuth error
 * would hide the error.
 */
function toResponse({ status, type, text }: ProviderResponse): Response {
  return new Response(text === '' ? null : text, { status, headers: { 'content-type': type } })
}

/**
 * Problem of a refused refresh. Only these two codes say that the refresh token is no longer valid; the field counts,
 * not the text beside it (RFC 6749 §5.2).
 */
function refusedRefresh(error: string): Problem {
  const over = error === 'invalid_grant' || error === 'invalid_client'
  return problem(over ? 'refresh_refused' : 'provider_misbehaved', { error: toErrorCode(error) })
}

function misbehaved(error: string): Problem {
  return problem('provider_misbehaved', { error: toErrorCode(error) })
}
