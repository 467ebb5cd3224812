import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startGate, type TestGate } from '../support/gate.ts'

const BY_HAND = [
  '--skip-oidc-discovery',
  '--login-url=/dex/auth?connector=x',
  '--redeem-url=https://op.test/token',
  '--oidc-jwks-url=https://op.test/jwks',
]

/** Takes a browser through the provider, which the host of the app serves at /dex. */
async function signIn(gate: TestGate, start: string) {
  const alice = gate.visitor()
  const left = await alice.visit(start)
  const url = new URL(left.location ?? '', 'https://app.example.com/')
  const back = await gate.provider.visit(`https://op.test/authorize${url.search}`)
  return { left, url, arrived: await alice.browse(`${back.pathname}${back.search}`) }
}

describe('a provider behind the host of the app', () => {
  it('a login-url that is a path is left for the browser to resolve, and a relative redirect URI is sent as it is', async () => {
    const gate = await startGate({ args: [...BY_HAND, '--relative-redirect-url'] })
    const { left, url, arrived } = await signIn(gate, '/oauth2/start?rd=%2Fx')
    expect(left.location).toMatch(/^\/dex\/auth\?connector=x&/u)
    expect(url.searchParams.get('redirect_uri')).toBe('/oauth2/callback')
    expect(gate.provider.tokenRequests[0]?.form.get('redirect_uri')).toBe('/oauth2/callback')
    expect(arrived).toMatchObject({ status: 200, url: 'https://app.example.com/x' })
  })

  it('a redirect-url that is a path is completed by the request, and sent as it is only on request', async () => {
    const other = '--redirect-url=/gate/oauth2/callback'
    const redirectUriOf = async (...args: readonly string[]) => {
      const gate = await startGate({ args: [...BY_HAND, other, ...args] })
      const { location } = await gate.visitor().visit('/oauth2/start')
      return new URL(location ?? '', 'https://app.example.com/').searchParams.get('redirect_uri')
    }
    expect(await redirectUriOf()).toBe('https://app.example.com/gate/oauth2/callback')
    expect(await redirectUriOf('--relative-redirect-url')).toBe('/gate/oauth2/callback')
  })
})

describe('public keys from files', () => {
  const other = (type: 'rsa' | 'ec' | 'ed25519') => {
    // Each kind takes the options of the others as none.
    const { publicKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : type === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519')
    return publicKey.export({ format: 'pem', type: 'spki' }).toString()
  }
  const start = (files: Record<string, string>) => {
    const paths = Object.keys(files).map((path) => `--oidc-public-key-file=${path}`)
    const args = BY_HAND.filter((flag) => !flag.includes('jwks'))
    return startGate({ args: [...args, ...paths], files })
  }
  /** The key of the provider, as its operator hands it over. */
  async function ownKey(gate: TestGate): Promise<string> {
    const [jwk] = gate.provider.signer.jwks().keys
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('jwk', jwk ?? {}, algorithm, true, ['verify'])
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', key)).toString('base64')
    return `-----BEGIN PUBLIC KEY-----\n${spki.replaceAll(/.{64}/gu, '$&\n')}\n-----END PUBLIC KEY-----\n`
  }

  it('public keys from files verify tokens, whatever key id they name, one of them is enough', async () => {
    const pem = await ownKey(await startGate())
    const gate = await start({
      '/a.pem': other('rsa'),
      '/b.pem': pem,
      '/c.pem': other('ec'),
      '/d.pem': other('ed25519'),
    })
    const { arrived } = await signIn(gate, '/oauth2/start?rd=%2Fx')
    expect(arrived).toMatchObject({ status: 200, url: 'https://app.example.com/x' })
    expect(gate.provider.hits.jwks).toBe(0)
  })

  it('public keys from files refuse a token that none of them signed [ID-60]', async () => {
    const gate = await start({ '/a.pem': other('rsa'), '/c.pem': other('ec') })
    const { arrived } = await signIn(gate, '/oauth2/start')
    expect(arrived.status).toBe(403)
    expect(gate.platform.lines.some((line) => line['code'] === 'id_token_invalid')).toBe(true)
  })

  it('public keys from files count when they change', async () => {
    const gate = await start({ '/a.pem': other('rsa') })
    const pem = await ownKey(gate)
    expect((await signIn(gate, '/oauth2/start')).arrived.status).toBe(403)
    gate.platform.change('/a.pem', pem)
    gate.platform.pass(31_000)
    expect((await signIn(gate, '/oauth2/start')).arrived.status).toBe(200)
  })

  it('public keys from files that hold none are told when they are needed', async () => {
    const broken = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'
    const gate = await start({ '/a.pem': broken })
    expect(await gate.app.checkProviders()).toBe(false)
    expect(gate.platform.lines).toContainEqual(
      expect.objectContaining({ code: 'misconfigured', setting: 'oidc-public-key-file', path: '/a.pem' }),
    )
  })
})
