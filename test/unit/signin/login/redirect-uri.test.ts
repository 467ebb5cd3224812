import { describe, expect, it } from 'vitest'
import {
  describeRedirectUri,
  describeRedirectUris,
  describeSignOutWay,
} from '../../../../src/signin/login/redirect-uri.ts'
import { configOf } from '../../config/config-fixture.ts'

const described = (...args: readonly string[]) => describeRedirectUri(configOf({ args }))

describe('the redirect URI that is named at start', () => {
  it('the redirect URI that is named at start is redirect-url where that is given, with the path that an origin gets', () => {
    expect(described('--redirect-url=https://app.example.com')).toEqual({
      redirect_uri: 'https://app.example.com/oauth2/callback',
    })
  })

  it('the redirect URI that is named at start is that of localhost where only this machine can come, over http', () => {
    expect(described('--cookie-secure=false', '--proxy-prefix=/auth')).toMatchObject({
      redirect_uri: 'http://localhost:4180/auth/callback',
      advice: expect.stringContaining('--redirect-url'),
    })
  })

  it.each([
    ['on all interfaces', '--http-address=0.0.0.0:4180'],
    ['behind a proxy', '--reverse-proxy'],
    ['on a unix socket', '--http-address=unix:///run/gate.sock'],
  ])('the redirect URI that is named at start has no host %s, but that of the browser', (_, flag) => {
    expect(described(flag, '--cookie-secure=false')).toMatchObject({
      redirect_uri: 'http://<host in the browser>/oauth2/callback',
    })
    expect(described(flag)).toMatchObject({ redirect_uri: 'https://<host in the browser>/oauth2/callback' })
  })

  it('the redirect URI that is named at start says what http on localhost needs where cookies are Secure and nothing ends TLS', () => {
    expect(described()).toMatchObject({
      redirect_uri: 'https://<host in the browser>/oauth2/callback',
      advice: expect.stringContaining('set --cookie-secure=false to open http://localhost:4180'),
    })
  })
})

describe('describeSignOutWay()', () => {
  const way = (...args: readonly string[]) => describeSignOutWay(configOf({ args }))

  it('describeSignOutWay() recommends the sign-out at the provider, and names the address that has to be registered first', () => {
    expect(way('--redirect-url=https://app.example/oauth2/callback')).toEqual({
      message: 'A sign-out leaves the session at the provider, which signs in again',
      fields: {
        advice:
          'register https://app.example/oauth2/signed_out there as a post-logout redirect URI, then set --sign-out-at-provider',
      },
    })
  })

  it('describeSignOutWay() names the address to register where sign-outs go to the provider', () => {
    expect(way('--sign-out-at-provider', '--redirect-url=https://app.example')).toEqual({
      message: 'Register the post-logout redirect URI at the provider',
      fields: { post_logout_redirect_uri: 'https://app.example/oauth2/signed_out' },
    })
  })

  it('describeSignOutWay() says nothing of a provider without an issuer', () => {
    expect(way('--provider=github', '--oidc-issuer-url=')).toBeUndefined()
  })
})

describe('the redirect URIs of several providers that are named at start', () => {
  const provider = { issuer: 'https://op.test', skipDiscovery: false, skipIssuerVerification: false }
  const described = (...providers: readonly object[]) =>
    describeRedirectUris({
      ...configOf({ args: ['--redirect-url=https://app.example.com'] }),
      providers: providers.map((each, at) => ({ ...provider, id: `id${at}`, ...each })),
    })

  it('the redirect URIs of several providers that are named at start are those of each, and the shared one where it may count', () => {
    const shared = 'https://app.example.com/oauth2/callback'
    expect(
      described({}, { issuer: undefined }, { skipDiscovery: true }, { skipIssuerVerification: true }),
    ).toEqual([
      {
        provider: 'id0',
        redirect_uri: `${shared}/id0`,
        advice: expect.stringContaining(`register ${shared} too`),
      },
      { provider: 'id1', redirect_uri: `${shared}/id1`, advice: undefined },
      { provider: 'id2', redirect_uri: `${shared}/id2`, advice: undefined },
      { provider: 'id3', redirect_uri: `${shared}/id3`, advice: undefined },
    ])
  })

  it('the redirect URIs of several providers that are named at start are one for a provider that is alone', () => {
    expect(described({})).toEqual([{ redirect_uri: 'https://app.example.com/oauth2/callback' }])
  })
})
