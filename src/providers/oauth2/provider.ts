import type { ProviderConfig } from '../../config/sections/provider.ts'
import { type Problem, problem, type Reason } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Identity, Session, Tokens } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import { hostOf, type ProviderClient } from '../http/client.ts'
import { createReadClientSecret } from '../http/client-secret.ts'
import { callValidateUrl } from '../http/validate-url.ts'
import type { Provider } from '../provider.ts'
import type { AccessGrant, OAuth2Flow } from './oauth2.ts'

export interface OAuth2ProviderDeps {
  readonly config: ProviderConfig
  readonly context: ProviderContext
  /** HTTP client of the provider; `readIdentity` calls through it too. */
  readonly http: ProviderClient
  /** Scheme of the access token in Authorization headers. */
  readonly scheme: 'Bearer' | 'token'
  /** Keeps refresh tokens, where the provider gives any. */
  readonly refreshes?: boolean
  /** Asks the provider's API about the person who granted the access token, and checks the restrictions of the kind. */
  readonly readIdentity: (accessToken: string) => Promise<Result<Identity>>
}

/**
 * Time before the end of the access token from which the refresh token is used. Before, the token that is there asks as
 * well, and GitHub gives ten tokens an hour for a person.
 */
const REFRESH_BEFORE_MS = 1_800_000

const ANSWERS: ReadonlySet<Reason> = new Set(['not_permitted', 'email_unverified', 'identity_incomplete'])

/** True for an answer of the API about the person, which ends the session; anything else is trouble on the way. */
function isAnswer({ reason }: Problem): boolean {
  return ANSWERS.has(reason)
}

function identityOf(session: Session): Identity {
  const { issuer, subject, user, email, preferredUsername, groups, sid } = session
  return { issuer, subject, user, email, preferredUsername, groups, sid }
}

/**
 * A provider of plain OAuth 2.0 (RFC 6749): an access token, an API of its own to say who the person is, no sign-out. A
 * refresh, where the kind has one, asks that API again. A kind spreads it where it can do more.
 */
export function createOAuth2Provider(deps: OAuth2ProviderDeps): Provider {
  const { config, context, http, scheme, refreshes = false, readIdentity } = deps
  const { loginUrl, redeemUrl } = config
  if (loginUrl === undefined || redeemUrl === undefined) {
    throw new TypeError(`Set login-url and redeem-url of provider "${config.id}"`)
  }
  const flowDeps = {
    config,
    authorizationEndpoint: loginUrl,
    tokenEndpoint: redeemUrl,
    scopes: config.scope.split(' '),
    readClientSecret: createReadClientSecret(config, context),
    http,
  }
  const toTokens = ({ accessToken, refreshToken, expiresInSeconds }: AccessGrant): Tokens => {
    const refresh = refreshes ? refreshToken : undefined
    // Without a refresh the end of the token would be the end of the session, which asks its API no more.
    const isKept = refresh !== undefined && expiresInSeconds !== undefined
    const accessExpiresAtMs = isKept ? context.platform.now() + expiresInSeconds * 1000 : undefined
    return { access: accessToken, id: undefined, refresh, accessExpiresAtMs }
  }
  let flow: OAuth2Flow | undefined
  // Loaded at the first sign-in: most deployments have OpenID providers alone. On Workers a promise of one request must not
  // be awaited by another, so what is kept is the flow.
  const loadFlow = async (): Promise<OAuth2Flow> => {
    if (flow !== undefined) return flow
    const { createOAuth2Flow } = await import('./oauth2.ts')
    flow ??= createOAuth2Flow(flowDeps)
    return flow
  }
  return {
    id: config.id,
    displayName: config.displayName,
    async check() {
      // A GET is no token request, so whatever it is answered says that the endpoint is there.
      const response = await http.request(redeemUrl, { endpoint: 'token' })
      const isAway = !response.ok && response.problem.reason === 'provider_unreachable'
      return isAway ? response : ok({ host: hostOf(redeemUrl) })
    },
    authorizationUrl: async (login) => ok((await loadFlow()).authorizationUrl(login)),
    async redeem(login) {
      const access = await (await loadFlow()).redeem(login)
      if (!access.ok) return access
      const identity = await readIdentity(access.value.accessToken)
      return identity.ok ? ok({ identity: identity.value, tokens: toTokens(access.value) }) : identity
    },
    async refresh(session) {
      const { access: known, refresh, accessExpiresAtMs: endMs = 0 } = session.tokens
      if (!refreshes || refresh === undefined) return failed(problem('refresh_unsupported'))
      if (context.platform.now() < endMs - REFRESH_BEFORE_MS) {
        const said = known === undefined ? ok(identityOf(session)) : await readIdentity(known)
        if (said.ok) return ok({ identity: said.value, tokens: session.tokens })
        if (isAnswer(said.problem) || said.problem.reason === 'provider_unreachable') return said
      }
      const access = await (await loadFlow()).refresh(refresh)
      if (!access.ok) return access
      const identity = await readIdentity(access.value.accessToken)
      if (!identity.ok && isAnswer(identity.problem)) return identity
      // The refresh token is used up, so trouble with the API keeps what was known.
      const kept = identity.ok ? identity.value : identityOf(session)
      return ok({ identity: kept, tokens: toTokens(access.value) })
    },
    validate: ({ tokens }) => callValidateUrl(http, config.validateUrl, tokens.access, scheme),
    endSessionUrl: async () => undefined,
    revoke: async () => ok(undefined),
  }
}
