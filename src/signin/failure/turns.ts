import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'

/**
 * Counts how often a browser was sent on to one place with a session, and came back to the sign-in, within the last
 * minute. A cookie of that life counts, so that every replica can; it holds a checksum of the place and times, and a
 * browser that invents some only stops itself.
 */
export interface Turns {
  count(cookies: readonly Cookie[], returnTo: string): number
  /** Counts one more turn, or stops at the third. */
  next(turn: LoginTurn): { readonly stops: boolean; readonly changes: readonly CookieChange[] }
  /** Clears the count. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

/** A sign-in that is about to end well. */
export interface LoginTurn {
  readonly cookies: readonly Cookie[]
  readonly returnTo: string
  /**
   * Beginning of the login, and the count then: logins that run side by side are one turn. Undefined for what begins
   * and ends at once.
   */
  readonly began: { readonly atMs: number; readonly turns: number } | undefined
}

const WINDOW_MS = 60_000
/** Number of turns that pass. */
const MAX_TURNS = 2

/** Creates the count. */
export function createTurns({ name }: Pick<CookieConfig, 'name'>, now: () => number): Turns {
  const counter = `${name}_turns`

  function read(cookies: readonly Cookie[], returnTo: string): readonly number[] {
    const value = cookies.find((cookie) => cookie.name === counter)?.value ?? ''
    const [place, ...times] = /^[0-9a-z]{1,11}(?:\.[0-9a-z]{1,11}){1,2}$/u.test(value) ? value.split('.') : []
    if (place !== checksum(returnTo)) return []
    const nowMs = now()
    return times.map((time) => Number.parseInt(time, 36)).filter((atMs) => Math.abs(nowMs - atMs) < WINDOW_MS)
  }

  const clear = (cookies: readonly Cookie[]): readonly CookieChange[] =>
    cookies.some((cookie) => cookie.name === counter)
      ? [{ name: counter, value: '', maxAgeSeconds: 0, purpose: 'transaction' }]
      : []

  return {
    count: (cookies, returnTo) => read(cookies, returnTo).length,
    next({ cookies, returnTo, began }) {
      const times = read(cookies, returnTo)
      const last = times.at(-1)
      // The clocks of two replicas may differ; the count that the login saw when it began does not depend on them.
      const isNext =
        last === undefined || began === undefined || began.atMs > last || began.turns === times.length
      if (!isNext) return { stops: false, changes: [] }
      if (times.length >= MAX_TURNS) return { stops: true, changes: clear(cookies) }
      const value = [checksum(returnTo), ...[...times, now()].map((atMs) => atMs.toString(36))].join('.')
      const maxAgeSeconds = WINDOW_MS / 1000
      return { stops: false, changes: [{ name: counter, value, maxAgeSeconds, purpose: 'transaction' }] }
    },
    clear,
  }
}

/** Checksum (FNV-1a) of a target without its query, which may differ from turn to turn. */
function checksum(returnTo: string): string {
  let sum = 0x811c9dc5
  for (const char of returnTo.replace(/[?#].*$/su, ''))
    sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return sum.toString(36)
}
