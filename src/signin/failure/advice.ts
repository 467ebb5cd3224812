import { fillText } from '../../pages/texts.ts'
import type { FindingCode, Problem, Reason } from '../../problems.ts'
import { adviseUnreachable, type Detail, settingOf } from './provider-advice.ts'

/** Advice to an operator about a failure, and the setting to change; undefined where that is not known. For the log. */
export function adviseOperator({ reason, detail = {}, findings = [] }: Problem): string | undefined {
  const [first] = findings
  if (first !== undefined) return fillText(FINDING_ADVICE[first.code], first.values)
  return ADVICE[reason]?.(detail)
}

/** Advice by finding; `{name}` is a place for a value of it. */
const FINDING_ADVICE: Readonly<Record<FindingCode, string>> = {
  cookie_missing:
    'if it happens to everyone: Set-Cookie of the sign-in has to reach the browser, and the callback has to be on the host where the sign-in began',
  cookie_other:
    'nothing to do, if it is one person: another sign-in of the browser took the place of this one',
  secure_over_http:
    'open https://{host}/, or set --cookie-secure=false where nothing ends TLS: browsers keep no Secure cookie on http://{host}/',
  scheme_lost:
    'let the proxy in front send X-Forwarded-Proto: https, and believe it with --reverse-proxy and a --trusted-proxy-ip that covers it; or leave --force-https out',
  cookie_domain: 'give a domain in --cookie-domain that {host} belongs to, or leave it out',
  other_host:
    'set --redirect-url to a callback on {from}, register it, or set --cookie-domain to a domain of both {from} and {to}',
  other_secret:
    'give all replicas the same --cookie-secret, --cookie-name and providers: another one sealed this sign-in',
  session_missing:
    'let all Set-Cookie lines of the callback reach the browser: a proxy in front may cut them (nginx: proxy_buffer_size 16k), or lower --cookie-budget',
  session_not_sent:
    'set --cookie-path=/ and let --cookie-domain cover {host}: the session arrives at the callback, and not at the address that was asked for',
  session_unreadable:
    'give all replicas, and whatever else sets cookies of this --cookie-name here, the same --cookie-secret',
  session_incomplete:
    'let all Set-Cookie and Cookie lines pass whole: a part of the session is missing (nginx: proxy_buffer_size and large_client_header_buffers 16k), or lower --cookie-budget',
  session_ended:
    'compare the clocks of replicas and provider, and look at --cookie-expire, --session-max-lifetime, --session-idle-timeout and --min-issued-at: the session was over at once',
  session_accepted:
    'look at the app and the gateway in front: the session counts here, and they sent the person to the sign-in again (a rule such as allowed_groups, a 401 of the app)',
  header_large:
    'raise the limit for headers of what stands in front, or lower --cookie-budget: the browser sends {bytes} bytes of cookies',
}

const ADVICE: { readonly [Name in Reason]?: (detail: Detail) => string | undefined } = {
  provider_unreachable: adviseUnreachable,
  provider_misbehaved: adviseMisbehaved,
  misconfigured: ({ setting }) =>
    setting === undefined
      ? undefined
      : `compare ${nameSettings(String(setting))} with the registration of this client at the provider`,
  code_refused: () =>
    'the provider did not take the code: compare --redirect-url with what is registered there, and the clocks',
  id_token_invalid: ({ check, setting }) =>
    ID_TOKEN_ADVICE[String(check)] ?? (setting === undefined ? undefined : `look at --${String(setting)}`),
  issuer_mismatch: ({ callback }) =>
    callback === undefined
      ? 'the provider answered as another issuer: give its own name for itself in --oidc-issuer-url'
      : undefined,
  email_unverified: () =>
    'let the provider verify the address, or set --insecure-oidc-allow-unverified-email where it never says that it did',
  identity_incomplete: ({ claim }) =>
    `ask for ${claim === undefined ? 'what is missing' : `the claim ${String(claim)}`} with --scope, or name another one in --oidc-email-claim`,
  not_permitted: ({ rule }) => RULE_ADVICE[String(rule)] ?? `the rule is ${String(rule)}`,
  sent_back: () => FINDING_ADVICE.session_accepted,
  session_too_large: () =>
    'set --session-groups=named or --session-cookie-minimal, or raise --cookie-budget and the header limits in front',
  state_expired: () => 'if it happens often, raise --cookie-csrf-expire',
  state_missing: () => 'the provider has to return state unchanged (RFC 6749 §4.1.2)',
  bearer_invalid: ({ check, setting }) => {
    if (setting !== undefined) return `look at --${String(setting)}`
    return check === 'iss' ? 'name its issuer in --extra-jwt-issuers, if its tokens should count' : undefined
  },
}

const CLOCKS = 'compare the clocks of provider and this machine'
const ID_TOKEN_ADVICE: Readonly<Record<string, string>> = {
  aud: 'give the client that the token was made for in --client-id, and further audiences in --oidc-extra-audience',
  azp: 'give the client that the token was made for in --client-id',
  alg: 'name the algorithm in --oidc-enabled-signing-alg, if tokens signed with it should count',
  iss: 'give the issuer as it stands in tokens in --oidc-issuer-url',
  exp: CLOCKS,
  iat: CLOCKS,
  nbf: CLOCKS,
  nonce: 'set --insecure-oidc-skip-nonce only if this provider sends none',
  encrypted: 'register this client for ID tokens that are signed and not encrypted',
  kid: 'compare the keys at --oidc-jwks-url, or those of the metadata, with those that the provider signs with',
  signature:
    'compare the keys at --oidc-jwks-url, or those of the metadata, with those that the provider signs with',
}

const RULE_ADVICE: Readonly<Record<string, string>> = {
  domains:
    'if this provider is trusted for this address, add its e-mail domain to the "domains" of the provider',
  email: 'if this person should enter, add to --email-domain or --authenticated-emails-file',
  group:
    'if this person should enter, add a group to --allowed-group; --oidc-groups-claim names the claim that groups are read from',
}

function adviseMisbehaved(detail: Detail): string | undefined {
  const { endpoint, error, issuer, status, why } = detail
  const isDiscovery = endpoint === 'discovery'
  if (why === 'issuer') return `set --oidc-issuer-url=${String(issuer ?? '')}`
  if (why === 'no id_token') return 'put openid into --scope'
  if (why === 'redirect') return `give the address that it redirects to in ${settingOf(endpoint)}`
  if (why === 'address' || why === 'endpoint')
    return `let the provider name ${String(endpoint)} with https:// in its metadata`
  if (isDiscovery && status === 404)
    return 'give the issuer as it stands in tokens in --oidc-issuer-url (often with a path such as /realms/NAME): there is no metadata below it; or set --skip-oidc-discovery and name the endpoints'
  if (isDiscovery)
    return 'give an OpenID provider in --oidc-issuer-url: what answers there is no metadata of one'
  return error === undefined ? undefined : 'see the log of the provider'
}

function nameSettings(settings: string): string {
  return settings.replaceAll(/[a-z]+(?:-[a-z]+)*/gu, (name) => (name === 'or' ? name : `--${name}`))
}
