import type { HeadersConfig } from '../config/sections/headers.ts'
import { trimOws } from '../lib/text.ts'
import type { HeaderLines, ResponseEdit } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { type OwnsCookie, setsOwnCookie } from './cookie-lines.ts'
import { compileHeaderRules, type HeaderRule, IDENTITY_FAMILY } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** Conditions that the edit of one forwarded response depends on. */
export interface ResponseEditInput {
  readonly session: Session | undefined
  /** Complete Set-Cookie values of Sidegate. */
  readonly setCookies: readonly string[]
}

/** Configuration of the edit of every forwarded response. */
interface Policy {
  readonly headers: Pick<HeadersConfig, 'response' | 'requestIdHeader'>
  readonly identity: IdentityHeaders
  readonly ownsCookie: OwnsCookie
}

type Rewrite = ResponseEdit['rewrite']

/**
 * Makes the edit of a response. Three cases differ only in what caches may do (RFC 9111 §3, §5.2.2): answers of a
 * public route are left alone; those made for a signed-in person are `private`, so that browsers go on caching as the
 * app wants it and shared caches do not, not even by their own rules for answers that say nothing (§4.2.2); those that
 * carry a cookie of Sidegate may not be stored at all.
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
    if (setCookies.length > 0) {
      return { rewrite: cookieRewrite, add: [...add, ...cacheAndCookieLines({ session, setCookies })] }
    }
    return session === undefined
      ? { rewrite: openRewrite, add }
      : personalEdit(ruleOf, { rewrite: personalRewrite, add })
  }
}

/** Set-Cookie lines of Sidegate, and the line that keeps an answer with any, or for one person, out of shared caches. */
export function cacheAndCookieLines({ session, setCookies }: ResponseEditInput): HeaderLines {
  if (setCookies.length === 0) return session === undefined ? [] : PRIVATE
  const lines = setCookies.flatMap((value) => ['Set-Cookie', value])
  return [...lines, 'Cache-Control', 'private, no-store']
}
const PRIVATE: HeaderLines = ['Cache-Control', 'private']
const CACHE_CONTROL_LENGTH = 'cache-control'.length

/** Creates an edit that adds `private` where the answer had no Cache-Control to put it into. */
function personalEdit(ruleOf: Rewriting['ruleOf'], { rewrite, add }: ResponseEdit): ResponseEdit {
  let isPrivate = false
  return {
    rewrite(name, value) {
      // The length keeps the look-up away from all other lines; a stranger spelling gets a line beside it.
      if (name.length === CACHE_CONTROL_LENGTH && ruleOf(name) === 'cache-control') isPrivate = true
      return rewrite(name, value)
    },
    get add() {
      return isPrivate ? add : [...PRIVATE, ...add]
    },
  }
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

/**
 * Rewrites Cache-Control so that no shared cache stores (RFC 9111 §5.2.2) and the browser's caching stays as it was.
 */
function toPrivate(value: string): string {
  const all = value.split(',')
  const directives = all.filter((directive) => !/^[\t ]*(?:public|s-maxage)[\t ]*(?:=|$)/iu.test(directive))
  const isPrivate = directives.some((directive) => /^[\t ]*private[\t ]*$/iu.test(directive))
  if (isPrivate && directives.length === all.length) return value
  const rest = directives.map(trimOws).filter((directive) => directive !== '')
  return (isPrivate ? rest : ['private', ...rest]).join(', ')
}
