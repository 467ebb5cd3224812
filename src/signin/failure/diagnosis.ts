import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { type Finding, type FindingCode, type Problem, problem } from '../../problems.ts'
import type { Loaded } from '../../session/session.ts'
import type { SignInContext } from '../context.ts'
import type { LoginState, SessionSeen } from '../login/state.ts'

/** Settings that decide whether a browser keeps cookies and sends them back. */
export type CookieScope = Pick<CookieConfig, 'domains' | 'secure'>

/** Longest Cookie header that servers take by default (nginx `large_client_header_buffers`, Gunicorn, Tomcat). */
const USUAL_HEADER_BYTES = 8_000

/**
 * Diagnoses a login that cannot be tied to this browser: what is wrong for certain, else whether a sign-in cookie came
 * at all.
 */
export function diagnoseBinding(
  exchange: Exchange,
  cookie: CookieScope,
  { host, carriesCookie }: { readonly host: string | undefined; readonly carriesCookie: boolean },
): readonly Finding[] {
  const certain = diagnoseScope(exchange, cookie, host)
  if (certain.length > 0) return certain
  return [found(carriesCookie ? 'cookie_other' : 'cookie_missing')]
}

/** Diagnoses a loop from what came back at the third turn of one browser, and what came when the login began. */
export function diagnoseLoop(
  exchange: Exchange,
  cookie: CookieScope,
  { began, now }: { readonly began: Pick<LoginState, 'host' | 'session'> | undefined; readonly now: Loaded },
): readonly Finding[] {
  const host = began?.host ?? exchange.facts.host
  const bytes = countBytes(exchange)
  return [
    ...diagnoseScope(exchange, cookie, began?.host),
    found(sessionFinding(began?.session, toSessionSeen(now)), { host }),
    ...(bytes > USUAL_HEADER_BYTES ? [found('header_large', { bytes: String(bytes) })] : []),
  ]
}

/** The problem of a login that is the third within a minute. */
export async function toLoopProblem(
  { config, sessions }: Pick<SignInContext, 'config' | 'sessions'>,
  exchange: Exchange,
  began?: Pick<LoginState, 'host' | 'session'>,
): Promise<Problem> {
  const now = await sessions.load(exchange.cookies)
  if (now.kind === 'unreadable' && now.why === 'unavailable') return problem('session_store_unavailable')
  const detail = {
    session: now.kind === 'unreadable' ? now.why : now.kind,
    session_at_start: began?.session,
    host: exchange.facts.host,
    scheme: exchange.facts.scheme,
    cookies: exchange.cookies.length,
    cookie_bytes: countBytes(exchange),
  }
  const findings = diagnoseLoop(exchange, config.cookie, { began, now })
  return { ...problem('sign_in_loop', detail), findings }
}

/** Session that a request brought, as `state` keeps it. */
export function toSessionSeen(loaded: Loaded): SessionSeen {
  if (loaded.kind !== 'unreadable') return loaded.kind
  return loaded.why === 'format' || loaded.why === 'key' ? loaded.why : 'ended'
}

/** Length of the Cookie header, by estimate. */
function countBytes({ cookies }: Exchange): number {
  return cookies.reduce((sum, { name, value }) => sum + name.length + value.length + '=; '.length, 0)
}

/** Finding about the session now; one that could not be read when the login began was deleted then. */
function sessionFinding(began: SessionSeen | undefined, now: SessionSeen): FindingCode {
  const isUnread = began === 'key' || began === 'format' || began === 'ended'
  const worst = isUnread && (now === 'none' || now === 'active') ? began : now
  switch (worst) {
    case 'key':
      return 'session_unreadable'
    case 'format':
      return 'session_incomplete'
    case 'ended':
      return 'session_ended'
    case 'none':
      return 'session_missing'
    case 'active':
      return began === 'none' ? 'session_not_sent' : 'session_accepted'
  }
}

/** Diagnoses settings under which no cookie can come back (RFC 6265bis §5.7). */
export function diagnoseScope(
  { facts }: Exchange,
  { domains, secure }: CookieScope,
  startHost?: string,
): readonly Finding[] {
  const findings: Finding[] = []
  const covers = (domain: string, host: string): boolean => {
    const name = withoutPort(host)
    const base = domain.replace(/^\./u, '')
    return name === base || name.endsWith(`.${base}`)
  }
  if (secure && isPlainHttp(facts)) findings.push(found('secure_over_http', { host: facts.host }))
  if (domains.length > 0 && !domains.some((domain) => covers(domain, facts.host)))
    findings.push(found('cookie_domain', { domain: domains.join(', '), host: facts.host }))
  if (
    startHost !== undefined &&
    withoutPort(startHost) !== withoutPort(facts.host) &&
    !domains.some((domain) => covers(domain, startHost) && covers(domain, facts.host))
  )
    findings.push(found('other_host', { from: startHost, to: facts.host }))
  return findings
}

/**
 * True when the browser itself is on plain http, whatever a proxy in front may do: it says so in Origin, or leaves
 * fetch metadata out, which it sends to trustworthy addresses only (Fetch Metadata §2.1).
 */
function isPlainHttp({ fetchSite, host, originHeader, scheme }: Exchange['facts']): boolean {
  if (isLoopback(withoutPort(host))) return false
  if (originHeader !== undefined && originHeader !== 'null') return originHeader.startsWith('http://')
  return scheme === 'http' && fetchSite === undefined
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/u, '')
}

function found(code: FindingCode, values: Finding['values'] = {}): Finding {
  return { code, values }
}
