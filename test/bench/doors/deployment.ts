/** What all gates of one run share, so that a cookie of one opens at every other. */
export interface Deployment {
  /** Where the identity provider listens. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Requests below this path are let through without a look at who asks. */
export const OPEN_PATH = '/open/'

/** Flags of a gate as an ordinary deployment has them: OpenID, identity headers, access lines; only the secrets are not here. */
export function gateFlags({ issuer, clientId }: Deployment, upstreamPort: number): readonly string[] {
  return [
    '--provider=oidc',
    `--oidc-issuer-url=${issuer}`,
    `--client-id=${clientId}`,
    '--email-domain=*',
    '--cookie-secure=false',
    `--skip-auth-route=^${OPEN_PATH}`,
    `--upstream=http://127.0.0.1:${upstreamPort}/`,
  ]
}

/** The secrets of a gate, which travel in the environment. */
export function gateSecrets({ clientSecret }: Deployment): Readonly<Record<string, string>> {
  return {
    OAUTH2_PROXY_CLIENT_SECRET: clientSecret,
    OAUTH2_PROXY_COOKIE_SECRET: 'c2lkZWdhdGUtYmVuY2gtc2VjcmV0LW9mLTMyLWJ5dGU=',
  }
}
