import { fromBase64Url, randomBytes, toBase64Url } from '../bytes.ts'
import type { CookieConfig } from '../config/config.ts'
import type { Cookie, CookieChange } from '../http/exchange.ts'

/** The cookie that ties logins to a browser: 32 random bytes as base64url. */
export interface Binding {
  /** The secret for a new login, and the cookies that keep it. */
  take(
    flowId: string,
    cookies: readonly Cookie[],
  ): {
    readonly secret: Uint8Array<ArrayBuffer>
    readonly changes: readonly CookieChange[]
  }
  /** Secrets that could have started this login; a few at most. */
  find(flowId: string, cookies: readonly Cookie[]): readonly Uint8Array<ArrayBuffer>[]
  /** Ends what belongs to this login alone. */
  release(flowId: string): readonly CookieChange[]
  /** Ends all logins that this browser has under way. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

const SECRET_BYTES = 32
/** Same-named cookies from several domains and paths; more are not looked at. */
const MAX_CANDIDATES = 5

/**
 * By default one cookie `<name>_csrf` serves all tabs, so that abandoned logins leave nothing behind. With
 * cookie-csrf-per-request each login has `<name>_<first 8 of its id>_csrf`; beyond the limit the oldest make room.
 */
export function createBinding({ name, csrf }: Pick<CookieConfig, 'name' | 'csrf'>): Binding {
  const shared = `${name}_csrf`
  const nameFor = (flowId: string): string =>
    csrf.perRequest ? `${name}_${flowId.slice(0, 8)}_csrf` : shared
  const keep = (cookie: string, secret: Uint8Array): CookieChange => ({
    name: cookie,
    value: toBase64Url(secret),
    maxAgeSeconds: Math.floor(csrf.expireMs / 1000),
    purpose: 'transaction',
  })

  function find(flowId: string, cookies: readonly Cookie[]): readonly Uint8Array<ArrayBuffer>[] {
    const wanted = nameFor(flowId)
    const values = cookies.filter((cookie) => cookie.name === wanted).slice(0, MAX_CANDIDATES)
    return values.flatMap(({ value }) => readSecret(value) ?? [])
  }

  const carried = (cookies: readonly Cookie[]): readonly Cookie[] =>
    cookies.filter((cookie) => cookie.name.startsWith(`${name}_`) && cookie.name.endsWith('_csrf'))

  /** Browsers send older cookies first (RFC 6265 §5.4), so the front of the list goes. */
  function prune(cookies: readonly Cookie[]): readonly CookieChange[] {
    if (!csrf.perRequest) return []
    const old = carried(cookies)
    return old.slice(0, Math.max(0, old.length + 1 - csrf.perRequestLimit)).map((cookie) => end(cookie.name))
  }

  return {
    find,
    take(flowId, cookies) {
      const [known] = csrf.perRequest ? [] : find(flowId, cookies)
      const secret = known ?? randomBytes(SECRET_BYTES)
      return { secret, changes: [keep(nameFor(flowId), secret), ...prune(cookies)] }
    },
    release: (flowId) => (csrf.perRequest ? [end(nameFor(flowId))] : []),
    clear: (cookies) => [...new Set(carried(cookies).map((cookie) => cookie.name))].map(end),
  }
}

function end(name: string): CookieChange {
  return { name, value: '', maxAgeSeconds: 0, purpose: 'transaction' }
}

function readSecret(value: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64Url(value)
  return bytes?.length === SECRET_BYTES ? bytes : undefined
}
