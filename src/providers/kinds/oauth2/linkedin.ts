import * as v from 'valibot'
import { problem } from '../../../problems.ts'
import { failed, ok, type Result } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { Email, Name, parseSchema } from '../../http/schemas.ts'
import { createProfileProvider, originOf, type ProfileApi, profileUrlOf } from '../../oauth2/profile.ts'
import { OAUTH2_TRAITS } from '../../oauth2/traits.ts'

const ME = 'https://api.linkedin.com/v2/me'

/** `GET /v2/me` of the products before OpenID Connect. */
const Person = v.object({ id: Name })

/** `GET /v2/emailAddress` of these products. */
const Address = v.object({ elements: v.array(v.object({ 'handle~': v.object({ emailAddress: Email }) })) })

/** `GET /v2/userinfo` of "Sign In with LinkedIn using OpenID Connect", the one product that new apps get. */
const UserInfo = v.object({ sub: Name, email: Email, email_verified: v.optional(v.unknown()) })

/**
 * LinkedIn. Apps registered since August 2023 get OpenID Connect only: they give `openid email profile` as scope and
 * `https://api.linkedin.com/v2/userinfo` as profile-url and validate-url.
 */
export const linkedin = defineProvider({
  kind: 'linkedin',
  displayName: 'LinkedIn',
  about: 'accounts of LinkedIn',
  traits: {
    ...OAUTH2_TRAITS,
    scope: 'r_emailaddress r_liteprofile',
    endpoints: {
      loginUrl: 'https://www.linkedin.com/oauth/v2/authorization',
      redeemUrl: 'https://www.linkedin.com/oauth/v2/accessToken',
      profileUrl: 'https://api.linkedin.com/v2/emailAddress',
      validateUrl: ME,
    },
  },
  create: (config, _, context) =>
    createProfileProvider({
      config,
      context,
      async readIdentity(api) {
        const url = new URL(profileUrlOf(config))
        const person = url.pathname.endsWith('/userinfo')
          ? await readUserInfo(api, url)
          : await readPerson(api, url, config.validateUrl ?? ME)
        if (!person.ok) return person
        const { id, email } = person.value
        return ok({
          issuer: originOf(config),
          subject: id,
          user: id,
          email,
          preferredUsername: undefined,
          groups: [],
          sid: undefined,
        })
      },
    }),
})

interface LinkedinPerson {
  readonly id: string
  readonly email: string
}

async function readUserInfo(api: ProfileApi, url: URL): Promise<Result<LinkedinPerson>> {
  const answer = await api.read(url.href, { endpoint: 'userinfo' })
  const profile = answer.ok ? parseSchema(UserInfo, answer.value) : answer
  if (!profile.ok) return profile
  const { sub, email, email_verified: verified = true } = profile.value
  return verified === true || verified === 'true'
    ? ok({ id: sub, email })
    : failed(problem('email_unverified'))
}

async function readPerson(api: ProfileApi, addressUrl: URL, meUrl: string): Promise<Result<LinkedinPerson>> {
  const headers = { 'x-li-format': 'json' }
  addressUrl.search = '?q=members&projection=(elements*(handle~))'
  const [found, me] = await Promise.all([
    api.read(addressUrl.href, { endpoint: 'emailAddress', headers }),
    api.read(meUrl, { endpoint: 'me', headers }),
  ])
  const address = found.ok ? parseSchema(Address, found.value) : found
  const person = me.ok ? parseSchema(Person, me.value) : me
  if (!address.ok) return address
  if (!person.ok) return person
  const email = address.value.elements[0]?.['handle~'].emailAddress
  return email === undefined
    ? failed(problem('identity_incomplete', { claim: 'email' }))
    : ok({ id: person.value.id, email })
}
