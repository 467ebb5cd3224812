import { readAllowed } from '../../../config/values/lists.ts'
import { isRecord } from '../../../lib/json.ts'
import { ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import { defineProvider } from '../../define-provider.ts'
import { peekClaims, readGroups } from '../../oidc/claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'

const ROLE = 'role:'

/**
 * Keycloak as an OpenID provider whose access tokens are JWTs with roles: those of the realm become the groups
 * `role:NAME`, those of a client `role:CLIENT:NAME`, as in oauth2-proxy. An access token that is no JWT has no roles.
 */
export const keycloakOidc = defineProvider({
  kind: 'keycloak-oidc',
  displayName: 'Keycloak OIDC',
  about:
    'any realm of Keycloak; the roles in its access tokens are groups `role:realm-role` and `role:client:role`',
  traits: OIDC_TRAITS,
  options: {
    'allowed-role': {
      kind: 'list',
      structured: 'providers[].keycloakConfig.roles',
      default: [],
      key: 'allowed_roles',
      restricts: true,
      about:
        'Roles of which one is needed: `role` of the realm or `client:role`. The same as `role:…` in allowed-group. An explicitly empty flag is refused.',
    },
  },
  check(settings) {
    const roles = readAllowed(settings, { flag: 'allowed-role', what: 'role' })
    return { own: undefined, allowedGroups: roles.map((role) => `${ROLE}${role}`) }
  },
  create: (config, _, context) => withRoles(createOidcProvider(config, context)),
})

function withRoles(oidc: Provider): Provider {
  const { verifyBearer } = oidc
  return {
    ...oidc,
    redeem: async (response) => addRoles(await oidc.redeem(response)),
    // What was a role then need not be one now.
    refresh: async (session) => {
      const groups = session.groups.filter((group) => !group.startsWith(ROLE))
      return addRoles(await oidc.refresh({ ...session, groups }))
    },
    ...(verifyBearer && { verifyBearer: async (token) => addRoles(await verifyBearer(token)) }),
  }
}

function addRoles(grant: Result<Grant>): Result<Grant> {
  if (!grant.ok) return grant
  const { identity, tokens } = grant.value
  const groups = [...new Set([...identity.groups, ...readRoles(tokens.access ?? '')])]
  return ok({ tokens, identity: { ...identity, groups } })
}

/**
 * Reads roles without verifying: the token came straight from the token endpoint, or was verified as a bearer token, so
 * its signature says nothing new (OpenID Connect Core 1.0 §3.1.3.7 point 6).
 */
function readRoles(accessToken: string): readonly string[] {
  const claims = peekClaims(accessToken)
  const clients = isRecord(claims['resource_access']) ? Object.entries(claims['resource_access']) : []
  return [
    ...rolesOf(claims['realm_access'], ROLE),
    ...clients.flatMap(([client, access]) => rolesOf(access, `${ROLE}${client}:`)),
  ]
}

function rolesOf(access: unknown, prefix: string): readonly string[] {
  if (!isRecord(access) || !Array.isArray(access['roles'])) return []
  const { groups } = readGroups(
    access['roles'].filter((role) => typeof role === 'string').map((role) => prefix + role),
  )
  return groups
}
