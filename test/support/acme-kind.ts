import * as v from 'valibot'
import { problem } from '../../src/problems.ts'
import { defineProvider } from '../../src/providers/define-provider.ts'
import { createProviderClient, readJson } from '../../src/providers/http/client.ts'
import { Email, Name, parseSchema } from '../../src/providers/http/schemas.ts'
import { createOAuth2Provider } from '../../src/providers/oauth2/provider.ts'
import { OAUTH2_TRAITS } from '../../src/providers/oauth2/traits.ts'
import { readGroups } from '../../src/providers/oidc/claims.ts'
import { failed, ok } from '../../src/result.ts'

/** `GET /userinfo`. */
const Profile = v.object({ sub: Name, email: Email, groups: v.array(v.string()) })

/** Acme ID over plain OAuth 2.0; departments are groups, each behind the region of its accounts. */
export const acme = defineProvider({
  kind: 'acme',
  displayName: 'Acme ID',
  about: 'accounts of Acme',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'whoami',
    groupsScope: 'departments',
    endpoints: {
      loginUrl: 'https://op.test/authorize',
      redeemUrl: 'https://op.test/token',
      profileUrl: 'https://op.test/userinfo',
      validateUrl: 'https://op.test/userinfo',
    },
  },
  options: {
    'acme-department': {
      kind: 'list',
      default: [],
      key: 'acme_departments',
      restricts: true,
      about: 'Departments of which one is needed.',
    },
    'acme-region': { kind: 'enum', values: ['eu', 'us'], default: 'eu', about: 'Region of the accounts.' },
  },
  check(settings) {
    const departments = settings.value('acme-department')
    if (departments.includes('*')) settings.problem('acme-department', 'name the departments, not "*"')
    return { own: { departments, region: settings.value('acme-region') }, allowedGroups: [] }
  },
  create(config, { departments, region }, context) {
    const { redeemUrl, profileUrl = '', validateUrl } = config
    const operatorUrls = [redeemUrl, profileUrl, validateUrl]
    const http = createProviderClient({ platform: context.platform, operatorUrls })
    return createOAuth2Provider({
      config,
      context,
      http,
      scheme: 'Bearer',
      async readIdentity(accessToken) {
        const headers = { authorization: `Bearer ${accessToken}` }
        const response = await http.request(profileUrl, { endpoint: 'userinfo', headers })
        const json = response.ok ? readJson(response.value) : response
        const profile = json.ok ? parseSchema(Profile, json.value) : json
        if (!profile.ok) return profile
        const { sub, email } = profile.value
        const { groups } = readGroups(profile.value.groups.map((department) => `${region}:${department}`))
        if (departments.length > 0 && !groups.some((group) => departments.includes(group))) {
          return failed(problem('not_permitted', { rule: 'acme-department' }))
        }
        const issuer = 'https://op.test'
        return ok({
          issuer,
          subject: sub,
          user: sub,
          email,
          preferredUsername: undefined,
          groups,
          sid: undefined,
        })
      },
    })
  },
})
