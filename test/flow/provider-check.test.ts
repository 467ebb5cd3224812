import { describe, expect, it } from 'vitest'
import { problem } from '../../src/problems.ts'
import { createProviderClient } from '../../src/providers/http/client.ts'
import { createOAuth2Provider } from '../../src/providers/oauth2/provider.ts'
import { failed } from '../../src/result.ts'
import { createFakePlatform } from '../support/fake-platform.ts'
import { status } from '../support/fake-server.ts'
import { startGate, type TestGate } from '../support/gate.ts'
import { aProviderConfig, someTools } from '../unit/providers/providers-fixture.ts'

/** Lines about the provider itself. */
const lines = (gate: TestGate) => gate.platform.lines.filter(({ msg }) => /^The provider /u.test(String(msg)))

const networkFailure = (code: string) => () =>
  Promise.reject(new TypeError('fetch failed', { cause: { code } }))

describe('a provider that is asked at the start', () => {
  it('a provider that is asked at the start is asked for metadata and keys, and one line says that it is good', async () => {
    const gate = await startGate()
    expect(gate.provider.hits).toMatchObject({ discovery: 0, jwks: 0 })
    expect(await gate.app.checkProviders()).toBe(true)
    expect(gate.provider.hits).toMatchObject({ discovery: 1, jwks: 1, token: 0 })
    expect(lines(gate)).toEqual([
      expect.objectContaining({ level: 'info', provider: 'oidc', host: 'op.test' }),
    ])
    // A sign-in asks for neither again.
    await gate.visitor().browse('/oauth2/start?rd=%2F')
    expect(gate.provider.hits).toMatchObject({ discovery: 1, jwks: 1 })
  })

  it.each<[string, (gate: TestGate) => void, object]>([
    [
      'names another issuer: the literal to paste',
      (gate) => {
        gate.provider.behaviour.metadata = { issuer: 'https://op.test/' }
      },
      { code: 'provider_misbehaved', why: 'issuer', advice: 'set --oidc-issuer-url=https://op.test/' },
    ],
    [
      'has no metadata there',
      (gate) => {
        gate.provider.scripts.discovery = status(404)
      },
      {
        endpoint: 'discovery',
        host: 'op.test',
        status: 404,
        advice: expect.stringContaining('--oidc-issuer-url'),
      },
    ],
    [
      'is some web page',
      (gate) => {
        gate.provider.scripts.discovery = () =>
          new Response('<html>', { headers: { 'content-type': 'text/html' } })
      },
      { why: 'content type', host: 'op.test', advice: expect.stringContaining('what answers there') },
    ],
    [
      'has a name that is not known',
      (gate) => {
        gate.provider.scripts.discovery = networkFailure('ENOTFOUND')
      },
      { code: 'provider_unreachable', cause: 'ENOTFOUND', advice: expect.stringContaining('check the name') },
    ],
    [
      'refuses connections',
      (gate) => {
        gate.provider.scripts.discovery = networkFailure('ECONNREFUSED')
      },
      { advice: expect.stringContaining('nothing listens at op.test') },
    ],
    [
      'has a certificate of an unknown authority',
      (gate) => {
        gate.provider.scripts.discovery = networkFailure('DEPTH_ZERO_SELF_SIGNED_CERT')
      },
      { advice: expect.stringContaining('--provider-ca-file') },
    ],
    [
      'has a certificate that has ended',
      (gate) => {
        gate.provider.scripts.discovery = networkFailure('CERT_HAS_EXPIRED')
      },
      { advice: expect.stringContaining('renew the certificate of op.test') },
    ],
    [
      'has a certificate for another name',
      (gate) => {
        gate.provider.scripts.discovery = networkFailure('ERR_TLS_CERT_ALTNAME_INVALID')
      },
      { advice: expect.stringContaining('for another one') },
    ],
    [
      'has no keys',
      (gate) => {
        gate.provider.scripts.jwks = status(404)
      },
      { endpoint: 'jwks', host: 'op.test', status: 404 },
    ],
    [
      'is overwhelmed',
      (gate) => {
        gate.provider.scripts.jwks = status(503)
      },
      { endpoint: 'jwks', status: 503, advice: expect.stringContaining('see its log') },
    ],
  ])('a provider is told about, with what to fix, when it %s', async (_, spoil, line) => {
    const gate = await startGate()
    spoil(gate)
    expect(await gate.app.checkProviders()).toBe(false)
    expect(lines(gate)).toEqual([expect.objectContaining({ level: 'error', provider: 'oidc', ...line })])
  })

  it('a provider that is asked at the start is reported again only when there is news', async () => {
    const gate = await startGate()
    gate.provider.scripts.discovery = status(503)
    for (let time = 0; time < 3; time += 1) {
      expect(await gate.app.checkProviders()).toBe(false)
      gate.platform.pass(60_000)
    }
    expect(lines(gate)).toHaveLength(1)
    delete gate.provider.scripts.discovery
    for (let time = 0; time < 3; time += 1) expect(await gate.app.checkProviders()).toBe(true)
    expect(lines(gate).map(({ level }) => level)).toEqual(['error', 'info'])
  })

  it.each([
    ['answers with whatever it has for a GET', status(405), true],
    ['redirects a GET', () => new Response(null, { status: 302, headers: { location: '/' } }), true],
    ['cannot be reached', networkFailure('ECONNREFUSED'), false],
    ['fails', status(502), false],
  ] as const)('a provider of plain OAuth 2.0 that is asked at the start %s', async (_, answer, good) => {
    const provider = () => (answer as () => Response | Promise<Response>)()
    const context = someTools(createFakePlatform({ provider }))
    const config = aProviderConfig({
      loginUrl: 'https://git.example.com/authorize',
      redeemUrl: 'https://git.example.com/token',
    })
    const http = createProviderClient({ platform: context.platform, operatorUrls: [] })
    const readIdentity = async () => failed(problem('identity_incomplete'))
    const { check } = createOAuth2Provider({ config, context, http, scheme: 'Bearer', readIdentity })
    const checked = await check()
    expect(checked.ok).toBe(good)
    if (checked.ok) expect(checked.value).toEqual({ host: 'git.example.com' })
    else expect(checked.problem.detail).toMatchObject({ endpoint: 'token', host: 'git.example.com' })
  })
})

describe('/ready', () => {
  const ready = async (gate: TestGate) => (await gate.ask('/ready')).status

  it('/ready says nothing about the provider unless it is told to', async () => {
    const gate = await startGate()
    gate.provider.scripts.discovery = status(503)
    await gate.app.checkProviders()
    expect(await ready(gate)).toBe(200)
  })

  it('/ready waits for the provider with ready-wait-for-provider, and stays ready once it has answered', async () => {
    const gate = await startGate({ args: ['--ready-wait-for-provider'] })
    expect(await ready(gate)).toBe(503)
    gate.provider.scripts.discovery = status(503)
    await gate.app.checkProviders()
    expect(await ready(gate)).toBe(503)
    expect((await gate.ask('/ping')).status).toBe(200)
    delete gate.provider.scripts.discovery
    gate.platform.pass(60_000)
    await gate.app.checkProviders()
    expect(await ready(gate)).toBe(200)
    gate.provider.scripts.discovery = status(503)
    gate.platform.pass(48 * 3_600_000)
    await gate.app.checkProviders()
    expect(await ready(gate)).toBe(200)
  })
})
