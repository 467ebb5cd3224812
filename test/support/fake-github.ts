import { createHash, randomBytes } from 'node:crypto'
import { createFakeServer, type FakeServer, json } from './fake-server.ts'

/**
 * A fake GitHub for tests, with the habits that differ from the books: errors of the token endpoint come with status 200,
 * lists come in pages, the API wants a User-Agent. One origin serves both sites:
 *
 *     const github = createFakeGithub()
 *     config: loginUrl   `${github.origin}/login/oauth/authorize`
 *             redeemUrl  `${github.origin}/login/oauth/access_token`
 *             validateUrl `${github.origin}/api/v3`       // the base of the API, as with GitHub Enterprise
 *     const callback = await github.visit(authorizationUrl)
 *     github.person.orgs = ['acme']
 */
export interface FakeGithub extends FakeServer<GithubEndpoint> {
  readonly client: { readonly id: string; readonly secret: string }
  readonly person: GithubPerson
  /** `owner/name` to what the person may do there. */
  readonly repositories: Record<
    string,
    { private: boolean; pull: boolean; push: boolean; collaborators: string[] }
  >
  /** A token that is not the person's and may ask about collaborators. */
  readonly adminToken: string
  /** Entries on one page, whatever was asked. */
  pageSize: number
  readonly tokenRequests: URLSearchParams[]
  /** Seconds that a token of a GitHub App is good for, which then comes with a refresh token; undefined is an OAuth app. */
  tokenSeconds: number | undefined
  /** Takes every access and refresh token back, as the person does in the settings. */
  takeBack(): void
  visit(authorizationUrl: string): Promise<URL>
}

export type GithubEndpoint =
  | 'authorize'
  | 'token'
  | 'user'
  | 'emails'
  | 'orgs'
  | 'teams'
  | 'repo'
  | 'collaborator'
  | 'root'

export interface GithubPerson {
  id: number
  login: string
  emails: { email: string; primary: boolean; verified: boolean }[]
  orgs: string[]
  /** `org:slug` */
  teams: string[]
}

const ENDPOINTS: readonly GithubEndpoint[] = [
  'authorize',
  'token',
  'user',
  'emails',
  'orgs',
  'teams',
  'repo',
  'collaborator',
  'root',
]

/** Starts honest, with octocat signed in. */
export function createFakeGithub(origin = 'https://github.test'): FakeGithub {
  const { server, route } = createFakeServer(origin, ENDPOINTS)
  const codes = new Map<string, { readonly redirectUri: string | null; readonly challenge: string | null }>()
  const tokens = new Set<string>()
  const refreshTokens = new Map<string, string>()
  const github: FakeGithub = Object.assign(server, {
    client: { id: 'gh-client', secret: 'gh-secret' },
    adminToken: 'admin-token',
    pageSize: 100,
    tokenRequests: [],
    tokenSeconds: undefined,
    takeBack() {
      tokens.clear()
      refreshTokens.clear()
    },
    repositories: {},
    person: {
      id: 583_231,
      login: 'octocat',
      emails: [
        { email: 'old@example.com', primary: false, verified: true },
        { email: 'octocat@example.com', primary: true, verified: true },
      ],
      orgs: ['acme'],
      teams: ['acme:platform'],
    },
    async visit(url: string): Promise<URL> {
      const answer = await server.app.fetch(new Request(url))
      return new URL(answer.headers.get('location') ?? 'about:blank')
    },
  })

  function asPerson(request: Request, answer: () => Response): Response {
    if (request.headers.get('user-agent') === null) return json(403, { message: 'User-Agent required' })
    const token = (request.headers.get('authorization') ?? '').replace(/^(?:token|Bearer) /u, '')
    return tokens.has(token) || token === github.adminToken
      ? answer()
      : json(401, { message: 'Bad credentials' })
  }

  function page(request: Request, entries: readonly unknown[]): Response {
    const number = Number(new URL(request.url).searchParams.get('page') ?? '1')
    return json(200, entries.slice((number - 1) * github.pageSize, number * github.pageSize))
  }

  route('authorize', 'get', '/login/oauth/authorize', (request) => {
    const query = new URL(request.url).searchParams
    const redirectUri = query.get('redirect_uri')
    const code = randomBytes(10).toString('hex')
    codes.set(code, { redirectUri, challenge: query.get('code_challenge') })
    const back = new URL(redirectUri ?? 'about:blank')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    return new Response(null, { status: 302, headers: { location: back.href } })
  })

  route('token', 'post', '/login/oauth/access_token', async (request) => {
    const form = new URLSearchParams(await request.text())
    github.tokenRequests.push(form)
    const { id, secret } = github.client
    if (form.get('client_id') !== id || form.get('client_secret') !== secret) {
      return json(200, { error: 'incorrect_client_credentials', error_description: 'no' })
    }
    if (form.get('grant_type') === 'refresh_token') {
      const refreshToken = form.get('refresh_token') ?? ''
      const old = refreshTokens.get(refreshToken)
      // https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
      if (old === undefined) return json(200, { error: 'bad_refresh_token', error_description: 'no' })
      refreshTokens.delete(refreshToken)
      tokens.delete(old)
      return json(200, give())
    }
    const code = form.get('code') ?? ''
    const login = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fits = login?.challenge === challenge && login.redirectUri === form.get('redirect_uri')
    if (!fits) return json(200, { error: 'bad_verification_code', error_description: 'no' })
    return json(200, give())
  })

  function give(): object {
    const expiring = github.tokenSeconds !== undefined
    const token = `${expiring ? 'ghu' : 'gho'}_${randomBytes(18).toString('hex')}`
    tokens.add(token)
    const answer = { access_token: token, token_type: 'bearer', scope: expiring ? '' : 'read:org,user:email' }
    if (!expiring) return answer
    const refreshToken = `ghr_${randomBytes(18).toString('hex')}`
    refreshTokens.set(refreshToken, token)
    return {
      ...answer,
      expires_in: github.tokenSeconds,
      refresh_token: refreshToken,
      refresh_token_expires_in: 15_897_600,
    }
  }

  route('root', 'get', '/api/v3', (request) => asPerson(request, () => json(200, {})))
  route('user', 'get', '/api/v3/user', (request) =>
    asPerson(request, () => json(200, { id: github.person.id, login: github.person.login, name: null })),
  )
  route('emails', 'get', '/api/v3/user/emails', (request) =>
    asPerson(request, () => {
      const perPage = Number(new URL(request.url).searchParams.get('per_page') ?? '30')
      return json(200, github.person.emails.slice(0, perPage))
    }),
  )
  route('orgs', 'get', '/api/v3/user/orgs', (request) =>
    asPerson(request, () =>
      page(
        request,
        github.person.orgs.map((login) => ({ login, id: 1 })),
      ),
    ),
  )
  route('teams', 'get', '/api/v3/user/teams', (request) =>
    asPerson(request, () => page(request, github.person.teams.map(toTeam))),
  )
  route('repo', 'get', '/api/v3/repos/:owner/:name', (request, { owner, name }) =>
    asPerson(request, () => {
      const found = github.repositories[`${owner}/${name}`]
      if (found === undefined || (found.private && !found.pull)) return json(404, { message: 'Not Found' })
      return json(200, { private: found.private, permissions: { pull: found.pull, push: found.push } })
    }),
  )
  route(
    'collaborator',
    'get',
    '/api/v3/repos/:owner/:name/collaborators/:login',
    (request, { owner, name, login }) => {
      const token = (request.headers.get('authorization') ?? '').replace(/^token /u, '')
      if (token !== github.adminToken) return json(403, { message: 'Must have push access' })
      const found = github.repositories[`${owner}/${name}`]?.collaborators.includes(login ?? '')
      return found ? new Response(null, { status: 204 }) : json(404, { message: 'Not Found' })
    },
  )

  return github
}

function toTeam(entry: string): unknown {
  const [login, slug] = entry.split(':')
  return { slug, name: `The ${slug} team`, organization: { login } }
}
