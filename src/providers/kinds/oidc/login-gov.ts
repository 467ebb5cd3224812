import type { KindOptions } from '../../../config/provider-kind.ts'
import { ok } from '../../../result.ts'
import { defineProvider } from '../../define-provider.ts'
import { createClientAssertion } from '../../http/client-assertion.ts'
import { readRsaPem } from '../../http/pem.ts'
import { createOidcProvider } from '../../oidc/oidc.ts'
import { OIDC_TRAITS } from '../../oidc/traits.ts'
import { readPrivateKey } from './private-key.ts'

const ORIGIN = 'https://secure.login.gov'

const LOGIN_GOV_OPTIONS = {
  'jwt-key': {
    kind: 'string',
    structured: 'providers[].loginGovConfig.jwtKey',
    default: '',
    secret: true,
    about: 'RSA private key in PEM with which the client shows who it is. One of this and jwt-key-file.',
  },
  'jwt-key-file': {
    kind: 'file',
    structured: 'providers[].loginGovConfig.jwtKeyFile',
    default: '',
    runtimes: ['node', 'deno'],
    about: 'File with that key, read at the start.',
  },
  'pubjwk-url': {
    kind: 'url',
    structured: 'providers[].loginGovConfig.pubjwkURL',
    default: '',
    about: 'Keys of the issuer, where they are not those that its discovery document names.',
  },
} as const satisfies KindOptions

/**
 * login.gov as an OpenID provider: the client signs an assertion (RFC 7523) in place of a secret. Another environment,
 * such as the sandbox, is named by its login-url.
 */
export const loginGov = defineProvider({
  kind: 'login.gov',
  displayName: 'login.gov',
  about: 'login.gov of the United States, with a key in place of a client secret',
  traits: {
    ...OIDC_TRAITS,
    issuer: `${ORIGIN}/`,
    scope: 'email openid',
    groupsScope: undefined,
    endpoints: {
      loginUrl: `${ORIGIN}/openid_connect/authorize`,
      redeemUrl: `${ORIGIN}/api/openid_connect/token`,
      profileUrl: `${ORIGIN}/api/openid_connect/userinfo`,
    },
    loginParameters: { acr_values: 'http://idmanagement.gov/ns/assurance/loa/1' },
  },
  options: LOGIN_GOV_OPTIONS,
  check(settings, all, { files }) {
    const pkcs8 = readPrivateKey(all, { flag: 'jwt-key', files, parse: readRsaPem })
    const own = { pkcs8, jwksUrl: settings.value('pubjwk-url') }
    return { own, allowedGroups: [], ownCredentials: true }
  },
  create(config, { pkcs8, jwksUrl }, context) {
    const { loginUrl = '', clientId, issuer } = config
    // Environments differ by their host alone, which stands in the issuer too.
    const { origin } = new URL(loginUrl)
    const settings = {
      ...config,
      issuer: issuer === `${ORIGIN}/` ? `${origin}/` : issuer,
      ...(jwksUrl === '' ? {} : { skipDiscovery: true, jwksUrl }),
    }
    const clientAssertion = createClientAssertion({ clientId, pkcs8 }, context)
    const oidc = createOidcProvider(settings, context, {
      clientAssertion,
      credentials: 'jwt-key or client-id',
    })
    return {
      ...oidc,
      // An ID token in the logout request is an error (https://developers.login.gov/oidc/logout/): client_id has its place.
      endSessionUrl: (request) => oidc.endSessionUrl({ ...request, idToken: undefined }),
      // There are no refresh tokens to revoke, and no address to do so.
      revoke: async () => ok(undefined),
    }
  },
})
