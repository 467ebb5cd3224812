import type { FakeProvider } from '../../support/fake-provider.ts'
import type { Door } from './door.ts'

/** Signs in over HTTP as a browser does, and returns the Cookie header that it would send from then on. */
export async function signIn(gate: Door, provider: FakeProvider): Promise<string> {
  const origin = `http://127.0.0.1:${gate.port}`
  const jar = new Map<string, string>()
  const start = await visit(`${origin}/oauth2/start?rd=%2F`, jar)
  const authorizationUrl = start.headers.get('location')
  if (authorizationUrl === null)
    throw new Error(`Sign-in did not start: ${start.status} ${await start.text()}`)
  const callback = await provider.visit(authorizationUrl)
  const end = await visit(callback.href, jar)
  if (end.status !== 302) throw new Error(`Sign-in did not end: ${end.status} ${await end.text()}`)
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

async function visit(url: string, jar: Map<string, string>): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', cookie }
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? []
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  return response
}
