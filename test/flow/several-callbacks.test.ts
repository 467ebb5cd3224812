import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'
import { authorizationRequest, severalFile, signInAt, startSeveral } from '../support/several.ts'

const SHARED = 'https://app.example.com/oauth2/callback'
const start = (id: string): string => `/oauth2/start?rd=%2F&provider=${id}`

function failures({ platform }: TestGate) {
  return platform.lines.filter(({ event }) => event === 'sign_in_failed')
}

describe('redirect URIs of several providers', () => {
  it.each([
    ['its own where its answers do not name the issuer', false, `${SHARED}/partners`],
    ['the shared one where its answers do', true, SHARED],
  ])(
    'the redirect URI of each of several providers is %s, and a sign-in ends there',
    async (_, namesIssuer, expected) => {
      const { gate, partners } = await startSeveral({ namesIssuer })
      const visitor = gate.visitor()
      const { searchParams } = await authorizationRequest(visitor, start('partners'))
      expect(searchParams.get('redirect_uri')).toBe(expected)
      await signInAt(gate, 'partners', visitor)
      expect(partners.tokenRequests.at(-1)?.form.get('redirect_uri')).toBe(expected)
      expect(await (await visitor.fetch('/oauth2/session')).text).toContain('"provider":"partners"')
    },
  )

  it.each([
    ['redirect-url', ['--redirect-url=https://id.example.com/cb'], 'https://id.example.com/cb/work'],
    [
      'redirect-url with a query',
      ['--redirect-url=https://id.example.com/cb/?a=1'],
      'https://id.example.com/cb/work?a=1',
    ],
    ['a path alone', ['--redirect-url=/cb'], 'https://app.example.com/cb/work'],
    ['relative-redirect-url', ['--relative-redirect-url'], '/oauth2/callback/work'],
  ])('the redirect URI of each of several providers follows %s', async (_, args, expected) => {
    const { gate } = await startSeveral({ args })
    const { searchParams } = await authorizationRequest(gate.visitor(), start('work'))
    expect(searchParams.get('redirect_uri')).toBe(expected)
  })

  it('the redirect URI of a provider whose issuer is not verified is its own, whatever its answers name [CB-110]', async () => {
    const { gate } = await startSeveral({ namesIssuer: true, args: [], partners: [] })
    const insecure = await gate.sibling([], (config) => ({
      ...config,
      providers: config.providers.map((provider) => ({ ...provider, skipIssuerVerification: true })),
    }))
    const { searchParams } = await authorizationRequest(insecure.visitor(), start('work'))
    expect(searchParams.get('redirect_uri')).toBe(`${SHARED}/work`)
  })
})

/** What a provider would do that sends people on to another one, with its own state: the code that comes back. */
async function mixedUp(namesIssuer: boolean) {
  const several = await startSeveral({ namesIssuer })
  const { gate, work } = several
  const visitor = gate.visitor()
  const honest = await authorizationRequest(gate.visitor(), start('work'))
  const begun = await authorizationRequest(visitor, start('partners'))
  for (const name of ['state', 'nonce', 'code_challenge'])
    honest.searchParams.set(name, begun.searchParams.get(name) ?? '')
  const back = await work.visit(honest.href)
  return { ...several, visitor, back }
}

describe('mix-up of several providers (RFC 9700 §4.4)', () => {
  it.each([
    ['by the redirect URI [CB-111]', false],
    ['by the name of the issuer [CB-112]', true],
  ])('mix-up of several providers is refused %s, and no code is redeemed', async (_, namesIssuer) => {
    const { gate, visitor, back, work, partners } = await mixedUp(namesIssuer)
    expect(back.searchParams.get('code')).not.toBeNull()
    const seen = await visitor.arrive(back.pathname + back.search)
    expect(seen.status).toBe(403)
    expect(failures(gate)).toMatchObject([{ code: 'issuer_mismatch', provider: 'partners' }])
    expect([work.hits.token, partners.hits.token]).toEqual([0, 0])
    expect([...visitor.jar.keys()]).not.toContain('__Host-_oauth2_proxy')
  })

  it.each([
    ['at the callback of another provider [CB-113]', '/oauth2/callback/work', 'issuer_mismatch'],
    ['at the shared callback [CB-114]', '/oauth2/callback', 'state_mismatch'],
    ['at the callback of a provider that there is not [CB-115]', '/oauth2/callback/other', undefined],
    ['below its callback [CB-116]', '/oauth2/callback/partners/', undefined],
    ['at its callback in another spelling [CB-117]', '/oauth2/callback/%70artners', undefined],
  ])('an answer of one of several providers is refused %s', async (_, path, code) => {
    const { gate, partners } = await startSeveral()
    const visitor = gate.visitor()
    const begun = await authorizationRequest(visitor, start('partners'))
    const back = await partners.visit(begun.href)
    expect(back.pathname).toBe('/oauth2/callback/partners')
    const seen = await visitor.arrive(`${path}${back.search}`)
    // Where no callback is, there is a page of the app, which takes a sign-in.
    expect([seen.status, seen.location]).toEqual([code === undefined ? 200 : 403, undefined])
    expect(failures(gate)[0]?.['code']).toBe(code)
    expect(partners.hits.token).toBe(0)
    // The answer is good where it belongs.
    expect((await visitor.visit(back.pathname + back.search)).location).toBe('/')
  })

  it('an answer of one of several providers that should name its issuer and does not is refused [CB-118]', async () => {
    const { gate, partners } = await startSeveral({ namesIssuer: true })
    const visitor = gate.visitor()
    const back = await partners.visit((await authorizationRequest(visitor, start('partners'))).href)
    back.searchParams.delete('iss')
    expect((await visitor.arrive(back.pathname + back.search)).status).toBe(403)
    expect(failures(gate)).toMatchObject([{ code: 'issuer_mismatch', present: false }])
    expect(partners.hits.token).toBe(0)
  })

  it('a sign-in that began when its provider was alone starts over at the redirect URI that it has beside another one [CB-119]', async () => {
    const { gate, work } = await startSeveral()
    const alone = await gate.sibling([], (config) => ({ ...config, providers: config.providers.slice(0, 1) }))
    const visitor = alone.visitor()
    const begun = await authorizationRequest(visitor, '/oauth2/start?rd=%2Fdeep')
    expect(begun.searchParams.get('redirect_uri')).toBe(SHARED)
    const back = await work.visit(begun.href)
    const after = gate.visitor()
    for (const [name, value] of visitor.jar) after.jar.set(name, value)
    const again = await authorizationRequest(after, back.pathname + back.search)
    expect(again.searchParams.get('redirect_uri')).toBe(`${SHARED}/work`)
    expect(work.hits.token).toBe(0)
    const seen = await after.browse(again.href)
    expect([seen.status, new URL(seen.url).pathname]).toEqual([200, '/deep'])
  })

  it('a sign-in that began beside another provider ends where its provider is alone by now', async () => {
    const { gate, work } = await startSeveral()
    const visitor = gate.visitor()
    const back = await work.visit((await authorizationRequest(visitor, start('work'))).href)
    const alone = await gate.sibling([], (config) => ({ ...config, providers: config.providers.slice(0, 1) }))
    const after = alone.visitor()
    for (const [name, value] of visitor.jar) after.jar.set(name, value)
    expect((await after.visit(back.pathname + back.search)).location).toBe('/')
  })

  it('a return target is not the callback of a provider', async () => {
    const { gate } = await startSeveral()
    const visitor = await signInAt(gate, 'work')
    const seen = await visitor.visit('/oauth2/sign_in?rd=%2Foauth2%2Fcallback%2Fwork')
    expect(seen.location).toBe('/')
  })
})

describe('the ids of several providers', () => {
  it.each(['a/b', '"."', 'ä', '"a b"', '"*"', '":id"', 'a?b', '..'])(
    'an id of one of several providers that cannot stand in a redirect URI is refused: %s [CF-110]',
    async (id) => {
      const file = severalFile().replace('id: partners', `id: ${id}`)
      await expect(startGate({ file })).rejects.toThrow(/giv[^\n]*id[^\n]*redirect URI/u)
    },
  )
})
