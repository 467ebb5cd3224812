import { createFakeOAuth2, type FakeApi } from '../../support/fake-oauth2.ts'
import { startGate } from '../../support/gate.ts'
import type { ProviderFlow } from './provider-flow.ts'

/** A person whose address changes. */
export interface Person {
  email: string
}

/** A provider of plain OAuth 2.0 in a flow. */
export interface OAuth2Flow
  extends Pick<ProviderFlow, 'kind' | 'told'>,
    Partial<Pick<ProviderFlow, 'name' | 'args' | 'rules' | 'refresh'>> {
  /** Addresses of its two endpoints, and of its API with the answers; a pattern of a path may have `:names`. */
  readonly login: string
  readonly token: string
  readonly apis: (person: Person) => Readonly<Record<string, FakeApi['answer'] | PostApi>>
}

interface PostApi {
  readonly post: FakeApi['answer']
}

/** A run through the program with a fake provider at the real addresses. */
export function oauth2(flow: OAuth2Flow): ProviderFlow {
  const { kind, told, login, token } = flow
  const args = ['--oidc-issuer-url=', ...(flow.args ?? [])]
  return {
    name: kind,
    rules: [],
    refresh: 'validate-url',
    ...flow,
    args,
    signOut: 'here',
    revokes: false,
    hasGroupClaims: false,
    async start(more) {
      const person = { email: told.email }
      const apis = Object.entries(flow.apis(person)).map(([url, api]): [string, FakeApi] => {
        const { pathname: path } = new URL(url)
        return [url, 'post' in api ? { path, method: 'post', answer: api.post } : { path, answer: api }]
      })
      const fake = createFakeOAuth2(Object.fromEntries(apis), {
        origin: new URL(login).origin,
        authorize: new URL(login).pathname,
        token: new URL(token).pathname,
      })
      const origins = new Set([login, token, ...apis.map(([url]) => url)].map((url) => new URL(url).origin))
      const services = [...origins].map((origin) => ({
        origin,
        fetch: async (url: string, init?: RequestInit) => fake.app.fetch(new Request(url, init)),
      }))
      const { id, secret } = fake.client
      const gate = await startGate({
        services,
        args: [`--provider=${kind}`, `--client-id=${id}`, `--client-secret=${secret}`, ...args, ...more],
      })
      return {
        gate,
        moveTo: (email) => {
          person.email = email
        },
        leaveGroups: () => undefined,
        takeBack: () => fake.takeBack(),
        approve(url) {
          if (!url.startsWith(`${login}?`)) throw new Error(`The browser was sent to ${url}`)
          return fake.visit(url)
        },
        tokenRequests: () => fake.tokenRequests.length,
        revoked: () => 0,
        loggedOut: () => 0,
      }
    },
  }
}
