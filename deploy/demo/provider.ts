import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Context, Provider } from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import { ACCOUNTS, toClaims } from './accounts.ts'
import { LOOPBACK, listenNear } from './listen.ts'
import { loginPage, logoutPage, problemPage } from './provider-pages.ts'

/** The library warns of each Node that is no LTS release, which would be the first thing that a newcomer reads. */
async function loadLibrary(): Promise<typeof import('oidc-provider')> {
  const { warn } = console
  console.warn = () => {}
  try {
    return await import('oidc-provider')
  } finally {
    console.warn = warn
  }
}

const library = await loadLibrary()

/** The one application that the provider knows. */
export interface Client {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
  readonly postLogoutRedirectUris: readonly string[]
  readonly backchannelLogoutUri?: string
}

/** A running OpenID provider. */
export interface RunningProvider {
  readonly issuer: string
  readonly server: Server
}

const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access']

/**
 * Starts a real OpenID provider with invented accounts: discovery, required PKCE, rotating refresh tokens,
 * RP-initiated and back-channel logout, revocation. Everything is in memory and gone with the process.
 */
export async function startProvider({
  port,
  client,
}: {
  port: number
  client: Client
}): Promise<RunningProvider> {
  const server = createServer()
  const issuer = `http://${LOOPBACK}:${await listenNear(server, port)}`
  const provider = new library.Provider(issuer, configure(client))
  const callback = provider.callback()
  server.on('request', (request, response) => {
    const isInteraction = request.url?.startsWith('/interaction/') === true
    if (!isInteraction) return callback(request, response)
    interact(provider, request, response).catch(() => {
      response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' })
      response.end(problemPage({ problem: 'This sign-in is over. Go back to the app and start again.' }))
    })
  })
  return { issuer, server }
}

/** Shows the login form, and takes what was entered. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response)
  const failed = request.method === 'POST'
  if (failed) {
    const form = new URLSearchParams(await text(request))
    const account = ACCOUNTS.find(({ user }) => user === form.get('user'))
    if (account !== undefined && account.password === form.get('password')) {
      const login = { accountId: account.user }
      return provider.interactionFinished(request, response, { login, select_account: {} })
    }
  }
  response.writeHead(failed ? 401 : 200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.end(loginPage({ uid, accounts: ACCOUNTS, failed }))
}

function configure(client: Client): object {
  return {
    adapter: createMemoryAdapter(),
    clients: [toClientMetadata(client)],
    jwks: {
      keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
    },
    cookies: { keys: [randomUUID()] },
    scopes: SCOPES,
    claims: {
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
      groups: ['groups'],
    },
    // Many providers put claims into the ID token; this one does too.
    conformIdTokenClaims: false,
    findAccount: (_: Context, id: string) => ({ accountId: id, claims: () => claimsOf(id) }),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
      Grant: 86_400,
    },
    interactions: {
      url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}`,
      policy: interactions(),
    },
    loadExistingGrant: grantEverything,
    features: {
      devInteractions: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_: Context, by: TokenOwner, token: TokenOwner) => isOwn(by, token),
      },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: Context, form: string) => show(ctx, logoutPage(form)),
      },
    },
    renderError: (ctx: Context, out: Record<string, unknown>) => show(ctx, problemPage(out)),
    // Its own fetch refuses loopback addresses, which is where the whole demo lives.
    fetch: (url: string, { dispatcher: _, ...init }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, init),
  }
}

function toClientMetadata({
  backchannelLogoutUri,
  id,
  postLogoutRedirectUris,
  redirectUri,
  secret,
}: Client): object {
  return {
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: postLogoutRedirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(backchannelLogoutUri === undefined ? {} : { backchannel_logout_uri: backchannelLogoutUri }),
  }
}

interface TokenOwner {
  readonly clientId: string
}

/** A client may revoke its own tokens only (RFC 7009 §2.1). */
function isOwn(client: TokenOwner, token: TokenOwner): boolean {
  return client.clientId === token.clientId
}

function claimsOf(id: string): object | undefined {
  const account = ACCOUNTS.find(({ user }) => user === id)
  return account && toClaims(account)
}

/** Adds `prompt=select_account`, which "Use another account" asks for. */
function interactions(): object {
  const policy = library.interactionPolicy.base()
  policy.add(new library.interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  return policy
}

/** There is no consent page: whoever signs in has agreed. */
async function grantEverything({ oidc }: Context): Promise<object> {
  const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
  grant.addOIDCScope(SCOPES.join(' '))
  await grant.save()
  return grant
}

function show(context: Context, body: string): void {
  context.type = 'html'
  context.body = body
}
