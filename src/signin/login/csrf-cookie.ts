import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import { fromBase64Url, randomBytes, toBase64Url } from '../../lib/bytes.ts'

/** The cookie that ties logins to a browser: 32 random bytes as base64url. */
export interface CsrfCookie {
  /** Takes the secret for a new login, and the cookies that keep it. */
  take(
    flowId: string,
    cookies: readonly Cookie[],
  ): {
    readonly secret: Uint8Array<ArrayBuffer>
    readonly changes: readonly CookieChange[]
  }
  /** Finds secrets that could have started this login; a few at most. */
  find(flowId: string, cookies: readonly Cookie[]): readonly Uint8Array<ArrayBuffer>[]
  /** True when a cookie of any login came with the request. */
  carries(cookies: readonly Cookie[]): boolean
  /** Ends what belongs to this login alone, where the browser carries it. */
  release(flowId: string, cookies: readonly Cookie[]): readonly CookieChange[]
  /** Ends all logins that this browser has under way. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

const SECRET_BYTES = 32
/** Limit on same-named cookies from several domains and paths; more are not looked at. */
const MAX_CANDIDATES = 5

/**
 * By default one cookie `<name>_csrf` serves all tabs, so that abandoned logins leave nothing behind. A browser that has
 * none yet may open several tabs at the same instant (it restores them, say), and each answer would overwrite the cookie of
 * the one before: such a login also gets `<name>_<first 8 of its id>_csrf`, until it ends. With cookie-csrf-per-request every
 * login has only that one. Either way the oldest of these make room when a login begins beyond the limit.
 */
export function createBinding({ name, csrf }: Pick<CookieConfig, 'name' | 'csrf'>): CsrfCookie {
  const shared = `${name}_csrf`
  const ownName = (flowId: string): string => `${name}_${flowId.slice(0, 8)}_csrf`
  const keep = (cookie: string, secret: Uint8Array): CookieChange => ({
    name: cookie,
    value: toBase64Url(secret),
    maxAgeSeconds: Math.floor(csrf.expireMs / 1000),
    purpose: 'transaction',
  })

  function readSecrets(wanted: string, cookies: readonly Cookie[]): readonly Uint8Array<ArrayBuffer>[] {
    const values = cookies.filter((cookie) => cookie.name === wanted).slice(0, MAX_CANDIDATES)
    return values.flatMap(({ value }) => readSecret(value) ?? [])
  }

  const carried = (cookies: readonly Cookie[]): readonly Cookie[] =>
    cookies.filter((cookie) => cookie.name.startsWith(`${name}_`) && cookie.name.endsWith('_csrf'))

  /** Drops the oldest: browsers send older cookies first (RFC 6265 §5.4), so the front of the list goes. */
  function prune(cookies: readonly Cookie[], added: number): readonly CookieChange[] {
    const old = carried(cookies).filter((cookie) => csrf.perRequest || cookie.name !== shared)
    const excess = Math.max(0, old.length + added - csrf.perRequestLimit)
    return old.slice(0, excess).map((cookie) => end(cookie.name))
  }

  function take(flowId: string, cookies: readonly Cookie[]): ReturnType<CsrfCookie['take']> {
    const [known] = csrf.perRequest ? [] : readSecrets(shared, cookies)
    const secret = known ?? randomBytes(SECRET_BYTES)
    const kept = csrf.perRequest ? [] : [keep(shared, secret)]
    const own = known === undefined ? [keep(ownName(flowId), secret)] : []
    return { secret, changes: [...kept, ...own, ...prune(cookies, own.length)] }
  }

  return {
    take,
    find: (flowId, cookies) =>
      [ownName(flowId), ...(csrf.perRequest ? [] : [shared])].flatMap((wanted) =>
        readSecrets(wanted, cookies),
      ),
    carries: (cookies) => carried(cookies).length > 0,
    release: (flowId, cookies) =>
      cookies.some((cookie) => cookie.name === ownName(flowId)) ? [end(ownName(flowId))] : [],
    clear: (cookies) => [...new Set(carried(cookies).map((cookie) => cookie.name))].map(end),
  }
}

/** Recognises the cookies of sign-ins, whatever the settings were when they were set: these, `_target_…`,
 * `_turns` and `_provider`. */
export function compileSignInNames(name: string): (cookieName: string) => boolean {
  return (cookieName) =>
    cookieName.startsWith(name) &&
    /^(?:(?:_[\w-]{8})?_csrf|_target_\d|_turns|_provider)$/u.test(cookieName.slice(name.length))
}

function end(name: string): CookieChange {
  return { name, value: '', maxAgeSeconds: 0, purpose: 'transaction' }
}

function readSecret(value: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64Url(value)
  return bytes?.length === SECRET_BYTES ? bytes : undefined
}
