import { describe, expect, it } from 'vitest'
import { json } from '../../../support/fake-server.ts'
import { configOf, warningsOf } from '../../config/config-fixture.ts'
import { aBench } from '../providers-fixture.ts'

const LOGIN = { redirectUri: 'https://a/', state: 's', nonce: 'n', codeVerifier: 'v', extra: {} }

describe('presets of OpenID providers', () => {
  // [kind, what is asked for without a setting, with a rule on groups]
  it.each([
    ['auth0', 'openid email profile', 'openid email profile'],
    ['okta', 'openid email profile', 'openid email profile groups'],
    ['cognito', 'openid email profile', 'openid email profile'],
    [
      'zitadel',
      'openid email profile urn:zitadel:iam:org:project:roles',
      'openid email profile urn:zitadel:iam:org:project:roles',
    ],
    ['authentik', 'openid email profile', 'openid email profile'],
    ['dex', 'openid email profile offline_access', 'openid email profile offline_access groups'],
    ['pocket-id', 'openid email profile', 'openid email profile groups'],
    ['gitea', 'openid email profile', 'openid email profile groups'],
    ['forgejo', 'openid email profile', 'openid email profile groups'],
  ])('%s asks for the scopes that it has', (kind, plain, withGroups) => {
    const args = [`--provider=${kind}`]
    expect(configOf({ args }).providers[0]?.scope).toBe(plain)
    expect(configOf({ args: [...args, '--allowed-group=a'] }).providers[0]?.scope).toBe(withGroups)
    expect(warningsOf({ args })).toEqual([])
  })

  it.each([
    'auth0',
    'okta',
    'cognito',
    'zitadel',
    'authentik',
    'dex',
    'pocket-id',
    'gitea',
    'forgejo',
    'slack',
    'twitch',
  ])('%s signs people in and out as any issuer does', async (kind) => {
    const { provider, session, signIn } = await aBench({ kind })
    expect(await signIn()).toMatchObject({
      ok: true,
      value: { identity: { subject: 'alice', email: 'alice@example.com' } },
    })
    expect(await provider.refresh(await session())).toMatchObject({
      ok: true,
      value: { identity: { subject: 'alice' } },
    })
  })

  it.each([
    ['cognito', { 'cognito:groups': ['admins'] }, ['admins']],
    ['cognito', { 'cognito:groups': ['admins'], groups: ['named'] }, ['named']],
    [
      'zitadel',
      { 'urn:zitadel:iam:org:project:roles': { admin: { '1': 'a.example' }, reader: {} } },
      ['role:admin', 'role:reader'],
    ],
    ['slack', { 'https://slack.com/team_id': 'T0123' }, ['team:T0123']],
  ])('%s has groups in its own claims: %j', async (kind, claims, groups) => {
    const { op, session } = await aBench({ kind })
    op.user = { sub: 'alice', email: 'alice@example.com', ...claims }
    expect((await session()).groups).toEqual(groups)
  })

  it.each([
    [{ reader: {} }, ['role:reader']],
    [{}, []],
    [undefined, ['role:admin', 'role:reader']],
  ])(
    'roles that only the user-info endpoint tells at a refresh are those of now: %j',
    async (roles, groups) => {
      const { op, provider, session } = await aBench({ kind: 'zitadel' })
      const user = { sub: 'alice', email: 'alice@example.com' }
      op.user = { ...user, 'urn:zitadel:iam:org:project:roles': { admin: {}, reader: {} } }
      const before = await session()
      op.behaviour.idTokenOnRefresh = false
      op.user = { ...user, 'urn:zitadel:iam:org:project:roles': roles }
      expect(await provider.refresh(before)).toMatchObject({
        ok: true,
        value: { identity: { groups } },
      })
    },
  )

  it('Cognito is left by an address of its own kind', async () => {
    const { provider } = await aBench({ kind: 'cognito' })
    const url = await provider.endSessionUrl({
      idToken: 'hint',
      returnTo: 'https://app.example/out',
      state: 's',
    })
    expect(Object.fromEntries(new URL(url ?? '').searchParams)).toEqual({
      client_id: 'sidegate',
      logout_uri: 'https://app.example/out',
    })
  })

  // [error of Slack's token endpoint, which has status 200, setting that the log names]
  it.each([
    ['bad_client_secret', 'client-secret'],
    ['invalid_client_id', 'client-id'],
    ['bad_redirect_uri', 'redirect-url'],
  ])('slack with the error %s is a setting to compare: %s', async (error, setting) => {
    const { op, signIn } = await aBench({ kind: 'slack' })
    op.scripts.token = () => json(200, { ok: false, error })
    expect(await signIn()).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', detail: { error, setting } },
    })
  })

  it('Twitch is asked for the address by the name of its claim', async () => {
    const { provider } = await aBench({ kind: 'twitch' })
    const url = await provider.authorizationUrl(LOGIN)
    const claims = url.ok ? new URL(url.value).searchParams.get('claims') : ''
    expect(JSON.parse(claims ?? '')).toMatchObject({ id_token: { email: null } })
  })
})
