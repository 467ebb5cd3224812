import { createHash, randomBytes } from 'node:crypto'
import { createFakeServer, type FakeServer, json, type Script } from './fake-server.ts'

/** A fake provider of plain OAuth 2.0 with an API of its own; one origin serves both. */
export interface FakeOAuth2 extends FakeServer<string> {
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokenRequests: URLSearchParams[]
  /** The one place where client credentials are taken. */
  credentialsIn: 'form' | 'Basic'
  /** Members that the next token answers have beside, or in place of, `access_token` and `token_type`. */
  tokenAnswer: Record<string, unknown>
  /** Takes every access token back, as the person does in the settings of the account. */
  takeBack(): void
  /** Goes to the authorization endpoint and comes back with the callback's address. */
  visit(authorizationUrl: string): Promise<URL>
}

/** An endpoint of the API: what it answers to a request with the person's access token. */
export interface FakeApi {
  readonly method?: 'get' | 'post'
  readonly path: string
  readonly answer: (request: Request, parameters: Record<string, string>) => unknown
}

/** Origin of a provider, and the paths of its two endpoints. */
export interface FakeOAuth2Addresses {
  readonly origin?: string
  readonly authorize?: string
  readonly token?: string
}

/**
 * Makes a provider with `/authorize`, `/token` and this API. Tokens are taken as `Authorization: Bearer` only; an answer
 * that is a Response is sent as it is, any other as JSON.
 */
export function createFakeOAuth2(
  apis: Readonly<Record<string, FakeApi>>,
  { origin = 'https://oauth2.test', authorize = '/authorize', token = '/token' }: FakeOAuth2Addresses = {},
): FakeOAuth2 {
  const { server, route } = createFakeServer(origin, ['authorize', 'token', ...Object.keys(apis)])
  const codes = new Map<string, { readonly redirectUri: string | null; readonly challenge: string | null }>()
  const tokens = new Set<string>()
  const fake: FakeOAuth2 = Object.assign<typeof server, Omit<FakeOAuth2, keyof typeof server>>(server, {
    client: { id: 'client', secret: 's3cret' },
    tokenRequests: [],
    credentialsIn: 'form',
    tokenAnswer: {},
    takeBack: () => tokens.clear(),
    async visit(url: string): Promise<URL> {
      const answer = await server.app.fetch(new Request(url))
      return new URL(answer.headers.get('location') ?? 'about:blank')
    },
  })
  route('authorize', 'get', authorize, (request) => {
    const query = new URL(request.url).searchParams
    const code = randomBytes(10).toString('hex')
    codes.set(code, { redirectUri: query.get('redirect_uri'), challenge: query.get('code_challenge') })
    const back = new URL(query.get('redirect_uri') ?? 'about:blank')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    return new Response(null, { status: 302, headers: { location: back.href } })
  })
  route('token', 'post', token, async (request) => {
    const form = new URLSearchParams(await request.text())
    fake.tokenRequests.push(form)
    const { id, secret } = fake.client
    const isClient =
      fake.credentialsIn === 'form'
        ? form.get('client_id') === id && form.get('client_secret') === secret
        : request.headers.get('authorization') === `Basic ${btoa(`${id}:${secret}`)}`
    if (!isClient) return json(401, { error: 'invalid_client' })
    const login = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    if (login?.challenge !== challenge || login.redirectUri !== form.get('redirect_uri'))
      return json(400, { error: 'invalid_grant' })
    const access = randomBytes(18).toString('hex')
    tokens.add(access)
    return json(200, { access_token: access, token_type: 'bearer', ...fake.tokenAnswer })
  })
  for (const [name, { method = 'get', path, answer }] of Object.entries(apis)) {
    route(name, method, path, async (request, parameters) => {
      const access = /^Bearer (\S+)$/u.exec(request.headers.get('authorization') ?? '')?.[1]
      if (access === undefined || !tokens.has(access)) return json(401, { message: 'Bad credentials' })
      const answered = await answer(request, parameters)
      return answered instanceof Response ? answered : json(200, answered)
    })
  }
  return fake
}

/** Script: 200 with this JSON in place of the honest answer. */
export function instead(value: unknown): Script {
  return () => json(200, value)
}
