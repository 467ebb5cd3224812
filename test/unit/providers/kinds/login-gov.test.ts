import { generateKeyPairSync } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createClientAssertion } from '../../../../src/providers/http/client-assertion.ts'
import { readRsaPem } from '../../../../src/providers/http/pem.ts'
import { changed } from '../../../support/fake-server.ts'
import { configOf } from '../../config/config-fixture.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SPKI = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const PKCS1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

describe('a private key in PEM', () => {
  it.each([
    ['PKCS #8', PKCS8],
    ['PKCS #1', PKCS1],
    ['line ends that are two characters', PKCS1.replaceAll('\n', '\\n')],
    ['Windows line ends', PKCS8.replaceAll('\n', '\r\n')],
  ])('a private key in PEM is read: %s', async (_, pem) => {
    const key = readRsaPem(pem)
    if (!key.ok) throw new Error(key.problem)
    const sign = createClientAssertion(
      { clientId: 'us', pkcs8: key.value },
      { platform: { now: Date.now } as never },
    )
    const assertion = await sign('https://op.test/token')
    const verified = await jwtVerify(assertion.ok ? assertion.value : '', await importSPKI(SPKI, 'RS256'), {
      issuer: 'us',
      subject: 'us',
      audience: 'https://op.test/token',
    })
    const { exp = 0, iat = 0, jti } = verified.payload
    expect([exp - iat, jti]).toEqual([300, expect.stringMatching(/^[\da-f-]{36}$/u)])
  })

  it.each([
    ['nothing', ''],
    ['a public key', SPKI],
    [
      'an EC key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'sec1', format: 'pem' })
        .toString(),
    ],
    ['half of one', PKCS8.slice(0, 400)],
  ])('a private key in PEM is refused when it is %s', (_, pem) => {
    expect(readRsaPem(pem).ok).toBe(false)
  })
})

describe('login.gov', () => {
  const own = { pkcs8: PKCS8, jwksUrl: '' }
  const LOGIN_GOV = { kind: 'login.gov', own, clientSecret: undefined, loginUrl: 'https://op.test/authorize' }

  it('the client signs an assertion in place of a secret, and the address comes from the user-info endpoint', async () => {
    const { op, platform, session } = await aBench({ ...LOGIN_GOV, issuer: 'https://op.test' })
    op.behaviour.authMethods = ['none']
    op.behaviour.metadata = { token_endpoint_auth_methods_supported: ['private_key_jwt'] }
    op.behaviour.profileOnly = ['email', 'email_verified']
    expect((await session()).email).toBe('alice@example.com')
    const [request] = op.tokenRequests
    const assertion = request?.form.get('client_assertion') ?? ''
    const currentDate = new Date(platform.now())
    const { payload } = await jwtVerify(assertion, await importSPKI(SPKI, 'RS256'), { currentDate })
    expect(payload).toMatchObject({ iss: 'sidegate', sub: 'sidegate', aud: 'https://op.test/token' })
    expect([request?.form.get('client_secret'), request?.authorization]).toEqual([null, null])
  })

  it('an assertion that is refused names the key', async () => {
    const { op, signIn } = await aBench({ ...LOGIN_GOV, issuer: 'https://op.test' })
    op.behaviour.authMethods = []
    const grant = await signIn()
    expect(grant.ok ? {} : grant.problem.detail).toMatchObject({ setting: 'jwt-key or client-id' })
  })

  it('an address that is not verified is refused', async () => {
    const { op, signIn } = await aBench({ ...LOGIN_GOV, issuer: 'https://op.test' })
    op.behaviour.authMethods = ['none']
    op.behaviour.profileOnly = ['email', 'email_verified']
    op.scripts.userinfo = changed((claims) => ({ ...claims, email_verified: false }))
    expect(verdictOf(await signIn())).toBe('email_unverified')
  })

  it('another environment is named by its login-url', async () => {
    const { op, provider } = await aBench({ ...LOGIN_GOV, issuer: 'https://secure.login.gov/' })
    op.behaviour.metadata = { issuer: 'https://op.test/' }
    expect(await provider.check()).toEqual({ ok: true, value: { host: 'op.test' } })
  })

  it('keys are those of pubjwk-url, without discovery', async () => {
    const urls = { redeemUrl: 'https://op.test/token', profileUrl: 'https://op.test/userinfo' }
    const { op, session } = await aBench({
      ...LOGIN_GOV,
      ...urls,
      issuer: 'https://op.test',
      own: { ...own, jwksUrl: 'https://op.test/jwks' },
    })
    op.behaviour.authMethods = ['none']
    await session()
    expect([op.hits.discovery, op.hits.jwks]).toEqual([0, 1])
  })

  it('a sign-out names the client and no ID token, which login.gov refuses', async () => {
    const { provider } = await aBench({ ...LOGIN_GOV, issuer: 'https://op.test' })
    const url = await provider.endSessionUrl({ idToken: 'hint', returnTo: 'https://a/out', state: 's' })
    expect(Object.fromEntries(new URL(url ?? '').searchParams)).toEqual({
      client_id: 'sidegate',
      post_logout_redirect_uri: 'https://a/out',
      state: 's',
    })
  })

  it('the level of assurance is asked for, and acr-values asks for another', () => {
    const args = ['--provider=login.gov', '--oidc-issuer-url=']
    const given = { args, env: { OAUTH2_PROXY_JWT_KEY: PKCS1 } }
    const loa = (more: readonly string[]) =>
      configOf({ ...given, args: [...args, ...more] }).providers[0]?.loginParameters['acr_values']
    expect(loa([])).toBe('http://idmanagement.gov/ns/assurance/loa/1')
    expect(loa(['--acr-values=urn:acr.login.gov:verified'])).toBe('urn:acr.login.gov:verified')
  })
})
