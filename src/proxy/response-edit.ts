import type { HeadersConfig } from '../config/sections/headers.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines, ResponseEdit } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { type OwnsCookie, setsOwnCookie } from './cookie-lines.ts'
import type { HeaderRule } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** What decides over the header lines of one forwarded response. */
export interface ResponseEditInput {
  readonly session: Session | undefined
  /** Complete Set-Cookie values of ours. */
  readonly setCookies: readonly string[]
}

interface Policy {
  readonly headers: HeadersConfig
  readonly ruleOf: (name: string) => HeaderRule
  readonly identity: IdentityHeaders
  readonly ownsCookie: OwnsCookie
}

type Rewrite = ResponseEdit['rewrite']

/**
 * Makes the edit of a response. Three cases differ only in what caches may do (RFC 9111 §3, §5.2.2): answers of
 * a public route are left alone; those made for a signed-in person are `private`, so that browsers go on caching as the
 * app wants it and shared caches do not, not even by their own rules for answers that say nothing (§4.2.2); those that
 * carry a cookie of ours may not be stored at all.
 */
export function createResponseEdit(policy: Policy): (input: ResponseEditInput) => ResponseEdit {
  const openRewrite = createRewrite(policy, 'open')
  const personalRewrite = createRewrite(policy, 'personal')
  const cookieRewrite = createRewrite(policy, 'with-cookie')
  const open: ResponseEdit = { rewrite: openRewrite, add: [] }
  return ({ session, setCookies }) => {
    if (session === undefined && setCookies.length === 0) return open
    const identity = session === undefined ? [] : policy.identity.forResponse(session)
    return setCookies.length === 0
      ? personalEdit(policy, personalRewrite, identity)
      : { rewrite: cookieRewrite, add: [...identity, ...cacheAndCookieLines({ session, setCookies })] }
  }
}

/** Set-Cookie lines of ours, and what keeps an answer that carries any, or is for one person, out of shared caches. */
export function cacheAndCookieLines({ session, setCookies }: ResponseEditInput): HeaderLines {
  if (setCookies.length === 0) return session === undefined ? [] : PRIVATE
  const lines = setCookies.flatMap((value) => ['Set-Cookie', value])
  return [...lines, 'Cache-Control', 'private, no-store']
}
const PRIVATE: HeaderLines = ['Cache-Control', 'private']

/** Builds an edit that adds `private` where the answer had no Cache-Control to put it into. */
function personalEdit({ ruleOf }: Policy, rewrite: Rewrite, identity: HeaderLines): ResponseEdit {
  let isPrivate = false
  return {
    rewrite(name, value) {
      if (!isPrivate && ruleOf(name) === 'cache-control') isPrivate = true
      return rewrite(name, value)
    },
    get add() {
      return isPrivate ? identity : [...PRIVATE, ...identity]
    },
  }
}

function createRewrite(policy: Policy, content: 'open' | 'personal' | 'with-cookie'): Rewrite {
  const setsAuthorization = policy.headers.setBasicAuth || policy.headers.setAuthorizationHeader
  return (name, value) => {
    switch (policy.ruleOf(name)) {
      case 'drop':
      case 'connection':
      case 'identity':
        return undefined
      case 'authorization':
        return setsAuthorization ? undefined : value
      case 'set-cookie':
        return setsOwnCookie(value, policy.ownsCookie) ? undefined : value
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
  const isPrivate = directives.some((directive) => /^[\t ]*private[\t ]*$/iu.test(directive))
  if (isPrivate && directives.length === all.length) return value
  const rest = directives.map(trimOws).filter((directive) => directive !== '')
  return (isPrivate ? rest : ['private', ...rest]).join(', ')
}
