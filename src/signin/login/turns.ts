import type { Cookie, CookieChange } from '../../http/exchange.ts'

/** Counts how often a browser is sent to one target within a minute. */
export interface Turns {
  /** Counts one more. The third is a loop, and the count begins again. */
  count(
    cookies: readonly Cookie[],
    returnTo: string,
  ): { readonly isLoop: boolean; readonly changes: readonly CookieChange[] }
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

interface Counted {
  readonly count: number
  readonly sinceSeconds: number
  readonly target: string
}

/** Name of the cookie that counts: `<name>_turns`. */
export function turnsName(cookieName: string): string {
  return `${cookieName}_turns`
}

const LIMIT = 3
const WINDOW_SECONDS = 60

/**
 * Keeps the count in a cookie of a minute, `<name>_turns`: a loop may pass another replica each time, and two browsers of
 * one person are not one loop. It holds nothing secret, and a forged one stops only the browser that sends it.
 */
export function createTurns(cookieName: string, now: () => number): Turns {
  const name = turnsName(cookieName)
  const change = (value: string, maxAgeSeconds: number): CookieChange => ({
    name,
    value,
    maxAgeSeconds,
    purpose: 'transaction',
  })
  return {
    count(cookies, returnTo) {
      const seconds = Math.floor(now() / 1000)
      const target = hash(returnTo)
      const { count, sinceSeconds } = current(cookies, target, seconds) ?? { count: 0, sinceSeconds: seconds }
      if (count + 1 >= LIMIT) return { isLoop: true, changes: [change('', 0)] }
      const leftSeconds = sinceSeconds + WINDOW_SECONDS - seconds
      return { isLoop: false, changes: [change(`${count + 1}.${sinceSeconds}.${target}`, leftSeconds)] }
    },
    clear: (cookies) => (cookies.some((cookie) => cookie.name === name) ? [change('', 0)] : []),
  }

  function current(cookies: readonly Cookie[], target: string, seconds: number): Counted | undefined {
    return cookies
      .filter((cookie) => cookie.name === name)
      .map(({ value }) => parse(value))
      .find((turns) => {
        const age = turns?.target === target ? seconds - turns.sinceSeconds : -1
        return age >= 0 && age < WINDOW_SECONDS
      })
  }
}

function parse(value: string): Counted | undefined {
  const [, count, since, target = ''] = /^([12])\.(\d{1,12})\.([0-9a-z]{1,7})$/u.exec(value) ?? []
  return count === undefined ? undefined : { count: Number(count), sinceSeconds: Number(since), target }
}

/** FNV-1a: tells the targets of one browser apart, and need not do more. */
function hash(text: string): string {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return (sum >>> 0).toString(36)
}
