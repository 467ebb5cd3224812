import type { Cookie, CookieChange } from '../http/exchange.ts'
import type { Loaded } from './session.ts'

/**
 * Names among the cookies of a request under which a session may lie: the plain one, and chunks below a
 * hundred.
 */
export function sessionNames(name: string, cookies: readonly Cookie[]): readonly string[] {
  const names = new Set<string>()
  for (const cookie of cookies) {
    if (!cookie.name.startsWith(name)) continue
    if (/^(?:_(?:0|[1-9]\d?))?$/u.test(cookie.name.slice(name.length))) names.add(cookie.name)
  }
  return [...names]
}

/** Ends the named cookies of a session. */
export function expire(names: Iterable<string>): readonly CookieChange[] {
  return Array.from(names, (name) => ({ name, value: '', maxAgeSeconds: 0, purpose: 'session' }) as const)
}

/** Recognises the names of a session's cookies: the plain one, and chunks by any number. */
export function compileOwnNames(name: string): (cookieName: string) => boolean {
  return (cookieName) => cookieName.startsWith(name) && /^(?:_\d+)?$/u.test(cookieName.slice(name.length))
}

/**
 * False for an empty cookie, which a deletion leaves behind in some clients: no session, rather than an unreadable one.
 */
export function carriesValue(cookieName: string, cookies: readonly Cookie[]): boolean {
  return cookies.some((cookie) => cookie.value !== '' && sessionNames(cookieName, [cookie]).length > 0)
}

/**
 * Chooses of two sessions the one that the provider vouched for last. A cookie left behind under another domain cannot
 * shadow a fresh sign-in, and the order of the cookies, which others can influence, decides nothing.
 */
export function isBetter(loaded: Loaded, best: Loaded): boolean {
  if (loaded.kind !== 'active') return false
  if (best.kind !== 'active') return true
  const [left, right] = [loaded.session, best.session]
  const newer = left.refreshedAtMs - right.refreshedAtMs || left.signedInAtMs - right.signedInAtMs
  return newer === 0 ? left.id > right.id : newer > 0
}
