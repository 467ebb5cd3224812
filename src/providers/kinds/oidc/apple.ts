import type { KindOptions } from '../../../config/provider-kind.ts'
import type { LOGIN_PARAMETER_OPTIONS } from '../../../config/sections/provider/login-parameters.ts'
import { type SettingsOf, settingsFor } from '../../../config/settings.ts'
import { quote } from '../../../lib/text.ts'
import { ok, type Result } from '../../../result.ts'
import type { Grant } from '../../../session/session.ts'
import type { ProviderContext } from '../../context.ts'
import { defineProvider } from '../../define-provider.ts'
import type { ReadClientSecret } from '../../http/client-secret.ts'
import { readP256Pem } from '../../http/pem.ts'
import type { SignJwt } from '../../http/sign-jwt.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import type { Provider } from '../../provider.ts'
import { readPrivateKey } from './private-key.ts'

const ISSUER = 'https://appleid.apple.com'

const APPLE_OPTIONS = {
  'apple-team-id': {
    kind: 'string',
    default: '',
    structured: 'providers[].appleConfig.teamId',
    about: 'Team ID of the developer account, ten characters. Required.',
  },
  'apple-key-id': {
    kind: 'string',
    default: '',
    structured: 'providers[].appleConfig.keyId',
    about: 'Key ID of the private key, ten characters. Required.',
  },
  'apple-private-key': {
    kind: 'string',
    default: '',
    secret: true,
    structured: 'providers[].appleConfig.privateKey',
    about:
      'Private key (the text of the .p8 file) that the client secret is made with at each use. One of this and apple-private-key-file.',
  },
  'apple-private-key-file': {
    kind: 'file',
    default: '',
    runtimes: ['node', 'deno'],
    structured: 'providers[].appleConfig.privateKeyFile',
    about: 'File with that key, read at the start.',
  },
} as const satisfies KindOptions

interface AppleKey {
  readonly teamId: string
  readonly keyId: string
  readonly pkcs8: string
}

/**
 * Apple as an OpenID provider. Its client secret is a JWT that the private key of the team signs; a client that asks for the
 * address is answered by form_post; and the address is in the ID token alone, since there is no UserInfo endpoint.
 */
export const apple = defineProvider({
  kind: 'apple',
  displayName: 'Apple',
  about: 'Apple Accounts (Sign in with Apple), with a key in place of a client secret',
  traits: {
    ...OIDC_TRAITS,
    issuer: ISSUER,
    publicClient: false,
    scope: 'openid email',
    groupsScope: undefined,
    loginParameters: { response_mode: 'form_post' },
  },
  options: APPLE_OPTIONS,
  check(settings, all, { files }) {
    const own: AppleKey = {
      teamId: readId(settings, 'apple-team-id'),
      keyId: readId(settings, 'apple-key-id'),
      pkcs8: readPrivateKey(all, { flag: 'apple-private-key', files, parse: readP256Pem }),
    }
    checkResponseMode(settingsFor<typeof LOGIN_PARAMETER_OPTIONS>(all))
    return { own, allowedGroups: [], ownCredentials: true }
  },
  create(config, key, context) {
    const { clientId, issuer = ISSUER } = config
    const readClientSecret = createAppleSecret({ clientId, issuer, key }, context)
    return askedDaily(
      createOidcProvider(config, context, { readClientSecret, credentials: CREDENTIALS }),
      context,
    )
  },
})

function readId(settings: SettingsOf<typeof APPLE_OPTIONS>, flag: 'apple-team-id' | 'apple-key-id'): string {
  const id = settings.value(flag)
  if (!/^[A-Z\d]{10}$/u.test(id))
    settings.problem(flag, `give ten capital letters and digits, as the account shows them, not ${quote(id)}`)
  return id
}

/** Apple refuses the authorization request otherwise. */
function checkResponseMode(settings: SettingsOf<typeof LOGIN_PARAMETER_OPTIONS>): void {
  const mode = settings.value('auth-request-response-mode')
  if (mode === '' || mode === 'form_post' || settings.value('scope') === 'openid') return
  settings.problem(
    'auth-request-response-mode',
    `leave this out, Apple answers by form_post when it is asked for the address, not by ${quote(mode)}`,
  )
}

/** Apple has one error for every mistake in the client secret. */
const CREDENTIALS = 'apple-team-id, apple-key-id, apple-private-key or client-id'
const SECRET_SECONDS = 300

/**
 * Makes client secrets (https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret):
 * a JWT for each call, good for five minutes where Apple allows six months.
 */
function createAppleSecret(
  { clientId, issuer, key }: { readonly clientId: string; readonly issuer: string; readonly key: AppleKey },
  { platform }: Pick<ProviderContext, 'platform'>,
): ReadClientSecret {
  let sign: SignJwt | undefined
  return async () => {
    if (sign === undefined) {
      const { createSignJwt } = await import('../../http/sign-jwt.ts')
      sign ??= createSignJwt({ pkcs8: key.pkcs8, alg: 'ES256', keyId: key.keyId })
    }
    const iat = Math.floor(platform.now() / 1000)
    return ok(await sign({ iss: key.teamId, sub: clientId, aud: issuer, iat, exp: iat + SECRET_SECONDS }))
  }
}

const HOUR_MS = 3_600_000
/** Life of what Apple said of a person. Its access tokens open nothing, so that their own end means nothing. */
const LIFE_MS = 25 * HOUR_MS

/**
 * The provider that is asked about a person once a day at most, however often sessions are refreshed: Apple throttles
 * further questions (https://developer.apple.com/documentation/signinwithapple/verifying-a-user), and would answer them
 * like a refusal.
 */
function askedDaily(oidc: Provider, { platform }: Pick<ProviderContext, 'platform'>): Provider {
  const prolong = (grant: Result<Grant>): Result<Grant> => {
    if (!grant.ok) return grant
    const { identity, tokens } = grant.value
    return ok({ identity, tokens: { ...tokens, accessExpiresAtMs: platform.now() + LIFE_MS } })
  }
  return {
    ...oidc,
    redeem: async (login) => prolong(await oidc.redeem(login)),
    async refresh(session) {
      const { tokens, issuer, subject, user, email, preferredUsername, groups, sid, claims } = session
      const isFresh = platform.now() < (tokens.accessExpiresAtMs ?? 0) - HOUR_MS
      if (!isFresh || tokens.refresh === undefined) return prolong(await oidc.refresh(session))
      return ok({
        tokens,
        identity: { issuer, subject, user, email, preferredUsername, groups, sid, claims },
      })
    },
  }
}
