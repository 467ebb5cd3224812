import { isRecord } from '../../../lib/json.ts'
import { defineProvider } from '../../define-provider.ts'
import type { FindClaim } from '../../oidc/claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'

const ROLES = 'urn:zitadel:iam:org:project:roles'

/** ZITADEL; the roles of the project are the groups `role:NAME`, where the project asserts them. */
export const zitadel = defineProvider({
  kind: 'zitadel',
  displayName: 'ZITADEL',
  about: 'an instance of ZITADEL; roles of the project are groups `role:NAME`',
  traits: { ...OIDC_TRAITS, scope: `openid email profile ${ROLES}`, groupsScope: undefined },
  create: (config, _, context) =>
    createOidcProvider(config, context, {
      groupEntries: (find) => [...entriesOf(find(config.claims.groups)), ...readRoles(find)],
    }),
})

/** The claim is an object: the names of the roles, each with the organisations that granted it. */
function readRoles(find: FindClaim): readonly string[] {
  const roles = find(ROLES)
  return isRecord(roles) ? Object.keys(roles).map((role) => `role:${role}`) : []
}

function entriesOf(claim: unknown): readonly unknown[] {
  if (Array.isArray(claim)) return claim
  return claim === undefined ? [] : [claim]
}
