import type { ProviderConfig } from '../../config/sections/provider.ts'
import { fromBase64Url } from '../../lib/bytes.ts'
import { isRecord, parseJson } from '../../lib/json.ts'
import { ok, type Result } from '../../result.ts'
import type { Grant } from '../../session/session.ts'
import type { ProviderContext } from '../context.ts'
import { readGroups } from '../oidc/claims.ts'
import type { Claims } from '../oidc/jwks.ts'
import { createOidcProvider } from '../oidc/oidc.ts'
import type { Provider } from '../provider.ts'

const ROLE = 'role:'

/**
 * Keycloak as an OpenID provider whose access tokens are JWTs with roles: those of the realm become the groups
 * `role:NAME`, those of a client `role:CLIENT:NAME`, as in oauth2-proxy. An access token that is no JWT has no roles.
 */
export function createKeycloakProvider(config: ProviderConfig, context: ProviderContext): Provider {
  const oidc = createOidcProvider(config, context)
  const { verifyBearer } = oidc
  return {
    ...oidc,
    redeem: async (response) => withRoles(await oidc.redeem(response)),
    // What was a role then need not be one now.
    refresh: async (session) => {
      const groups = session.groups.filter((group) => !group.startsWith(ROLE))
      return withRoles(await oidc.refresh({ ...session, groups }))
    },
    ...(verifyBearer && { verifyBearer: async (token) => withRoles(await verifyBearer(token)) }),
  }
}

function withRoles(grant: Result<Grant>): Result<Grant> {
  if (!grant.ok) return grant
  const { identity, tokens } = grant.value
  const groups = [...new Set([...identity.groups, ...readRoles(tokens.access ?? '')])]
  return ok({ tokens, identity: { ...identity, groups } })
}

/**
 * The token came straight from the token endpoint, or was verified as a bearer token, so its signature says nothing new
 * (OpenID Connect Core 1.0 §3.1.3.7 point 6).
 */
function readRoles(accessToken: string): readonly string[] {
  const claims = readPayload(accessToken)
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

function readPayload(token: string): Claims {
  const bytes = fromBase64Url(token.split('.')[1] ?? '')
  const claims = bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes))
  return isRecord(claims) ? claims : {}
}
