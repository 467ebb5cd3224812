import type { FakeProvider } from '../../support/fake-provider.ts'
import { type Answer, ask } from '../harness/request.ts'
import type { Door } from './target.ts'

/** Signs in over HTTP as a browser does, and returns the Cookie header that it would send from then on. */
export async function signIn({ port }: Door, provider: Pick<FakeProvider, 'visit'>): Promise<string> {
  const jar = new Map<string, string>()
  const start = await visit(port, '/oauth2/start?rd=%2F', jar)
  const authorizationUrl = start.headers['location']
  if (typeof authorizationUrl !== 'string')
    throw new Error(`Sign-in did not start: ${start.status} ${start.body}`)
  const callback = await provider.visit(authorizationUrl)
  const end = await visit(port, callback.pathname + callback.search, jar)
  if (end.status !== 302) throw new Error(`Sign-in did not end: ${end.status} ${end.body}`)
  return cookieHeader(jar)
}

async function visit(port: number, path: string, jar: Map<string, string>): Promise<Answer> {
  const answer = await ask({ port, path, cookie: cookieHeader(jar) })
  for (const line of answer.headers['set-cookie'] ?? []) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? []
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  return answer
}

function cookieHeader(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}
