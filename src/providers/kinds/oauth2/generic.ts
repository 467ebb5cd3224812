import { isRecord } from '../../../lib/json.ts'
import { problem } from '../../../problems.ts'
import { failed, ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { OptionalEmail, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, profileUrlOf } from '../../oauth2/profile.ts'
import { requireProfileUrl } from '../../oauth2/require-profile-url.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'
import { findClaim, readGroups } from '../../oidc/claims.ts'
import { toSubject } from '../../oidc/id-token.ts'

/**
 * Any provider of plain OAuth 2.0 with an address that says as JSON who the person is; options name the members of the
 * answer, and dots walk into objects.
 */
export const oauth2 = defineProvider({
  kind: 'oauth2',
  displayName: 'OAuth 2.0',
  about: 'any provider of plain OAuth 2.0, by its login-url, redeem-url and profile-url',
  traits: OAUTH2_TRAITS,
  options: {
    'oauth2-subject-claim': {
      kind: 'string',
      structured: 'providers[].oauth2Config.subjectClaim',
      default: 'sub',
      about:
        'Member of the answer of profile-url that never changes for a person and is no one else’s: `id`, `user.id`. E-mail address and groups are those of oidc-email-claim and oidc-groups-claim.',
    },
    'oauth2-user-claim': {
      kind: 'string',
      structured: 'providers[].oauth2Config.userClaim',
      default: '',
      about:
        'Member with the user name, which is the preferred user name too; the subject unless it is given.',
    },
  },
  check(settings, all) {
    requireProfileUrl(all, 'https://id.example.com/api/me')
    const own = { subject: settings.value('oauth2-subject-claim'), user: settings.value('oauth2-user-claim') }
    if (own.subject === '')
      settings.problem('oauth2-subject-claim', 'give the member that says who the person is')
    return { own, allowedGroups: [] }
  },
  create: (config, own, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const answer = await api.read(profileUrlOf(config), { endpoint: 'profile' })
        if (!answer.ok) return answer
        const claims = isRecord(answer.value) ? answer.value : {}
        const subject = toSubject(findClaim(claims, own.subject))
        if (subject === undefined) return failed(problem('identity_incomplete', { claim: own.subject }))
        const email = parseSchema(OptionalEmail, findClaim(claims, config.claims.email))
        if (!email.ok)
          return failed(problem('identity_incomplete', { claim: config.claims.email, why: 'type' }))
        const verified = findClaim(claims, 'email_verified') ?? true
        const isVerified = verified === true || verified === 'true' || config.claims.allowUnverifiedEmail
        if (config.claims.email === 'email' && !isVerified) return failed(problem('email_unverified'))
        const name = own.user === '' ? undefined : toSubject(findClaim(claims, own.user))
        return ok({
          issuer: originOf(config),
          subject,
          user: name ?? subject,
          email: email.value,
          preferredUsername: name,
          groups: readGroups(findClaim(claims, config.claims.groups)).groups,
          sid: undefined,
        })
      },
    }),
})
