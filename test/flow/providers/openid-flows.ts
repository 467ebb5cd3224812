import { generateKeyPairSync } from 'node:crypto'
import { createFakeGitlabApi } from '../../support/fake-gitlab.ts'
import { createFakeGoogle } from '../../support/fake-google.ts'
import { json } from '../../support/fake-server.ts'
import { openid } from './openid.ts'
import { groupRule, type ProviderFlow } from './provider-flow.ts'

const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const { privateKey: p256 } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const RSA = rsa.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
const P8 = p256.export({ type: 'pkcs8', format: 'pem' }).toString().trim()

const DIRECTORY = ['--google-admin-email=admin@example.com', '--google-service-account-json=/sa.json']
const SERVICE_ACCOUNT = JSON.stringify({
  type: 'service_account',
  client_email: 'sa@example.iam.gserviceaccount.com',
  private_key: RSA,
})

const AUTH0_ROLES = 'https://app.example.com/roles'

const STAFF = { sub: 'u-1', preferred_username: 'ann', groups: ['staff', 'ops'] }
const ANN = { user: 'u-1', email: 'ann@example.com', groups: 'staff,ops', name: 'ann' }
const STAFF_RULE = groupRule('staff', 'board')

/** Kinds that are OpenID providers. */
export const OPENID_FLOWS: readonly ProviderFlow[] = [
  openid({ kind: 'oidc', issuer: 'https://id.example.net', person: STAFF, told: ANN, rules: [STAFF_RULE] }),
  openid({
    kind: 'google',
    issuer: 'https://accounts.google.com',
    isKnown: true,
    person: { sub: '1077', hd: 'example.com' },
    told: { user: '1077', email: 'ann@example.com' },
    lacks: ['end_session_endpoint'],
    files: { '/sa.json': SERVICE_ACCOUNT },
    services: () => {
      const { tokens, directory } = createFakeGoogle()
      return [tokens, directory]
    },
    rules: [
      {
        fits: [...DIRECTORY, '--google-group=staff@example.com'],
        misses: [...DIRECTORY, '--google-group=ops@example.com'],
        rule: 'group',
      },
    ],
    setUp: ({ idToken }) => {
      idToken.claims = (claims) => ({ ...claims, iss: 'accounts.google.com' })
    },
  }),
  openid({
    kind: 'keycloak-oidc',
    issuer: 'https://sso.example.net/realms/main',
    person: {
      ...STAFF,
      realm_access: { roles: ['admin'] },
      resource_access: { shop: { roles: ['buyer'] } },
    },
    told: { ...ANN, groups: 'staff,ops,role:admin,role:shop:buyer' },
    setUp: ({ behaviour }) => {
      behaviour.jwtAccessTokens = true
    },
    rules: [
      STAFF_RULE,
      groupRule('admin', 'owner', 'allowed-role'),
      groupRule('shop:buyer', 'buyer', 'allowed-role'),
    ],
  }),
  openid({
    kind: 'gitlab',
    issuer: 'https://gitlab.com',
    isKnown: true,
    person: { sub: '42', nickname: 'ann', groups: ['acme', 'acme/ops'] },
    told: { user: 'ann', email: 'ann@example.com', groups: 'acme,acme/ops' },
    lacks: ['end_session_endpoint'],
    services: () => [createFakeGitlabApi('https://gitlab.com/api/v4')],
    rules: [
      groupRule('acme/ops', 'other', 'gitlab-group'),
      groupRule('acme/app=30', 'acme/app=40', 'gitlab-project'),
    ],
  }),
  openid({
    kind: 'cidaas',
    issuer: 'https://free.cidaas.de',
    person: {
      sub: 'u-1',
      groups: [{ groupId: 'CIDAAS_USERS', roles: ['customer'] }],
      roles: ['USER'],
    },
    setUp: ({ behaviour }) => {
      behaviour.profileOnly = ['groups', 'roles', 'email', 'email_verified']
    },
    told: { user: 'u-1', email: 'ann@example.com', groups: 'CIDAAS_USERS:customer,cidaas:USER' },
    rules: [groupRule('cidaas:USER', 'cidaas:ADMIN')],
  }),
  openid({
    kind: 'login.gov',
    issuer: 'https://secure.login.gov/',
    isKnown: true,
    args: [`--jwt-key=${RSA}`, '--client-secret='],
    person: { sub: 'b2d2d115' },
    told: { user: 'b2d2d115', email: 'ann@example.com' },
    lacks: ['revocation_endpoint'],
    refresh: 'nothing',
    setUp: ({ behaviour, idToken, scripts }) => {
      // https://developers.login.gov/oidc/logout/: an ID token in the logout request is an error.
      scripts.endSession = (next, { url }) =>
        new URL(url).searchParams.has('id_token_hint') ? json(400, {}) : next()
      behaviour.authMethods = ['none']
      behaviour.profileOnly = ['email', 'email_verified']
      behaviour.metadata = {
        ...behaviour.metadata,
        issuer: 'https://secure.login.gov/',
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
      }
      idToken.claims = (claims) => ({ ...claims, iss: 'https://secure.login.gov/' })
    },
  }),
  openid({
    kind: 'apple',
    issuer: 'https://appleid.apple.com',
    isKnown: true,
    args: [
      '--apple-team-id=ABCDE12345',
      '--apple-key-id=KEY1234567',
      `--apple-private-key=${P8}`,
      '--client-secret=',
    ],
    person: { sub: '001999.a1b2.0042', email_verified: 'true' },
    told: { user: '001999.a1b2.0042', email: 'ann@example.com' },
    lacks: ['end_session_endpoint', 'userinfo_endpoint'],
    refresh: 'API',
    setUp: ({ behaviour }) => {
      behaviour.authMethods = ['client_secret_post']
      behaviour.fitsSecret = (secret) => secret.split('.').length === 3
    },
  }),
  openid({
    kind: 'auth0',
    issuer: 'https://acme.eu.auth0.com/',
    args: [`--oidc-groups-claim=${AUTH0_ROLES}`],
    person: { sub: 'auth0|5f7c', [AUTH0_ROLES]: ['editor'] },
    told: { user: 'auth0|5f7c', email: 'ann@example.com', groups: 'editor' },
    rules: [groupRule('editor', 'owner')],
    setUp: ({ behaviour, idToken }) => {
      behaviour.metadata = { issuer: 'https://acme.eu.auth0.com/' }
      idToken.claims = (claims) => ({ ...claims, iss: 'https://acme.eu.auth0.com/' })
    },
  }),
  openid({
    kind: 'okta',
    issuer: 'https://acme.okta.com/oauth2/default',
    person: STAFF,
    told: ANN,
    rules: [STAFF_RULE],
  }),
  openid({
    kind: 'cognito',
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc',
    person: { sub: 'u-1', 'cognito:groups': ['staff'] },
    setUp: ({ scripts }) => {
      // https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html: required without `redirect_uri`.
      scripts.endSession = (next, { url }) =>
        new URL(url).searchParams.has('logout_uri') ? next() : json(400, {})
    },
    told: { user: 'u-1', email: 'ann@example.com', groups: 'staff' },
    rules: [STAFF_RULE],
  }),
  openid({
    kind: 'zitadel',
    issuer: 'https://acme.zitadel.cloud',
    person: { sub: '163840', 'urn:zitadel:iam:org:project:roles': { reader: { '1': 'acme.example' } } },
    told: { user: '163840', email: 'ann@example.com', groups: 'role:reader' },
    rules: [groupRule('role:reader', 'reader')],
  }),
  openid({
    kind: 'authentik',
    issuer: 'https://auth.example.net/application/o/app/',
    person: STAFF,
    told: ANN,
    rules: [STAFF_RULE],
    setUp: ({ behaviour, idToken }) => {
      behaviour.metadata = { issuer: 'https://auth.example.net/application/o/app/' }
      idToken.claims = (claims) => ({ ...claims, iss: 'https://auth.example.net/application/o/app/' })
    },
  }),
  openid({
    kind: 'dex',
    issuer: 'https://dex.example.net/dex',
    person: STAFF,
    told: ANN,
    lacks: ['end_session_endpoint', 'revocation_endpoint'],
    rules: [STAFF_RULE],
  }),
  openid({
    kind: 'pocket-id',
    issuer: 'https://id.example.net',
    person: STAFF,
    told: ANN,
    lacks: ['revocation_endpoint'],
    rules: [STAFF_RULE],
  }),
  ...(['gitea', 'forgejo'] as const).map((kind) =>
    openid({
      kind,
      issuer: 'https://git.example.net',
      person: { ...STAFF, groups: ['acme', 'acme:ops'] },
      told: { ...ANN, groups: 'acme,acme:ops' },
      lacks: ['end_session_endpoint', 'revocation_endpoint'],
      rules: [groupRule('acme:ops', 'ops')],
    }),
  ),
  openid({
    kind: 'slack',
    issuer: 'https://slack.com',
    isKnown: true,
    person: { sub: 'U0R7JM', 'https://slack.com/team_id': 'T0R7GR' },
    told: { user: 'U0R7JM', email: 'ann@example.com', groups: 'team:T0R7GR' },
    lacks: ['end_session_endpoint', 'revocation_endpoint'],
    refresh: 'nothing',
    rules: [groupRule('team:T0R7GR', 'T0R7GR')],
  }),
  openid({
    kind: 'twitch',
    issuer: 'https://id.twitch.tv/oauth2',
    isKnown: true,
    person: { sub: '713936733', preferred_username: 'ann' },
    told: { user: '713936733', email: 'ann@example.com', name: 'ann' },
    lacks: ['end_session_endpoint', 'revocation_endpoint'],
  }),
]
