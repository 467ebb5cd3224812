import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { Cookie, CookieChange, Exchange } from '../../http/exchange.ts'
import { findHeader } from '../../http/head.ts'
import { type Problem, problem } from '../../problems.ts'
import type { Loaded, Unreadable } from '../../session/session.ts'
import { createTurns } from './turns.ts'

/**
 * Ends sign-ins that go round in circles: the third time within a minute that a browser is sent to the same target, it is
 * told what was seen instead.
 */
export interface LoopGuard {
  /** Counts one more time; the changes must reach the browser. `problem` is there when this is a loop. */
  turn(exchange: Exchange, turn: LoopTurn): LoopVerdict
  /** Forgets what was counted: a sign-out is no turn of a loop. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

/** One more time that a browser is sent to a target. */
export interface LoopTurn {
  readonly returnTo: string
  /** What the request carries. */
  readonly session: SeenSession
}

/** What a request carries: a session that stands, none, or why it counts for nothing. */
export type SeenSession = 'good' | 'missing' | Unreadable

/** The count goes on, or the loop ends. */
export interface LoopVerdict {
  readonly problem: Problem | undefined
  readonly changes: readonly CookieChange[]
}

type LoopCookie = Pick<CookieConfig, 'name' | 'domains' | 'secure'>

/** Reduces what the store found. */
export function toSeenSession(loaded: Loaded): SeenSession {
  if (loaded.kind === 'unreadable') return loaded.why
  return loaded.kind === 'active' ? 'good' : 'missing'
}

/** Builds the guard of one configuration. */
export function createLoopGuard(cookie: LoopCookie, now: () => number): LoopGuard {
  const turns = createTurns(cookie.name, now)
  return {
    turn(exchange, turn) {
      const { isLoop, changes } = turns.count(exchange.cookies, turn.returnTo)
      return { problem: isLoop ? describe(cookie, exchange, turn) : undefined, changes }
    },
    clear: turns.clear,
  }
}

/**
 * Names what keeps a sign-in from lasting: `session_lost` when the browser comes without a session that can be opened,
 * `sign_in_loop` when the session is there and what lies behind the target sends the browser back.
 */
function describe(cookie: LoopCookie, exchange: Exchange, { returnTo, session }: LoopTurn): Problem {
  const { facts, cookies, request } = exchange
  const target = nameOf(/^https?:\/\/([^/?#]+)/u.exec(returnTo)?.[1] ?? facts.host)
  return problem(session === 'good' ? 'sign_in_loop' : 'session_lost', {
    session,
    cookies_of_ours: cookies.filter(({ name }) => name.startsWith(cookie.name)).length,
    cookie_header_bytes: findHeader(request.headers, 'cookie')?.length ?? 0,
    cookie_reaches_target: reaches(cookie.domains, { target, own: nameOf(facts.host) }),
    secure_cookie_over_http: cookie.secure && facts.trusted && facts.scheme === 'http',
  })
}

/** Without a domain a cookie goes back to the host that set it, and to no other (RFC 6265bis §5.1.3). */
function reaches(
  domains: readonly string[],
  { target, own }: { readonly target: string; readonly own: string },
): boolean {
  if (domains.length === 0) return target === own
  return domains.some((domain) => target === domain || target.endsWith(`.${domain}`))
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/u, '')
}
