import { isRecord } from '../../../lib/json.ts'
import { defineProvider } from '../../define-provider.ts'
import type { FindClaim } from '../../oidc/claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

/**
 * cidaas, whose user-info endpoint has groups as objects: each role in a group is the group `group:role`, each role of
 * the person `cidaas:role`, as in oauth2-proxy.
 */
export const cidaas = defineProvider({
  kind: 'cidaas',
  displayName: 'CIDAAS',
  about: 'an instance of cidaas; its groups are `group:role` and `cidaas:role`',
  traits: { ...OIDC_TRAITS, scope: 'openid email profile roles groups', groupsScope: undefined },
  create: (config, _, context) =>
    createOidcProvider(config, context, {
      groupEntries: (find) => [...readGroupRoles(find(config.claims.groups)), ...readRoles(find)],
      groupClaims: ['roles'],
    }),
})

/** Entries of `[{ groupId, roles: [...] }]`; a group without roles is no entry. */
function readGroupRoles(claim: unknown): readonly unknown[] {
  const groups = Array.isArray(claim) ? claim : []
  return groups.flatMap((group) => {
    if (!isRecord(group) || typeof group['groupId'] !== 'string') return [group]
    const { groupId, roles } = group
    return Array.isArray(roles) ? roles.map((role) => `${groupId}:${String(role)}`) : []
  })
}

function readRoles(find: FindClaim): readonly string[] {
  const roles = find('roles')
  return Array.isArray(roles) ? roles.filter(isText).map((role) => `cidaas:${role}`) : []
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
