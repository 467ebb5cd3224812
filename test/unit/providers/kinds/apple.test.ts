import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { adviseOperator } from '../../../../src/signin/failure/advice.ts'
import { json } from '../../../support/fake-server.ts'
import { configOf, type Given, problemsOf, warningsOf } from '../../config/config-fixture.ts'
import { aBench, verdictOf } from '../providers-fixture.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const SPKI = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const P8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
/** The same as it is kept: the body on one line. */
const KEPT = P8.replace(/(?<=KEY-----\n)[\s\S]+(?=\n-----END)/u, (body) => body.replaceAll('\n', ''))
const TEAM = 'ABCDE12345'
const KEY_ID = 'KEY1234567'
const HOUR = 3_600_000

/** A gate in front of Apple; the base of the other tests names an issuer and a secret, which Apple needs neither of. */
function settings(args: readonly string[] = [], env: Given['env'] = {}): Given {
  return {
    args: [
      '--provider=apple',
      '--oidc-issuer-url=',
      `--apple-team-id=${TEAM}`,
      `--apple-key-id=${KEY_ID}`,
      ...args,
    ],
    env: { OAUTH2_PROXY_CLIENT_SECRET: undefined, OAUTH2_PROXY_APPLE_PRIVATE_KEY: P8, ...env },
  }
}

/** Apple, which authenticates clients by the form alone and has no UserInfo endpoint. */
async function atApple() {
  const bench = await aBench({
    kind: 'apple',
    clientSecret: undefined,
    own: { teamId: TEAM, keyId: KEY_ID, pkcs8: P8 },
  })
  bench.op.behaviour.authMethods = ['client_secret_post']
  bench.op.behaviour.fitsSecret = (secret) => secret.split('.').length === 3
  bench.op.behaviour.metadata = {
    userinfo_endpoint: undefined,
    end_session_endpoint: undefined,
  }
  bench.op.user = { sub: '001999.a1b2.0042', email: 'x1y2@privaterelay.appleid.com', email_verified: 'true' }
  return bench
}

describe('Apple', () => {
  it('the client secret is a JWT that the key of the team signs, made for each request', async () => {
    const { op, platform, provider, session } = await atApple()
    const before = await session()
    platform.pass(200 * 24 * HOUR)
    await provider.refresh(before)
    expect(op.tokenRequests).toHaveLength(2)
    for (const [at, { form, authorization }] of op.tokenRequests.entries()) {
      const secret = form.get('client_secret') ?? ''
      const currentDate = new Date(platform.now() - (at === 0 ? 200 * 24 * HOUR : 0))
      const { payload } = await jwtVerify(secret, await importSPKI(SPKI, 'ES256'), { currentDate })
      expect(payload).toMatchObject({ iss: TEAM, sub: 'sidegate', aud: 'https://op.test' })
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
      expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: KEY_ID, typ: 'JWT' })
      expect([form.get('client_id'), authorization]).toEqual(['sidegate', null])
    }
  })

  it.each([
    ['the text true', 'true', 'ok'],
    ['true', true, 'ok'],
    ['the text false', 'false', 'email_unverified'],
    ['false', false, 'email_unverified'],
  ])('an address of the ID token counts when it is verified: %s', async (_, verified, verdict) => {
    const { op, signIn } = await atApple()
    op.idToken.claims = (claims) => ({ ...claims, email_verified: verified, is_private_email: 'true' })
    const grant = await signIn()
    expect(verdictOf(grant)).toBe(verdict)
    if (grant.ok) expect(grant.value.identity.email).toBe('x1y2@privaterelay.appleid.com')
    expect(op.hits.userinfo).toBe(0)
  })

  it('Apple is asked for the address and to answer by form_post', async () => {
    const { provider } = await atApple()
    const login = { redirectUri: 'https://a/', state: 's', nonce: 'n', codeVerifier: 'v', extra: {} }
    const url = await provider.authorizationUrl(login)
    const parameters = new URL(url.ok ? url.value : '').searchParams
    expect(Object.fromEntries(parameters)).toMatchObject({
      response_mode: 'form_post',
      response_type: 'code',
      scope: 'openid email',
    })
  })

  it('Apple is asked about a person once a day, however often the session is refreshed', async () => {
    const { op, platform, provider, session } = await atApple()
    let now = await session()
    for (let hour = 1; hour <= 26; hour += 1) {
      platform.pass(HOUR)
      const grant = await provider.refresh(now)
      if (!grant.ok) throw new Error(grant.problem.reason)
      now = { ...now, ...grant.value.identity, tokens: grant.value.tokens }
    }
    expect(op.hits.token).toBe(2)
    expect(now.tokens.accessExpiresAtMs).toBe(platform.now() + 23 * HOUR)
    expect(now.email).toBe('x1y2@privaterelay.appleid.com')
  })

  it('a person who took the consent back is refused a day later', async () => {
    const { op, platform, provider, session } = await atApple()
    const before = await session()
    op.scripts.token = () => json(400, { error: 'invalid_grant' })
    platform.pass(23 * HOUR)
    expect(verdictOf(await provider.refresh(before))).toBe('ok')
    platform.pass(2 * HOUR)
    expect(verdictOf(await provider.refresh(before))).toBe('refresh_refused/invalid_grant')
  })

  it('a client secret that Apple refuses names the settings that it is made of', async () => {
    const { op, signIn } = await atApple()
    op.behaviour.fitsSecret = () => false
    const grant = await signIn()
    expect(grant.ok ? undefined : adviseOperator(grant.problem)).toBe(
      'compare --apple-team-id, --apple-key-id, --apple-private-key or --client-id with the registration of this client at the provider',
    )
  })

  it('a sign-out revokes the refresh token with the client secret', async () => {
    const { op, provider, session } = await atApple()
    const before = await session()
    expect(await provider.revoke(before)).toEqual({ ok: true, value: undefined })
    expect(op.revoked).toEqual([before.tokens.refresh])
    const endSession = { idToken: undefined, returnTo: 'https://a/', state: 's' }
    expect(await provider.endSessionUrl(endSession)).toBeUndefined()
  })
})

describe('the settings of Apple', () => {
  it('the sign-in cookie comes back by form_post, without a setting', () => {
    const { cookie, providers } = configOf(settings())
    expect([cookie.csrf.sameSite, cookie.sameSite]).toEqual(['none', undefined])
    expect(providers[0]).toMatchObject({
      scope: 'openid email',
      issuer: 'https://appleid.apple.com',
      clientSecret: undefined,
      own: { teamId: TEAM, keyId: KEY_ID, pkcs8: KEPT },
    })
    expect(warningsOf(settings())).toEqual([])
  })

  it('a sign-in cookie that is not Secure is refused', () => {
    const redirect = '--redirect-url=https://app.example.com/oauth2/callback'
    expect(problemsOf(settings([redirect, '--cookie-secure=false']))).toEqual([
      expect.stringMatching(/^--cookie-secure: set this to true, the provider asks for form_post: /u),
    ])
  })

  it('another response mode is refused while the address is asked for', () => {
    expect(problemsOf(settings(['--auth-request-response-mode=query']))).toEqual([
      '--auth-request-response-mode: leave this out, Apple answers by form_post when it is asked for the address, not by "query"',
    ])
    const plain = configOf(settings(['--auth-request-response-mode=query', '--scope=openid']))
    expect(plain.cookie.csrf.sameSite).toBeUndefined()
  })

  it('a client secret beside the key is warned about', () => {
    expect(warningsOf(settings([], { OAUTH2_PROXY_CLIENT_SECRET: 'made-by-hand' }))).toEqual([
      'OAUTH2_PROXY_CLIENT_SECRET: leave this out, the client shows who it is in another way and this is not used',
    ])
  })

  it('the key may be a file', () => {
    const given = settings(['--apple-private-key-file=/key.p8'], {
      OAUTH2_PROXY_APPLE_PRIVATE_KEY: undefined,
    })
    expect(configOf({ ...given, files: { '/key.p8': P8 } }).providers[0]?.own).toMatchObject({
      pkcs8: KEPT,
    })
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  it.each([
    ['nothing', undefined, 'give the private key of the client, here or in apple-private-key-file'],
    ['a text', 'hunter2', 'give a private key in PEM, with its first and last line'],
    ['a public key', SPKI, 'give a private key of the curve P-256'],
    [
      'an RSA key',
      rsa.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'give a private key of the curve P-256',
    ],
    [
      'another curve',
      p384.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'give a private key of the curve P-256',
    ],
  ])('a key that cannot sign is refused at the start: %s', (_, key, sentence) => {
    expect(problemsOf(settings([], { OAUTH2_PROXY_APPLE_PRIVATE_KEY: key }))).toEqual([
      expect.stringContaining(sentence),
    ])
  })

  it('ids of another form are refused', () => {
    expect(problemsOf(settings(['--apple-team-id=', '--apple-key-id=AuthKey_KEY1234567.p8']))).toEqual([
      '--apple-team-id: give ten capital letters and digits, as the account shows them, not ""',
      '--apple-key-id: give ten capital letters and digits, as the account shows them, not "AuthKey_KEY1234567.p8"',
    ])
  })
})
