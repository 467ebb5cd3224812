import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../../../src/config/sections/provider.ts'
import { createFakeGitlabApi } from '../../../support/fake-gitlab.ts'
import { status } from '../../../support/fake-server.ts'
import { configOf, problemsOf } from '../../config/config-fixture.ts'
import { aBench, aProviderConfig, verdictOf } from '../providers-fixture.ts'

const CLAIMS = aProviderConfig().claims

const USER = {
  sub: '42',
  nickname: 'ann',
  email: 'ann@example.com',
  email_verified: true,
  groups: ['acme', 'acme/ops'],
}

async function aGitlab(
  projects: readonly { path: string; level: number }[] = [],
  given: Partial<ProviderConfig> = {},
) {
  const api = createFakeGitlabApi('https://op.test/api/v4')
  // One installation has the sign-in and the API at one address; here the fake API listens beside the fake provider.
  const bench = await aBench({ kind: 'gitlab', own: projects, ...given }, {}, { apis: [api] })
  bench.op.user = USER
  return { ...bench, api }
}

describe('GitLab', () => {
  it('the user is the nickname, and groups are paths', async () => {
    const { session } = await aGitlab()
    expect(await session()).toMatchObject({
      subject: '42',
      user: 'ann',
      email: 'ann@example.com',
      groups: ['acme', 'acme/ops'],
      claims: undefined,
    })
  })

  // [project, level, has access]
  it.each([
    ['acme/app', 30, true],
    ['acme/app', 40, false],
    ['acme/group', 20, true],
    ['acme/old', 10, false],
    ['acme/public', 10, false],
    ['acme/none', 10, false],
  ])('the project %s with level %d is a group of people who have it: %j', async (path, level, isOpen) => {
    const { session } = await aGitlab([{ path, level }])
    expect((await session()).groups.includes(`project:${path}`)).toBe(isOpen)
  })

  it('projects are asked about again at a refresh, and kept when the API fails', async () => {
    const { api, provider, session } = await aGitlab([{ path: 'acme/app', level: 20 }])
    const before = await session()
    api.scripts['project'] = status(502)
    const kept = await provider.refresh(before)
    expect(kept).toMatchObject({
      ok: true,
      value: { identity: { user: 'ann', groups: ['acme', 'acme/ops', 'project:acme/app'] } },
    })
    api.scripts['project'] = status(404)
    const tokens = kept.ok ? kept.value.tokens : before.tokens
    expect(await provider.refresh({ ...before, tokens })).toMatchObject({
      ok: true,
      value: { identity: { groups: ['acme', 'acme/ops'] } },
    })
  })

  it('trouble with the API at a sign-in is trouble, not a person without projects', async () => {
    const { api, signIn } = await aGitlab([{ path: 'acme/app', level: 20 }])
    api.scripts['project'] = status(502)
    expect(verdictOf(await signIn())).toBe('provider_unreachable')
  })

  // [email_verified, is allowed by setting, verdict]
  it.each([
    [undefined, false, 'email_unverified'],
    [false, false, 'email_unverified'],
    [undefined, true, 'ok'],
    [true, false, 'ok'],
  ])(
    'an address with email_verified %j (allowed: %j) is %s',
    async (verified, allowUnverifiedEmail, verdict) => {
      const { op, signIn } = await aGitlab([], { claims: { ...CLAIMS, allowUnverifiedEmail } })
      op.user = { ...USER, email_verified: verified }
      expect(verdictOf(await signIn())).toBe(verdict)
    },
  )

  it('options name groups and projects, and ask for the scope that projects need', () => {
    const args = ['--provider=gitlab', '--oidc-issuer-url=https://git.example']
    const { providers, policy } = configOf({
      args: [...args, '--gitlab-group=a,b', '--gitlab-project=a/app=30', '--gitlab-project=b/x'],
    })
    expect(providers[0]).toMatchObject({
      scope: 'openid email read_api',
      own: [
        { path: 'a/app', level: 30 },
        { path: 'b/x', level: 20 },
      ],
    })
    expect(policy.allowedGroups).toEqual(['a', 'b', 'project:a/app', 'project:b/x'])
    expect(problemsOf({ args: [...args, '--gitlab-project=a/app=50'] })).toEqual([
      expect.stringContaining('give group/project, or group/project=LEVEL'),
    ])
  })
})

describe('cidaas', () => {
  it('roles in groups and roles of the person are groups', async () => {
    const { op, session } = await aBench({ kind: 'cidaas' })
    op.user = {
      sub: 'ann',
      email: 'ann@example.com',
      groups: [{ groupId: 'CIDAAS_USERS', roles: ['customer', 'admin'] }, { groupId: 'EMPTY' }],
      roles: ['USER'],
    }
    expect((await session()).groups).toEqual(['CIDAAS_USERS:customer', 'CIDAAS_USERS:admin', 'cidaas:USER'])
  })

  it('roles that only the user-info endpoint has are asked for', async () => {
    const { op, session } = await aBench({ kind: 'cidaas' })
    op.user = {
      sub: 'ann',
      email: 'ann@example.com',
      preferred_username: 'ann',
      groups: [{ groupId: 'STAFF', roles: ['admin'] }],
      roles: ['USER'],
    }
    op.behaviour.profileOnly = ['roles']
    expect((await session()).groups).toEqual(['STAFF:admin', 'cidaas:USER'])
  })
})
