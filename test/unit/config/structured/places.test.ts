import { describe, expect, it } from 'vitest'
import { optionTable } from '../../../../src/config/options.ts'
import { PROVIDER_KINDS } from '../../../../src/providers/registry.ts'

/** Flags that oauth2-proxy 7.15 does not take beside `--alpha-config`: the legacy flag sets of its pkg/apis/options. */
const LEGACY = `
  acr-values allowed-group allowed-role approval-prompt auth-request-response-mode azure-graph-group-field azure-tenant
  backend-logout-url basic-auth-password bitbucket-repository bitbucket-team client-id client-secret client-secret-file
  code-challenge-method disable-keep-alives entra-id-allowed-tenant entra-id-federated-token-auth flush-interval
  force-code-challenge-method github-org github-repo github-team github-token github-user gitlab-group gitlab-project
  google-admin-api-user-scope google-admin-email google-group google-service-account-json google-target-principal
  google-use-application-default-credentials google-use-organization-id http-address https-address
  insecure-oidc-allow-unverified-email insecure-oidc-skip-issuer-verification insecure-oidc-skip-nonce jwt-key
  jwt-key-file keycloak-group login-url metrics-address metrics-secure-address metrics-tls-cert-file
  metrics-tls-key-file oidc-audience-claim oidc-email-claim oidc-enabled-signing-alg oidc-extra-audience
  oidc-groups-claim oidc-issuer-url oidc-jwks-url oidc-public-key-file pass-access-token pass-authorization-header
  pass-basic-auth pass-host-header pass-user-headers prefer-email-to-user profile-url prompt provider provider-ca-file
  provider-display-name proxy-websockets pubjwk-url redeem-url resource scope set-authorization-header set-basic-auth
  set-xauthrequest skip-auth-strip-headers skip-claims-from-profile-url skip-oidc-discovery
  ssl-upstream-insecure-skip-verify tls-cert-file tls-cipher-suite tls-key-file tls-min-version upstream
  upstream-timeout use-system-trust-store user-id-claim validate-url`
  .trim()
  .split(/\s+/u)

/** Options that oauth2-proxy does not have and that say something about a server, an upstream, a header or a provider. */
const OWN = ['oidc-other-audiences', 'set-xforwarded', 'upstream-get-body']

const TABLE = optionTable(PROVIDER_KINDS)

describe('places of options in the structured file', () => {
  it('places of options in the structured file are there for each option that oauth2-proxy refuses beside one', () => {
    expect(LEGACY.filter((flag) => TABLE.get(flag)?.structured === undefined)).toEqual([])
  })

  it('places of options in the structured file belong to no option that oauth2-proxy takes beside one', () => {
    const ofKinds = PROVIDER_KINDS.flatMap(({ options }) => Object.keys(options))
    const known = new Set([...LEGACY, ...OWN, ...ofKinds])
    const placed = [...TABLE].filter(([, { structured }]) => structured !== undefined).map(([flag]) => flag)
    expect(placed.filter((flag) => !known.has(flag))).toEqual([])
  })

  it('places of options in the structured file are in an entry of providers for each option of a kind, since two providers can differ', () => {
    const options = PROVIDER_KINDS.flatMap((kind) => Object.entries(kind.options))
    const strays = options.filter(
      ([, { structured = '' }]) => !/^providers\[\]\.\w+(?:\.\w+)?$/u.test(structured),
    )
    expect(strays.map(([flag]) => flag)).toEqual([])
  })
})
