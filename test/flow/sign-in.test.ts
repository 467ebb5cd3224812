import { describe, expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'

const SESSION = '__Host-_oauth2_proxy'

function headerOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex(
    (header, index) => index % 2 === 0 && header.toLowerCase() === name.toLowerCase(),
  )
  return at === -1 ? undefined : headers[at + 1]
}

describe('a person who comes to the app', () => {
  it('a person who comes to the app sees a sign-in page, signs in, and reaches the app, which knows who they are', async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    const page = await alice.visit('/reports?month=5')
    expect(page.status).toBe(200)
    expect(page.text).toContain('/oauth2/start?rd=%2Freports%3Fmonth%3D5')
    expect(page.setCookies).toEqual([])

    const arrived = await alice.browse('/oauth2/start?rd=%2Freports%3Fmonth%3D5')
    expect(arrived).toMatchObject({
      status: 200,
      text: 'hello from the app',
      url: 'https://app.example.com/reports?month=5',
    })
    const headers = gate.platform.plans.at(-1)?.headers ?? []
    expect(headerOf(headers, 'X-Forwarded-Email')).toBe('alice@example.com')
    expect(headerOf(headers, 'X-Auth-Request-User')).toBe('alice')
    expect(headerOf(headers, 'X-Auth-Request-Groups')).toBe('staff,admins')
    expect(headerOf(headers, 'Cookie')).toBeUndefined()
  })

  it.each(['/a?next=https://x.example//y', '/a?p=/../b', '/a%20b?c=%2F%2F', '/'])(
    'a person who comes to the app comes back to %s byte for byte',
    async (target) => {
      const gate = await startGate({ args: ['--skip-provider-button'] })
      const seen = await gate.visitor().browse(target)
      expect(gate.platform.plans.at(-1)?.target).toBe(target)
      expect(seen.status).toBe(200)
    },
  )

  it('a person who comes to the app goes straight to the provider with skip-provider-button, with PKCE, nonce and a short state', async () => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const target = `/${'deep/'.repeat(38)}?q=1`
    const seen = await gate.visitor().visit(target)
    expect(seen.status).toBe(302)
    const url = new URL(seen.location ?? '')
    expect(url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/u)
    expect(url.searchParams.get('nonce')).toMatch(/^[\w-]{22,}$/u)
    expect(url.searchParams.get('redirect_uri')).toBe('https://app.example.com/oauth2/callback')
    expect(url.searchParams.get('state')?.length).toBeLessThan(500)
    expect(seen.setCookies).toHaveLength(2)
  })

  it('a person who comes to the app gets oauth2-proxy’s 403 for the page when the operator wants it', async () => {
    const gate = await startGate({ args: ['--sign-in-status=403'] })
    expect((await gate.visitor().visit('/')).status).toBe(403)
  })

  it('a person who comes to the app is told who they are and can use another account when they may not enter', async () => {
    const gate = await startGate({ args: ['--allowed-group=board'] })
    const seen = await gate.visitor().browse('/oauth2/start?rd=%2Fx')
    expect(seen.status).toBe(403)
    expect(seen.text).toContain('alice@example.com')
    expect(seen.text).toContain('account=other')
    expect(gate.platform.plans).toEqual([])
  })

  it('a person who comes to the app is sent on from the sign-in page when already signed in', async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    const seen = await alice.visit('/oauth2/sign_in?rd=%2Fhome')
    expect(seen).toMatchObject({ status: 302, location: '/home' })
  })

  it('a person who comes to the app keeps their session while the provider is down', async () => {
    const gate = await startGate({ args: ['--session-revalidate=5m'] })
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    gate.provider.scripts.token = () => Promise.reject(new Error('down'))
    // Due for a refresh, and still within the life of the access token.
    gate.platform.pass(4 * 60_000)
    expect((await alice.visit('/x')).text).toBe('hello from the app')
    expect(gate.provider.hits.token).toBe(2)
  })
})

describe('a provider that cannot be reached', () => {
  it('a provider that cannot be reached gives a clear page with a time for another try, and no cookie', async () => {
    const gate = await startGate()
    gate.provider.scripts.discovery = () => new Response('down', { status: 503 })
    const seen = await gate.visitor().visit('/oauth2/start?rd=%2F')
    expect(seen.status).toBe(503)
    expect(seen.headers.get('retry-after')).toBe('5')
    expect(seen.text).toContain('cannot be reached')
    expect(seen.setCookies).toEqual([])
  })
})

describe('a program without a session', () => {
  it.each([
    ['fetch', ['Sec-Fetch-Mode', 'cors', 'Accept', '*/*']],
    ['XHR', ['X-Requested-With', 'XMLHttpRequest', 'Accept', 'text/html']],
    ['prefetch', ['Sec-Fetch-Mode', 'navigate', 'Sec-Purpose', 'prefetch', 'Accept', 'text/html']],
    ['JSON', ['Accept', 'application/json']],
    [
      'WebSocket',
      [
        'Connection',
        'Upgrade',
        'Upgrade',
        'websocket',
        'Sec-WebSocket-Version',
        '13',
        'Sec-WebSocket-Key',
        'AAAAAAAAAAAAAAAAAAAAAA==',
      ],
    ],
    ['curl', ['Accept', '*/*']],
  ])('a program without a session gets 401, JSON, and no cookie: %s', async (_, more) => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const response = await gate.ask('/api', { headers: ['Host', 'app.example.com', ...(more as string[])] })
    expect(response.status).toBe(401)
    expect(response.headers.get('location')).toBeNull()
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.json()).toMatchObject({ error: 'sign_in_required', sign_in_url: '/oauth2/sign_in' })
    expect(gate.platform.plans).toEqual([])
  })

  it('a program without a session gets 401 on an api-route even when it looks like a browser', async () => {
    const gate = await startGate({ args: ['--api-route=^/api/'] })
    const seen = await gate.visitor().visit('/api/x')
    expect(seen.status).toBe(401)
    expect(JSON.parse(seen.text)).toMatchObject({ error: 'sign_in_required' })
  })
})

describe('tabs', () => {
  it('five tabs sign in and finish in any order', async () => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const alice = gate.visitor()
    const callbacks: string[] = []
    for (const tab of [1, 2, 3, 4, 5]) {
      const seen = await alice.visit(`/tab/${tab}`)
      const back = await gate.provider.visit(seen.location ?? '')
      callbacks.push(back.pathname + back.search)
    }
    expect(alice.jar.size).toBe(2)
    for (const at of [3, 0, 4, 2, 1]) {
      const seen = await alice.visit(callbacks[at] ?? '')
      expect(seen).toMatchObject({ status: 302, location: `/tab/${at + 1}` })
    }
    expect((await alice.visit('/x')).status).toBe(200)
  })

  it('tabs that a browser restores all at once, before it has any cookie, all finish as well', async () => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const alice = gate.visitor()
    const tabs = await Promise.all([1, 2, 3, 4, 5].map((tab) => alice.visit(`/tab/${tab}`)))
    for (const at of [2, 4, 0, 1, 3]) {
      const back = await gate.provider.visit(tabs[at]?.location ?? '')
      const seen = await alice.visit(back.pathname + back.search)
      expect(seen).toMatchObject({ status: 302, location: `/tab/${at + 1}` })
    }
    expect([...alice.jar.keys()].filter((name) => name.endsWith('_csrf'))).toEqual([`${SESSION}_csrf`])
  })

  it('tabs with two hundred abandoned logins leave nothing behind', async () => {
    const gate = await startGate({ args: ['--skip-provider-button'] })
    const alice = gate.visitor()
    for (let at = 0; at < 200; at += 1) await alice.visit(`/page/${at}`)
    const bytes = [...alice.jar].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    expect(alice.jar.size).toBe(2)
    expect(bytes).toBeLessThan(150)
  })
})

describe('signing out', () => {
  it('signing out clears every chunk with the attributes that set it', async () => {
    const gate = await startGate({
      args: ['--pass-access-token', '--pass-authorization-header', '--cookie-budget=16000'],
    })
    gate.provider.user = {
      sub: 'alice',
      email: 'alice@example.com',
      groups: Array.from({ length: 150 }, () => crypto.randomUUID()),
    }
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    expect([...alice.jar.keys()].filter((name) => name.startsWith(`${SESSION}_`)).length).toBeGreaterThan(1)
    await alice.visit('/oauth2/sign_out', { method: 'POST', headers: ['Origin', 'https://app.example.com'] })
    expect([...alice.jar.keys()]).toEqual([])
    expect((await alice.fetch('/x')).status).toBe(401)
  })

  it('signing out is refused to other sites', async () => {
    const gate = await startGate()
    const alice = gate.visitor()
    await alice.browse('/oauth2/start?rd=%2F')
    const response = await gate.ask('/oauth2/sign_out', {
      headers: ['Host', 'app.example.com', 'Sec-Fetch-Site', 'cross-site', 'Cookie', `${SESSION}=x`],
    })
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})
