import type { Problem } from '../../problems.ts'

/** Evidence of a problem. */
export type Detail = NonNullable<Problem['detail']>

/** Settings that name an endpoint, where its address does not come from the metadata. */
const SETTINGS: Readonly<Record<string, string>> = {
  discovery: '--oidc-issuer-url',
  jwks: '--oidc-jwks-url',
  token: '--redeem-url',
  refresh: '--redeem-url',
  userinfo: '--profile-url',
  validate: '--validate-url',
  introspection: '--introspection-url',
}

/** The setting that names an endpoint. */
export function settingOf(endpoint: unknown): string {
  const named = typeof endpoint === 'string' && Object.hasOwn(SETTINGS, endpoint)
  return (named ? SETTINGS[endpoint] : undefined) ?? '--oidc-issuer-url'
}

/** Advice about a provider that gave no answer, from the code of the network failure where there is one. */
export function adviseUnreachable(detail: Detail): string | undefined {
  const { cause, endpoint, host, status, why } = detail
  const setting = settingOf(endpoint)
  const place = String(host ?? 'the provider')
  if (why === 'client secret file') return 'let this program read the file of --client-secret-file'
  if (why === 'federated token file')
    return 'let this program read the file that AZURE_FEDERATED_TOKEN_FILE names'
  if (status === 429 || why === 'rate limit') return 'the provider limits requests: ask it for more'
  if (typeof status === 'number') return 'the provider itself fails: see its log'
  if (why === 'timeout')
    return `let this machine reach ${place} (firewall, network policy, HTTPS_PROXY): it does not answer`
  return typeof cause === 'string' ? adviseNetwork(cause, { place, setting }) : undefined
}

function adviseNetwork(
  cause: string,
  { place, setting }: { readonly place: string; readonly setting: string },
): string {
  if (/NOTFOUND|EAI_AGAIN/u.test(cause))
    return `check the name in ${setting}, or the DNS of this machine: it does not know ${place}`
  if (cause === 'ECONNREFUSED')
    return `check host and port in ${setting}, and that the provider runs: nothing listens at ${place}`
  if (/EXPIRED|NOT_YET_VALID/u.test(cause))
    return `renew the certificate of ${place}, or set the clock of this machine`
  if (cause.includes('ALTNAME'))
    return `give the name that stands in its certificate in ${setting}: that of ${place} is for another one`
  if (/CERT|SELF_SIGNED|VERIFY|ISSUER/u.test(cause))
    return `give the file with the authority that signed the certificate of ${place} as --provider-ca-file`
  if (/SSL|EPROTO/u.test(cause))
    return `check scheme and port in ${setting}: what listens at ${place} does not speak TLS`
  return `let this machine reach ${place} (firewall, network policy, HTTPS_PROXY), or check ${setting}`
}
