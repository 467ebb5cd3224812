import { describe, expect, it } from 'vitest'
import { authorizationRequest, signInAt, startSeveral } from '../support/several.ts'

const REMEMBERED = '__Host-_oauth2_proxy_provider'
const TRUSTING = ['--reverse-proxy', '--trusted-proxy-ip=0.0.0.0/0']

/** The ids of the buttons of a page, in their order. */
function offered(page: string): readonly string[] {
  return [...page.matchAll(/<a class="button[^>]* href="[^"]*provider=(\w+)/gu)].map(([, id = '']) => id)
}

/** Origin that a start leads to. */
async function leadsTo(start: Promise<URL>): Promise<string> {
  return (await start).origin
}

describe('the sign-in page of several providers', () => {
  it('the sign-in page of several providers has a button for each, with its name, in the order of the file', async () => {
    const { gate } = await startSeveral()
    const { status, text } = await gate.visitor().visit('/')
    expect([status, offered(text)]).toEqual([200, ['work', 'partners']])
    expect(text.indexOf('Sign in with Work')).toBeLessThan(text.indexOf('Sign in with Partners'))
    expect(text).not.toContain('login_hint')
  })

  it('the sign-in page of several providers offers the one first that this browser used last, by a cookie that has its id alone', async () => {
    const { gate } = await startSeveral()
    const visitor = await signInAt(gate, 'partners')
    expect(visitor.jar.get(REMEMBERED)).toBe('partners')
    await visitor.fetch('/oauth2/sign_out', { method: 'POST' })
    expect(offered((await visitor.visit('/')).text)).toEqual(['partners', 'work'])
    await signInAt(gate, 'work', visitor)
    expect(visitor.jar.get(REMEMBERED)).toBe('work')
    // What is remembered already is not set again, and the app does not see it.
    const again = await visitor.visit(
      (await visitor.visit('/oauth2/start?rd=%2F&provider=work')).location ?? '/',
    )
    expect(again.setCookies.join()).not.toContain(REMEMBERED)
    await visitor.fetch('/x')
    expect(gate.platform.plans.at(-1)?.headers.join()).not.toContain('_provider')
  })

  it('the sign-in page of several providers offers them in the order of the file where remember-provider is off, or the cookie is made up', async () => {
    const { gate } = await startSeveral({ args: ['--remember-provider=false'] })
    const visitor = await signInAt(gate, 'partners')
    expect([...visitor.jar.keys()].filter((name) => name.endsWith('_provider'))).toEqual([])
    const stranger = gate.visitor()
    stranger.jar.set(REMEMBERED, 'partners')
    expect(offered((await stranger.visit('/')).text)).toEqual(['work', 'partners'])
    const on = (await startSeveral()).gate.visitor()
    on.jar.set(REMEMBERED, '"><script>')
    const { text } = await on.visit('/')
    expect(offered(text)).toEqual(['work', 'partners'])
    expect(text).not.toContain('<script>"')
  })

  it('the sign-in page of several providers names the e-mail domains only where they are those of all', async () => {
    const textOf = async (partners: readonly string[]) =>
      (await (await startSeveral({ partners })).gate.visitor().visit('/')).text
    expect(await textOf([])).toContain('Use an account of example.com')
    expect(await textOf(['emailDomains: [partner.test]'])).not.toContain('Use an account of')
  })

  it('the sign-in page of several providers offers the one alone that the address names', async () => {
    const { gate } = await startSeveral()
    expect(offered((await gate.visitor().visit('/oauth2/sign_in?rd=%2Fx&provider=partners')).text)).toEqual([
      'partners',
    ])
    // A parameter of the app is the app's.
    expect(offered((await gate.visitor().visit('/page?provider=partners')).text)).toEqual([
      'work',
      'partners',
    ])
  })

  it.each(['/oauth2/sign_in', '/oauth2/start'])(
    'the sign-in page of several providers says that a provider is unknown, and offers all: %s',
    async (path) => {
      const { gate } = await startSeveral()
      const { status, text } = await gate.visitor().visit(`${path}?rd=%2F&provider=evil`)
      expect([status, offered(text)]).toEqual([404, ['work', 'partners']])
      expect(text).toContain('There is no sign-in service of that name')
      const program = await gate.ask(`${path}?provider=evil`, {
        headers: ['Host', 'app.example.com', 'Accept', '*/*'],
      })
      expect([path, program.status]).toEqual([path, 404])
    },
  )

  it('the sign-in page of several providers is skipped with skip-provider-button: to the one used last, else to the first', async () => {
    const { gate } = await startSeveral({ args: ['--skip-provider-button'] })
    const visitor = gate.visitor()
    expect(await leadsTo(authorizationRequest(visitor, '/page'))).toBe('https://op.test')
    await signInAt(gate, 'partners', visitor)
    await visitor.fetch('/oauth2/sign_out', { method: 'POST' })
    expect(await leadsTo(authorizationRequest(visitor, '/page'))).toBe('https://partners.test')
    expect(await leadsTo(authorizationRequest(visitor, '/oauth2/sign_in?rd=%2Fx&provider=work'))).toBe(
      'https://op.test',
    )
    // Where a person asks for another account, they choose.
    expect(offered((await visitor.visit('/oauth2/sign_in?account=other')).text)).toEqual(['partners', 'work'])
  })
})

describe('a gateway that names one of several providers', () => {
  const naming = (value: string) => ({ headers: ['X-Auth-Request-Provider', value] })

  it('a gateway that names one of several providers is believed where it is trusted, and the app is not told what it said', async () => {
    const { gate } = await startSeveral({ args: TRUSTING })
    expect(offered((await gate.visitor().visit('/', naming('partners'))).text)).toEqual(['partners'])
    const skipping = await gate.sibling([...TRUSTING, '--skip-provider-button'])
    const { location } = await skipping.visitor().visit('/', naming('partners'))
    expect(location).toMatch(/^https:\/\/partners\.test\/authorize/u)
    const visitor = await signInAt(gate, 'work')
    await visitor.fetch('/x', naming('partners'))
    expect(gate.platform.plans.at(-1)?.headers.join('\n')).not.toMatch(/provider/iu)
  })

  it('a gateway that names one of several providers that there is not is told so', async () => {
    const { gate } = await startSeveral({ args: TRUSTING })
    const { status, text } = await gate.visitor().visit('/', naming('evil'))
    expect([status, text.includes('There is no sign-in service of that name')]).toEqual([404, true])
  })

  it('a client that names one of several providers as a gateway does is not believed [HD-113]', async () => {
    const { gate } = await startSeveral()
    expect(offered((await gate.visitor().visit('/', naming('partners'))).text)).toEqual(['work', 'partners'])
    const visitor = await signInAt(gate, 'work')
    await visitor.fetch('/x', {
      headers: ['X-Auth-Request-Provider', 'evil', 'X_Auth_Request_Provider', 'evil'],
    })
    expect(gate.platform.plans.at(-1)?.headers.join('\n')).not.toContain('evil')
  })
})

describe('an e-mail address that chooses one of several providers', () => {
  const domains = { work: ['domains: [example.com]'], partners: ['domains: [partner.test, "*"]'] }

  it.each([
    ['alice@example.com', 'https://op.test'],
    ['ALICE@EXAMPLE.COM', 'https://op.test'],
    ['pat@partner.test', 'https://partners.test'],
    ['eve@elsewhere.test', 'https://partners.test'],
  ])(
    'an e-mail address that chooses one of several providers leads there by its domain: %s',
    async (address, expected) => {
      const { gate } = await startSeveral(domains)
      const url = await authorizationRequest(
        gate.visitor(),
        `/oauth2/start?${new URLSearchParams({ rd: '/', login_hint: address })}`,
      )
      expect([url.origin, url.searchParams.get('login_hint')]).toEqual([expected, address])
    },
  )

  it('an e-mail address that chooses one of several providers can be entered on the sign-in page, without a script', async () => {
    const { gate } = await startSeveral(domains)
    const { text, headers } = await gate.visitor().visit('/page')
    expect(text).toMatch(
      /<form method="get" action="\/oauth2\/start">[\s\S]*name="rd" value="\/page"[\s\S]*name="login_hint"/u,
    )
    // The form ends at the provider, over the redirect of the start endpoint.
    expect(headers.get('content-security-policy')).toMatch(/form-action 'self' https:/u)
    const hinted = await gate.visitor().visit('/oauth2/sign_in?rd=%2F&login_hint=pat%40partner.test')
    expect(offered(hinted.text)).toEqual(['partners'])
    expect(hinted.text).toContain('login_hint=pat%40partner.test')
    expect(hinted.text).not.toContain('<form')
  })

  it.each([
    'eve@elsewhere.test',
    'alice',
    '@example.com',
    'a@example.com@evil.test',
    `${'a'.repeat(300)}@example.com`,
    'alice@example.com ',
  ])(
    'an e-mail address that fits no provider leads nowhere: the page says so, and all are offered: %s [CB-120]',
    async (address) => {
      const { gate } = await startSeveral({ work: ['domains: [example.com]'] })
      const query = new URLSearchParams({ rd: '/', login_hint: address })
      const { status, text } = await gate.visitor().visit(`/oauth2/start?${query}`)
      expect([status, offered(text)]).toEqual([404, ['work', 'partners']])
      expect(text).toContain('or for that address')
    },
  )

  it('an e-mail address in the link of a named provider is no hint for it, unless its loginURLParameters allow that [CB-121]', async () => {
    const { gate } = await startSeveral(domains)
    const url = await authorizationRequest(
      gate.visitor(),
      '/oauth2/start?provider=partners&login_hint=alice%40example.com',
    )
    expect([url.origin, url.searchParams.get('login_hint')]).toEqual(['https://partners.test', null])
    const fixed = await startSeveral({
      work: ['domains: [example.com]', 'loginURLParameters: [{ name: login_hint, default: [fixed] }]'],
    })
    const other = await authorizationRequest(
      fixed.gate.visitor(),
      '/oauth2/start?login_hint=alice%40example.com',
    )
    expect(other.searchParams.getAll('login_hint')).toEqual(['fixed'])
  })
})

describe('what tells the provider of a person', () => {
  const told = (lines: readonly string[]) =>
    lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === 'x-auth-request-provider')

  it('the provider of a person is told by user-info, the session, the log, and with pass-provider-header by a header', async () => {
    const { gate } = await startSeveral({ args: ['--pass-provider-header'] })
    const visitor = await signInAt(gate, 'partners')
    const forged = { headers: ['X-Auth-Request-Provider', 'work', 'x_auth_request_provider', 'work'] }
    await visitor.fetch('/x', forged)
    expect(told(gate.platform.plans.at(-1)?.headers ?? [])).toEqual(['partners'])
    expect((await visitor.fetch('/oauth2/auth')).headers.get('x-auth-request-provider')).toBe('partners')
    for (const path of ['/oauth2/userinfo', '/oauth2/session'])
      expect(JSON.parse((await visitor.fetch(path)).text)).toMatchObject({
        user: 'alice',
        provider: 'partners',
      })
    expect(gate.platform.lines).toContainEqual(
      expect.objectContaining({ event: 'sign_in_succeeded', provider: 'partners' }),
    )
  })

  it('the provider of a person is told by no header unless pass-provider-header is set', async () => {
    const { gate } = await startSeveral()
    const visitor = await signInAt(gate, 'partners')
    await visitor.fetch('/x')
    expect(told(gate.platform.plans.at(-1)?.headers ?? [])).toEqual([])
    expect((await visitor.fetch('/oauth2/auth')).headers.has('x-auth-request-provider')).toBe(false)
  })

  it('the provider of a person who was verified by a bearer token is told too', async () => {
    const { gate, partners } = await startSeveral({
      args: ['--pass-provider-header', '--skip-jwt-bearer-tokens'],
    })
    const seconds = Math.floor(gate.platform.now() / 1000)
    const token = await partners.signer.sign({
      iss: partners.origin,
      aud: partners.client.id,
      sub: 'alice',
      email: 'alice@example.com',
      email_verified: true,
      iat: seconds,
      exp: seconds + 60,
    })
    await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Authorization', `Bearer ${token}`] })
    expect(told(gate.platform.plans.at(-1)?.headers ?? [])).toEqual(['partners'])
  })

  it.each([
    ['partners', 202],
    ['work,partners', 202],
    ['work', 403],
    ['evil', 403],
  ])('the provider of a person is what allowed_providers of a gateway asks for: %s', async (ids, status) => {
    const { gate } = await startSeveral()
    const visitor = await signInAt(gate, 'partners')
    expect((await visitor.fetch(`/oauth2/auth?allowed_providers=${ids}`)).status).toBe(status)
  })

  it('the provider of a person is not told by user-info where there is one, as in oauth2-proxy', async () => {
    const { gate } = await startSeveral()
    const alone = await gate.sibling([], (config) => ({ ...config, providers: config.providers.slice(0, 1) }))
    const visitor = alone.visitor()
    await visitor.browse('/oauth2/start?rd=%2F')
    expect(JSON.parse((await visitor.fetch('/oauth2/userinfo')).text)).not.toHaveProperty('provider')
  })
})
