import type { FakeProvider, FakeUser } from '../../support/fake-provider.ts'
import type { FakeService } from '../../support/fake-server.ts'
import { json } from '../../support/fake-server.ts'
import { startGate } from '../../support/gate.ts'
import type { ProviderFlow } from './provider-flow.ts'

/** An OpenID provider in a flow; the rest is what most of them are. */
export interface OpenidFlow
  extends Pick<ProviderFlow, 'kind' | 'told'>,
    Partial<Pick<ProviderFlow, 'name' | 'args' | 'files' | 'rules' | 'refresh'>> {
  /** Where the provider is; given as oidc-issuer-url unless the kind knows it. */
  readonly issuer: string
  readonly isKnown?: boolean
  /** Claims beside a verified address. */
  readonly person: FakeUser
  /** Members that its discovery document does not have. */
  readonly lacks?: readonly ('end_session_endpoint' | 'revocation_endpoint' | 'userinfo_endpoint')[]
  readonly setUp?: (provider: FakeProvider) => void
  readonly services?: () => readonly FakeService[]
}

/** A run through the program with the fake OpenID provider. */
export function openid(flow: OpenidFlow): ProviderFlow {
  const { kind, issuer, lacks = [], refresh = 'token', files = {} } = flow
  const origin = issuer.replace(/\/$/u, '')
  const args = [`--oidc-issuer-url=${flow.isKnown === true ? '' : issuer}`, ...(flow.args ?? [])]
  const person: FakeUser = { email: flow.told.email, email_verified: true, ...flow.person }
  return {
    name: kind,
    rules: [],
    ...flow,
    args,
    refresh,
    signOut: lacks.includes('end_session_endpoint') ? 'here' : 'there',
    hasGroupClaims: refresh === 'token' && flow.services === undefined,
    revokes: refresh !== 'nothing' && !lacks.includes('revocation_endpoint'),
    async start(more) {
      const gate = await startGate({
        origin,
        files,
        services: flow.services?.() ?? [],
        args: [`--provider=${kind}`, ...args, ...more],
      })
      const { provider } = gate
      provider.user = person
      provider.behaviour.refreshTokens = refresh !== 'nothing'
      provider.behaviour.metadata = Object.fromEntries(lacks.map((name) => [name, undefined]))
      flow.setUp?.(provider)
      return {
        gate,
        moveTo: (email) => {
          provider.user = { ...person, email }
        },
        leaveGroups: () => {
          const { sub, email, email_verified, upn } = person
          provider.user = { sub, email, email_verified, upn }
        },
        takeBack: () => {
          provider.scripts.token = () => json(400, { error: 'invalid_grant' })
        },
        approve: (url) => provider.visit(url),
        tokenRequests: () => provider.hits.token,
        revoked: () => provider.revoked.length,
        loggedOut: () => provider.logouts.length,
      }
    },
  }
}
