import type { OIDC_OPTIONS } from '../../../config/sections/provider/oidc.ts'
import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { settingsFor } from '../../../config/settings.ts'
import { isRecord } from '../../../lib/json.ts'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { type FindClaim, peekClaims } from '../../oidc/claims.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import { ENTRA_OPTIONS, type EntraRules, isForAnyTenant, readEntraRules } from './entra-options.ts'
import type { Graph } from './graph.ts'
import { createLoadGraph, graphOf } from './graph-of.ts'

/**
 * Microsoft Entra ID. App roles become the groups `role:NAME`; groups that do not fit into a token are asked of Graph. A
 * sign-in for several tenants accepts the issuers of those that are listed.
 */
export const entraId = defineProvider({
  kind: 'entra-id',
  displayName: 'Microsoft Entra ID',
  about: 'tenants of Microsoft Entra ID; app roles are groups `role:NAME`',
  traits: { ...OIDC_TRAITS, groupsScope: undefined },
  options: ENTRA_OPTIONS,
  check(settings, all, { env }) {
    const own = readEntraRules(settings, all, env)
    const { federatedTokenFile } = own
    return {
      own,
      allowedGroups: [],
      ownCredentials: federatedTokenFile !== undefined,
      urls: [graphOf(settingsFor<typeof OIDC_OPTIONS>(all).value('oidc-issuer-url'))],
      ...(federatedTokenFile && { files: [federatedTokenFile] }),
    }
  },
  create: createEntraProvider,
})

interface EntraDeps {
  readonly config: ProviderConfig
  readonly rules: EntraRules
  readonly loadGraph: () => Promise<Graph>
  readonly log: ProviderContext['log']
}

function createEntraProvider(config: ProviderConfig, rules: EntraRules, context: ProviderContext): Provider {
  const { issuer = '' } = config
  const oidc = createOidcProvider(
    // The metadata for several tenants name no issuer that a token has; each token's is judged below.
    isForAnyTenant(issuer) ? { ...config, skipIssuerVerification: true } : config,
    context,
    {
      groupEntries: (find) => [...entriesOf(find(config.claims.groups)), ...readRoles(find)],
      ...clientAssertion(rules, context),
    },
  )
  const deps = { config, rules, loadGraph: createLoadGraph(issuer, context), log: context.log }
  const { verifyBearer } = oidc
  return {
    ...oidc,
    async redeem(login) {
      const grant = checkTenant(await oidc.redeem(login), rules)
      return grant.ok ? addGroups(deps, grant.value) : grant
    },
    async refresh(session) {
      const grant = checkTenant(await oidc.refresh(session), rules)
      if (!grant.ok) return grant
      const asked = await addGroups(deps, grant.value)
      // The refresh token may be used up, so trouble with Graph keeps the groups that were known.
      return asked.ok ? asked : ok(withGroups(grant.value, session.groups))
    },
    ...(verifyBearer && { verifyBearer: async (token) => checkTenant(await verifyBearer(token), rules) }),
  }
}

/** Assertion of a workload identity: the token that Kubernetes writes into a file, and renews there. */
function clientAssertion({ federatedTokenFile: file }: EntraRules, { readSecret }: ProviderContext) {
  if (file === undefined) return {}
  return {
    credentials: 'entra-id-federated-token-auth',
    clientAssertion: async (): Promise<Result<string>> => {
      try {
        return ok((await readSecret(file)).trim())
      } catch {
        return failed(problem('provider_unreachable', { why: 'federated token file', file }))
      }
    },
  }
}

/** Issuers of tokens (https://learn.microsoft.com/entra/identity-platform/access-tokens, `iss`), in each cloud. */
const ISSUER =
  /^https:\/\/login\.(?:microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/v2\.0$/u

/** Refuses people of tenants that are not listed, and issuers that are no tenant's. */
function checkTenant(grant: Result<Grant>, { allowedTenants, anyTenant }: EntraRules): Result<Grant> {
  if (!grant.ok || (!anyTenant && allowedTenants.length === 0)) return grant
  const tenant = ISSUER.exec(grant.value.identity.issuer)?.[1]
  if (tenant === undefined) return failed(problem('id_token_invalid', { check: 'iss' }))
  const isAllowed = allowedTenants.length === 0 || allowedTenants.includes(tenant)
  return isAllowed ? grant : failed(problem('not_permitted', { rule: 'entra-id-allowed-tenant' }))
}

function entriesOf(claim: unknown): readonly unknown[] {
  if (Array.isArray(claim)) return claim
  return claim === undefined ? [] : [claim]
}

function readRoles(find: FindClaim): readonly string[] {
  return entriesOf(find('roles')).flatMap((role) => (typeof role === 'string' ? [`role:${role}`] : []))
}

/**
 * Adds the groups that Graph has where the ID token says that it leaves them out ("overage": more than 200), or where
 * the operator says so. Passing trouble is a failure; a refusal leaves the person without groups, and is logged.
 */
async function addGroups({ config, rules, loadGraph, log }: EntraDeps, grant: Grant): Promise<Result<Grant>> {
  const isOverage = leavesGroupsOut(grant.tokens.id, config.claims.groups)
  if (!isOverage && !rules.asksGraph) return ok(grant)
  const graph = await loadGraph()
  const found = await graph.groups(grant.tokens.access ?? '', { field: 'id', securityOnly: false })
  if (found.ok) return ok(withGroups(grant, found.value))
  if (found.problem.reason === 'provider_unreachable') return found
  log.line('error', 'Graph did not tell the groups of a person, who has none now', {
    provider: config.id,
    ...found.problem.detail,
    why: isOverage ? 'overage' : 'entra-id-graph-groups',
    advice: 'grant the client the delegated permission GroupMember.Read.All, and ask for it in scope',
  })
  return ok(grant)
}

/** True for an ID token that names a place to ask in place of its groups (`_claim_names`). */
function leavesGroupsOut(idToken: string | undefined, claim: string): boolean {
  const { _claim_names: names } = peekClaims(idToken)
  return isRecord(names) && Object.hasOwn(names, claim)
}

function withGroups(grant: Grant, groups: readonly string[]): Grant {
  const { identity } = grant
  return { ...grant, identity: { ...identity, groups: [...new Set([...identity.groups, ...groups])] } }
}
