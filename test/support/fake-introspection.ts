import type { Claims, FakeProvider } from './fake-provider.ts'
import { json } from './fake-server.ts'

/** A question that the endpoint was asked. */
interface Question {
  readonly form: URLSearchParams
  readonly authorization: string | null
}

/** An introspection endpoint (RFC 7662): tokens are active as long as they are listed. */
export interface FakeIntrospection {
  readonly url: string
  /** Answers by token; `active: true` and the standard members are added. */
  readonly tokens: Map<string, Claims>
  readonly questions: Question[]
  /** Answers in place of the honest ones. */
  script: (() => Response | Promise<Response>) | undefined
}

/** Adds the endpoint to a provider, as RFC 7662 §2.2 and the discovery of RFC 8414 §2 describe it. */
export function addIntrospection(op: FakeProvider): FakeIntrospection {
  const fake: FakeIntrospection = {
    url: `${op.origin}/introspect`,
    tokens: new Map(),
    questions: [],
    script: undefined,
  }
  op.behaviour.metadata = { ...op.behaviour.metadata, introspection_endpoint: fake.url }
  op.app.post('/introspect', async ({ req: { raw } }) => {
    const form = new URLSearchParams(await raw.text())
    const authorization = raw.headers.get('authorization')
    fake.questions.push({ form, authorization })
    if (fake.script !== undefined) return fake.script()
    if (authorization === null && !form.has('client_secret')) return json(401, { error: 'invalid_client' })
    const claims = fake.tokens.get(form.get('token') ?? '')
    if (claims === undefined) return json(200, { active: false })
    const now = Math.floor(op.behaviour.now() / 1000)
    return json(200, {
      active: true,
      iss: op.origin,
      sub: 'alice',
      username: 'al',
      client_id: 'robot',
      aud: op.client.id,
      exp: now + 300,
      iat: now,
      token_type: 'Bearer',
      ...claims,
    })
  })
  return fake
}
