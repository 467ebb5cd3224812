import type { OIDC_OPTIONS } from '../../../config/sections/provider/oidc.ts'
import type { ProviderConfig } from '../../../config/sections/provider.ts'
import { settingsFor } from '../../../config/settings.ts'
import { quote } from '../../../lib/text.ts'
import { ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import type { Graph } from './graph.ts'
import { createLoadGraph, graphOf } from './graph-of.ts'
import { RESOURCE_OPTIONS } from './resource.ts'

interface AzureRules {
  readonly resource: string
  /** Field of a group of Graph that names it. */
  readonly groupField: string
  /** The issuer is one of version 2, where Graph is asked. */
  readonly asksGraph: boolean
}

/**
 * Azure AD as oauth2-proxy's oldest kind for it has it: with an issuer of version 2 the security groups of people are
 * asked of Graph. entra-id is what to use.
 */
export const azure = defineProvider({
  kind: 'azure',
  displayName: 'Azure',
  about: 'Azure AD by the name that it had; entra-id is newer',
  traits: { ...OIDC_TRAITS, scope: 'openid', groupsScope: undefined, hosts: ['login.microsoftonline.com'] },
  options: {
    ...RESOURCE_OPTIONS,
    'azure-tenant': {
      kind: 'string',
      structured: 'providers[].azureConfig.tenant',
      default: 'common',
      inert: true,
      about: 'Tenant. The issuer says which one it is, so another than in oidc-issuer-url is refused.',
    },
    'azure-graph-group-field': {
      kind: 'string',
      structured: 'providers[].azureConfig.graphGroupField',
      default: 'id',
      about: 'Field of a group of Microsoft Graph that becomes the group: `id`, `displayName` or `mail`.',
    },
  },
  check(settings, all) {
    const issuer = settingsFor<typeof OIDC_OPTIONS>(all).value('oidc-issuer-url')
    const tenant = String(all.value('azure-tenant'))
    if (tenant !== 'common' && issuer !== '' && !issuer.toLowerCase().includes(tenant.toLowerCase())) {
      all.problem(
        'azure-tenant',
        `name the same tenant here and in oidc-issuer-url, ${quote(tenant)} is another than in ${quote(issuer)}`,
      )
    }
    const groupField = settings.value('azure-graph-group-field')
    if (!/^[A-Za-z]\w*$/u.test(groupField))
      settings.problem(
        'azure-graph-group-field',
        `give the name of a field, such as displayName, not ${quote(groupField)}`,
      )
    const asksGraph = /\/v2\.0\/?$/u.test(issuer)
    const own: AzureRules = { resource: settings.value('resource'), groupField, asksGraph }
    const graph = graphOf(issuer)
    return { own, allowedGroups: [], scopes: asksGraph ? [`${graph}/.default`] : [], urls: [graph] }
  },
  create: createAzureProvider,
})

function createAzureProvider(config: ProviderConfig, rules: AzureRules, context: ProviderContext): Provider {
  const { issuer = '' } = config
  const { resource } = rules
  const oidc = createOidcProvider(
    resource === '' || rules.asksGraph
      ? config
      : { ...config, loginParameters: { resource, ...config.loginParameters } },
    context,
  )
  if (!rules.asksGraph) return oidc
  const loadGraph = createLoadGraph(issuer, context)
  return {
    ...oidc,
    async redeem(login) {
      const grant = await oidc.redeem(login)
      return grant.ok ? askGraph(await loadGraph(), rules, grant.value) : grant
    },
    async refresh(session) {
      const grant = await oidc.refresh(session)
      if (!grant.ok) return grant
      const asked = await askGraph(await loadGraph(), rules, grant.value)
      if (asked.ok) return asked
      // The refresh token may be used up, so trouble with Graph keeps what was known.
      const { identity, tokens } = grant.value
      return ok({
        tokens,
        identity: { ...identity, email: identity.email ?? session.email, groups: session.groups },
      })
    },
  }
}

/** Adds the security groups, and the address where the ID token has none. */
async function askGraph(graph: Graph, { groupField }: AzureRules, grant: Grant): Promise<Result<Grant>> {
  const { identity, tokens } = grant
  const access = tokens.access ?? ''
  const [groups, email] = await Promise.all([
    graph.groups(access, { field: groupField, securityOnly: true }),
    identity.email === undefined ? graph.email(access) : ok(identity.email),
  ])
  if (!groups.ok) return groups
  if (!email.ok) return email
  return ok({
    tokens,
    identity: {
      ...identity,
      email: email.value,
      groups: [...new Set([...identity.groups, ...groups.value])],
    },
  })
}
