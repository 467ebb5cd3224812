import type { HeadersConfig } from '../config/sections/headers.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines, ResponseEdit } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { type OwnsCookie, setsOwnCookie } from './cookie-lines.ts'
import { compileHeaderRules, type HeaderRule, IDENTITY_FAMILY } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** What decides over the header lines of one forwarded response. */
export interface ResponseEditInput {
  readonly session: Session | undefined
  /** Complete Set-Cookie values of ours. */
  readonly setCookies: readonly string[]
}

/** What decides over the header lines of every forwarded response. */
interface Policy {
  readonly headers: Pick<HeadersConfig, 'response' | 'requestIdHeader'>
  readonly identity: IdentityHeaders
  readonly ownsCookie: OwnsCookie
}

type Rewrite = ResponseEdit['rewrite']

/**
 * Makes the edit of a response. Three cases differ only in what caches may do (RFC 9111 §3, §5.2.2): answers of
 * a public route are left alone; those made for a signed-in person that may be stored become `private` and keep their
 * max-age, so that browsers go on caching; those that carry a cookie of ours may not be stored at all.
 */
export function createResponseEdit(policy: Policy): (input: ResponseEditInput) => ResponseEdit {
  const { identity, headers } = policy
  const ruleOf = compileHeaderRules({
    requestIdHeader: headers.requestIdHeader,
    identity: [...IDENTITY_FAMILY, ...headers.response.map(({ name }) => name)],
  })
  const rewriting = { ruleOf, ownsCookie: policy.ownsCookie }
  const openRewrite = createRewrite(rewriting, 'open')
  const personalRewrite = createRewrite(rewriting, 'personal')
  const cookieRewrite = createRewrite(rewriting, 'with-cookie')
  return ({ session, setCookies }) => {
    const add = identity.forResponse(session)
    if (setCookies.length > 0) return { rewrite: cookieRewrite, add: [...add, ...toCookieLines(setCookies)] }
    return { rewrite: session === undefined ? openRewrite : personalRewrite, add }
  }
}

/** Set-Cookie lines of ours, and what keeps an answer that carries any out of caches. */
export function toCookieLines(setCookies: readonly string[]): HeaderLines {
  if (setCookies.length === 0) return []
  const lines = setCookies.flatMap((value) => ['Set-Cookie', value])
  return [...lines, 'Cache-Control', 'private, no-store']
}

interface Rewriting {
  readonly ruleOf: (name: string) => HeaderRule
  readonly ownsCookie: OwnsCookie
}

function createRewrite(
  { ruleOf, ownsCookie }: Rewriting,
  content: 'open' | 'personal' | 'with-cookie',
): Rewrite {
  return (name, value) => {
    switch (ruleOf(name)) {
      case 'drop':
      case 'connection':
      case 'identity':
        return undefined
      case 'set-cookie':
        return setsOwnCookie(value, ownsCookie) ? undefined : value
      case 'cache-control':
        if (content === 'with-cookie') return undefined
        return content === 'personal' ? toPrivate(value) : value
      case 'shared-cache':
        return content === 'open' ? value : undefined
      case 'expiry':
        return content === 'with-cookie' ? undefined : value
      default:
        return value
    }
  }
}

/** Cache-Control that lets no shared cache store (RFC 9111 §5.2.2) and leaves the browser's as it was. */
function toPrivate(value: string): string {
  const all = value.split(',')
  const directives = all.filter((directive) => !/^[\t ]*(?:public|s-maxage)[\t ]*(?:=|$)/iu.test(directive))
  const isClosed = directives.some((directive) => /^[\t ]*(?:private|no-store)[\t ]*$/iu.test(directive))
  if (isClosed && directives.length === all.length) return value
  const rest = directives.map(trimOws)
  return (isClosed ? rest : ['private', ...rest]).join(', ')
}
