import { describe, expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'
import { severalFile, signInAt, startSeveral } from '../support/several.ts'

const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true }

describe('groups that one of several providers demands', () => {
  it('groups that one of several providers demands are asked of its own people, and of no others [RT-110]', async () => {
    const { gate, work, partners } = await startSeveral({ partners: ['allowedGroups: [ops]'] })
    work.user = { ...ALICE, groups: [] }
    partners.user = { ...ALICE, groups: ['dev'] }
    expect((await (await signInAt(gate, 'work')).fetch('/x')).status).toBe(200)
    await expect(signInAt(gate, 'partners')).rejects.toThrow(/403/u)
    partners.user = { ...ALICE, groups: ['ops'] }
    expect((await (await signInAt(gate, 'partners')).fetch('/x')).status).toBe(200)
  })

  it('groups that one of several providers demands are not satisfied by another provider’s group of that name [RT-111]', async () => {
    const { gate, work, partners } = await startSeveral({
      work: ['allowedGroups: [staff]'],
      partners: ['allowedGroups: [ops]'],
    })
    work.user = { ...ALICE, groups: ['ops'] }
    partners.user = { ...ALICE, groups: ['staff'] }
    await expect(signInAt(gate, 'work')).rejects.toThrow(/403/u)
    await expect(signInAt(gate, 'partners')).rejects.toThrow(/403/u)
  })

  it('groups that one of several providers demands end what its people may do when they change, on the next request', async () => {
    const { gate, partners } = await startSeveral()
    partners.user = { ...ALICE, groups: ['dev'] }
    const alice = await signInAt(gate, 'partners')
    const bob = await signInAt(gate, 'work')
    const strict = await gate.sibling([], (config) => {
      const perProvider = new Map(config.policy.perProvider)
      perProvider.set('partners', { allowedGroups: ['ops'], emailDomains: undefined, domains: [] })
      return { ...config, policy: { ...config.policy, perProvider } }
    })
    const statusOf = async ({ jar }: typeof alice) => {
      const visitor = strict.visitor()
      for (const [name, value] of jar) visitor.jar.set(name, value)
      return (await visitor.fetch('/x')).status
    }
    expect([await statusOf(alice), await statusOf(bob)]).toEqual([403, 200])
  })

  it('groups that one of several providers demands are asked of a bearer token of that provider [RT-112]', async () => {
    const { gate, work, partners } = await startSeveral({
      args: ['--skip-jwt-bearer-tokens'],
      partners: ['allowedGroups: [ops]'],
    })
    const statusOf = async ({ signer, origin, client }: typeof work) => {
      const seconds = Math.floor(gate.platform.now() / 1000)
      const token = await signer.sign({
        iss: origin,
        aud: client.id,
        ...ALICE,
        iat: seconds,
        exp: seconds + 60,
      })
      return (
        await gate.ask('/x', { headers: ['Host', 'app.example.com', 'Authorization', `Bearer ${token}`] })
      ).status
    }
    expect([await statusOf(work), await statusOf(partners)]).toEqual([200, 403])
  })
})

describe('e-mail addresses of several providers', () => {
  it('an e-mail address of a domain that one of several providers names is not believed from another one [HD-112]', async () => {
    const { gate, partners } = await startSeveral({
      work: ['domains: [example.com]'],
      args: ['--email-domain=*'],
    })
    expect((await (await signInAt(gate, 'work')).fetch('/x')).status).toBe(200)
    await expect(signInAt(gate, 'partners')).rejects.toThrow(/403/u)
    expect(gate.platform.lines.filter(({ event }) => event === 'sign_in_failed')).toMatchObject([
      {
        code: 'not_permitted',
        rule: 'domains',
        provider: 'partners',
        advice: expect.stringContaining('"domains"'),
      },
    ])
    partners.user = { ...ALICE, email: 'alice@partner.test' }
    expect((await (await signInAt(gate, 'partners')).fetch('/x')).status).toBe(200)
  })

  it('an e-mail address is believed from both of several providers that name its domain', async () => {
    const domains = ['domains: [example.com]']
    const { gate } = await startSeveral({ work: domains, partners: domains })
    for (const id of ['work', 'partners'])
      expect((await (await signInAt(gate, id)).fetch('/x')).status).toBe(200)
  })

  it('the e-mail domains of one of several providers take the place of those for all, for its own people', async () => {
    const { gate, work, partners } = await startSeveral({ partners: ['emailDomains: [partner.test]'] })
    const person = { ...ALICE, email: 'pat@partner.test' }
    partners.user = person
    expect((await (await signInAt(gate, 'partners')).fetch('/x')).status).toBe(200)
    work.user = person
    await expect(signInAt(gate, 'work')).rejects.toThrow(/403/u)
    partners.user = ALICE
    await expect(signInAt(gate, 'partners')).rejects.toThrow(/403/u)
  })

  it.each([
    ['emailDomains', '@example.com', 'without an @'],
    ['domains', 'co.uk', 'name a domain of yours'],
  ])('%s of one of several providers is checked', async (key, value, sentence) => {
    const file = severalFile({ partners: [`${key}: ['${value}']`] })
    await expect(startGate({ file })).rejects.toThrow(
      new RegExp(`providers\\[1\\]\\.${key}.*${sentence}`, 'u'),
    )
  })
})

describe('a sign-out of one of several providers', () => {
  it('a sign-out of one of several providers calls the backend-logout-url of that provider, and revokes there', async () => {
    const { gate, work, partners } = await startSeveral({
      work: ['backendLogoutURL: https://op.test/userinfo?from=work&hint={id_token}'],
      partners: ['backendLogoutURL: https://partners.test/userinfo?from=partners'],
    })
    const alice = await signInAt(gate, 'partners')
    const before = [work.hits.userinfo, partners.hits.userinfo]
    await alice.fetch('/oauth2/sign_out', { method: 'POST' })
    await gate.platform.settled()
    expect([work.hits.userinfo, partners.hits.userinfo]).toEqual([before[0], (before[1] ?? 0) + 1])
    expect([work.revoked.length, partners.revoked.length]).toEqual([0, 1])
  })

  it('a refresh of one of several providers asks the provider of the session', async () => {
    const { gate, work, partners } = await startSeveral({ args: ['--cookie-refresh=10m'] })
    const alice = await signInAt(gate, 'partners')
    const before = [work.hits.token, partners.hits.token]
    gate.platform.pass(11 * 60_000)
    expect((await alice.fetch('/x')).status).toBe(200)
    expect([work.hits.token, partners.hits.token]).toEqual([before[0], (before[1] ?? 0) + 1])
  })
})
