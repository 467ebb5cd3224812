import { createHash, randomBytes } from 'node:crypto'
import { createFakeServer, type FakeServer, json } from './fake-server.ts'
import { createSigner, type Signer } from './fake-signer.ts'

/**
 * A fake OpenID provider for tests. It behaves like a strict real one: PKCE and `redirect_uri` are compared, clients
 * authenticate, codes are good for one use, refresh tokens rotate and a reused one revokes its family.
 *
 *     const op = await createFakeProvider()
 *     platform.fetch = op.fetch                          // in process, or: await op.listen()
 *     const callback = await op.visit(authorizationUrl)  // the person signs in as op.user and comes back
 *     op.scripts.token = status(500)                     // any endpoint can be made to misbehave: see fake-server.ts
 *     op.idToken.claims = (claims) => ({ ...claims, iss: 'https://evil.test' })
 *     expect(op.hits.token).toBe(1)
 */
export interface FakeProvider extends FakeServer<FakeEndpoint> {
  readonly client: { readonly id: string; readonly secret: string }
  /** Who signs in, without being asked; undefined answers `error=login_required`. Claims are in ID token and profile. */
  user: FakeUser | undefined
  readonly behaviour: Behaviour
  /** Changes every ID token from now on: before signing (claims, header) and after (the compact text). */
  readonly idToken: {
    claims?: (claims: Claims) => Claims
    header?: (header: Claims) => Claims
    text?: (token: string) => string | Promise<string>
  }
  readonly signer: Signer
  /** Every form that the token endpoint was sent, with the Authorization header. */
  readonly tokenRequests: { readonly form: URLSearchParams; readonly authorization: string | null }[]
  /** Tokens that the revocation endpoint was given. */
  readonly revoked: string[]
  /** What the end-session endpoint was asked with. */
  readonly logouts: URLSearchParams[]
  /** Opens an authorization URL as the person's browser would; returns where the browser is sent: the callback URL. */
  visit(authorizationUrl: string): Promise<URL>
  /** A signed logout token (Back-Channel Logout 1.0 §2.4) of the signed-in user; overrides win, undefined removes. */
  logoutToken(overrides?: Claims): Promise<string>
  /** An honest ID token for these claims on top of the standard ones. */
  mint(overrides?: Claims, header?: Claims): Promise<string>
}

export type FakeEndpoint = 'discovery' | 'jwks' | 'authorize' | 'token' | 'userinfo' | 'endSession' | 'revoke'
export type Claims = Record<string, unknown>
export type FakeUser = Claims & { sub: string }

/** How the provider is set up; change it at any time. */
export interface Behaviour {
  /** Sends `iss` with the callback and says so (RFC 9207). */
  issParameter: boolean
  /** Gives refresh tokens. */
  refreshTokens: boolean
  /** A refresh token is good for one use; the second use revokes the whole family. */
  rotation: boolean
  /** A refresh answer carries a new ID token. */
  idTokenOnRefresh: boolean
  accessTokenSeconds: number
  /** Judges a client secret in the form, where it is not one fixed text. */
  fitsSecret: (secret: string) => boolean
  /** Access tokens are JWTs with the claims of the person, as those of Keycloak are. */
  jwtAccessTokens: boolean
  /** Claims that only the profile endpoint knows. */
  profileOnly: readonly string[]
  /** Advertised and accepted ways to authenticate; `none` is a public client. */
  authMethods: readonly ('client_secret_basic' | 'client_secret_post' | 'none')[]
  /** Merged over the discovery document; undefined removes a member. */
  metadata: Claims
  /** The clock, ms since the epoch. */
  now: () => number
}

interface Login {
  readonly redirectUri: string
  readonly challenge: string
  readonly nonce: string | null
  readonly user: FakeUser
  used: boolean
  family: string
}

interface RefreshToken {
  readonly family: string
  readonly user: FakeUser
  used: boolean
}

const ENDPOINTS: readonly FakeEndpoint[] = [
  'discovery',
  'jwks',
  'authorize',
  'token',
  'userinfo',
  'endSession',
  'revoke',
]

/** Starts honest, with Alice signed in; `origin` is where it lives as long as it does not listen. */
export async function createFakeProvider(origin = 'https://op.test'): Promise<FakeProvider> {
  const { server, route } = createFakeServer(origin, ENDPOINTS)
  const signer = await createSigner()
  const client = { id: 'sidegate', secret: 's3cret:+/% é' }
  const behaviour: Behaviour = {
    issParameter: false,
    refreshTokens: true,
    rotation: true,
    idTokenOnRefresh: true,
    accessTokenSeconds: 300,
    fitsSecret: (secret) => secret === client.secret,
    jwtAccessTokens: false,
    profileOnly: [],
    authMethods: ['client_secret_basic', 'client_secret_post'],
    metadata: {},
    now: Date.now,
  }
  const codes = new Map<string, Login>()
  const refreshTokens = new Map<string, RefreshToken>()
  const accessTokens = new Map<string, FakeUser>()
  const revokedFamilies = new Set<string>()

  const provider: FakeProvider = Object.assign(server, {
    client,
    behaviour,
    signer,
    user: {
      sub: 'alice',
      email: 'alice@example.com',
      email_verified: true,
      preferred_username: 'alice',
      groups: ['staff', 'admins'],
    },
    idToken: {},
    tokenRequests: [],
    revoked: [],
    logouts: [],
    async visit(url: string): Promise<URL> {
      const answer = await server.app.fetch(new Request(url))
      const location = answer.headers.get('location')
      if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`)
      return new URL(location)
    },
    logoutToken: (overrides: Claims = {}) => {
      const { iat, exp } = times(60)
      return signer.sign(
        {
          iss: server.origin,
          aud: client.id,
          iat,
          exp,
          jti: token('j'),
          sub: provider.user?.sub,
          events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
          ...overrides,
        },
        { typ: 'logout+jwt' },
      )
    },
    mint: (overrides: Claims = {}, header: Claims = {}) =>
      signer.sign({ ...standardClaims(provider.user ?? { sub: 'nobody' }), ...overrides }, header),
  })

  function times(seconds: number): { iat: number; exp: number } {
    const iat = Math.floor(behaviour.now() / 1000)
    return { iat, exp: iat + seconds }
  }

  function standardClaims(user: FakeUser): Claims {
    const known = Object.entries(user).filter(([name]) => !behaviour.profileOnly.includes(name))
    return { iss: server.origin, aud: client.id, ...times(300), ...Object.fromEntries(known) }
  }

  async function mintIdToken(user: FakeUser, nonce: string | null): Promise<string> {
    const { claims = same, header = same, text = (token: string) => token } = provider.idToken
    const honest = { ...standardClaims(user), ...(nonce === null ? {} : { nonce }) }
    return text(await signer.sign(claims(honest), header({})))
  }

  async function grant(
    user: FakeUser,
    family: string,
    nonce: string | null,
    withIdToken: boolean,
  ): Promise<Response> {
    const access = behaviour.jwtAccessTokens
      ? await signer.sign({ ...standardClaims(user), jti: token('at') })
      : token('at')
    accessTokens.set(access, user)
    const answer: Claims = {
      access_token: access,
      token_type: 'Bearer',
      expires_in: behaviour.accessTokenSeconds,
    }
    if (withIdToken) answer['id_token'] = await mintIdToken(user, nonce)
    if (behaviour.refreshTokens) {
      const refresh = token('rt')
      refreshTokens.set(refresh, { family, user, used: false })
      answer['refresh_token'] = refresh
    }
    return json(200, answer)
  }

  async function redeem(form: URLSearchParams): Promise<Response> {
    const login = codes.get(form.get('code') ?? '')
    if (login === undefined) return refuse('invalid_grant')
    if (login.used) {
      revokedFamilies.add(login.family)
      return refuse('invalid_grant')
    }
    login.used = true
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (challenge !== login.challenge || form.get('redirect_uri') !== login.redirectUri)
      return refuse('invalid_grant')
    return grant(login.user, login.family, login.nonce, true)
  }

  async function refresh(form: URLSearchParams): Promise<Response> {
    const given = refreshTokens.get(form.get('refresh_token') ?? '')
    if (given === undefined || revokedFamilies.has(given.family)) return refuse('invalid_grant')
    if (given.used && behaviour.rotation) {
      revokedFamilies.add(given.family)
      return refuse('invalid_grant')
    }
    given.used = true
    // Whoever is signed in now, so that a test can change groups between two refreshes.
    const user = provider.user?.sub === given.user.sub ? provider.user : given.user
    return grant(user, given.family, null, behaviour.idTokenOnRefresh)
  }

  function authenticates(form: URLSearchParams, authorization: string | null): boolean {
    const { authMethods } = behaviour
    if (authorization !== null) {
      const [id, secret] = Buffer.from(authorization.replace(/^Basic /u, ''), 'base64')
        .toString()
        .split(':')
      const fits = formDecode(id ?? '') === client.id && formDecode(secret ?? '') === client.secret
      return authMethods.includes('client_secret_basic') && fits
    }
    if (form.get('client_id') !== client.id) return false
    if (form.has('client_secret')) {
      return (
        authMethods.includes('client_secret_post') && behaviour.fitsSecret(form.get('client_secret') ?? '')
      )
    }
    return authMethods.includes('none')
  }

  route('discovery', 'get', '/.well-known/openid-configuration', () => {
    const at = (path: string): string => `${server.origin}${path}`
    return json(200, {
      issuer: server.origin,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      userinfo_endpoint: at('/userinfo'),
      jwks_uri: at('/jwks'),
      end_session_endpoint: at('/logout'),
      revocation_endpoint: at('/revoke'),
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: behaviour.authMethods,
      authorization_response_iss_parameter_supported: behaviour.issParameter,
      backchannel_logout_supported: true,
      ...behaviour.metadata,
    })
  })

  route('jwks', 'get', '/jwks', () => json(200, signer.jwks()))

  route('authorize', 'get', '/authorize', (request) => {
    const query = new URL(request.url).searchParams
    const redirectUri = query.get('redirect_uri')
    const challenge = query.get('code_challenge')
    const wellFormed = query.get('client_id') === client.id && query.get('response_type') === 'code'
    if (redirectUri === null || !wellFormed) return json(400, { error: 'invalid_request' })
    // A path alone belongs to the host that the browser asked.
    const back = new URL(redirectUri, request.url)
    const state = query.get('state')
    if (state !== null) back.searchParams.set('state', state)
    if (behaviour.issParameter) back.searchParams.set('iss', server.origin)
    const { user } = provider
    if (challenge === null || query.get('code_challenge_method') !== 'S256') {
      back.searchParams.set('error', 'invalid_request')
    } else if (user === undefined) {
      back.searchParams.set('error', 'login_required')
    } else {
      const code = token('code')
      const nonce = query.get('nonce')
      codes.set(code, { redirectUri, challenge, nonce, user, used: false, family: token('family') })
      back.searchParams.set('code', code)
    }
    return new Response(null, { status: 302, headers: { location: back.href } })
  })

  route('token', 'post', '/token', async (request) => {
    const form = new URLSearchParams(await request.text())
    const authorization = request.headers.get('authorization')
    provider.tokenRequests.push({ form, authorization })
    if (!authenticates(form, authorization)) {
      return json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="op"' })
    }
    const grantType = form.get('grant_type')
    if (grantType === 'authorization_code') return redeem(form)
    return grantType === 'refresh_token' ? refresh(form) : refuse('unsupported_grant_type')
  })

  route('userinfo', 'get', '/userinfo', (request) => {
    const user = accessTokens.get((request.headers.get('authorization') ?? '').replace(/^Bearer /u, ''))
    if (user === undefined) return json(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer' })
    return json(200, provider.user?.sub === user.sub ? provider.user : user)
  })

  route('endSession', 'get', '/logout', (request) => {
    const query = new URL(request.url).searchParams
    provider.logouts.push(query)
    provider.user = undefined
    const back = query.get('post_logout_redirect_uri')
    if (back === null) return new Response('Signed out')
    const target = new URL(back)
    const state = query.get('state')
    if (state !== null) target.searchParams.set('state', state)
    return new Response(null, { status: 302, headers: { location: target.href } })
  })

  route('revoke', 'post', '/revoke', async (request) => {
    const form = new URLSearchParams(await request.text())
    if (!authenticates(form, request.headers.get('authorization')))
      return json(401, { error: 'invalid_client' })
    const given = form.get('token') ?? ''
    provider.revoked.push(given)
    const family = refreshTokens.get(given)?.family
    if (family !== undefined) revokedFamilies.add(family)
    return new Response(null, { status: 200 })
  })

  return provider
}

function refuse(error: string): Response {
  return json(400, { error, error_description: 'The fake provider refuses' })
}

function token(kind: string): string {
  return `${kind}.${randomBytes(24).toString('base64url')}`
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function same<Value>(value: Value): Value {
  return value
}
