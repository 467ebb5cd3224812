import type { CookieChange } from '../http/exchange.ts'
import type { Problem } from '../problems.ts'
import type { Identity } from '../session/session.ts'

/** Redirects to another address: the provider, the return target, the provider's sign-out. */
export interface Redirected {
  readonly kind: 'redirect'
  /** Path with query on Sidegate's own origin, or an absolute URL that was checked. */
  readonly location: string
  readonly changes: readonly CookieChange[]
}

/** Refuses to sign in or out. */
export interface Refused {
  readonly kind: 'refused'
  readonly problem: Problem
  readonly changes: readonly CookieChange[]
  /** Validated target for another try. */
  readonly returnTo: string
  /** Identity that was refused, where it is known. */
  readonly identity?: Identity
  /** The user name of a password form that failed. */
  readonly username?: string
}

/** Ends signed out, with no return target: the page that says so. */
export interface SignedOut {
  readonly kind: 'signed-out'
  readonly changes: readonly CookieChange[]
}

/** Answers a program's request that was carried out: 200 without a body. */
export interface Done {
  readonly kind: 'done'
}

/** Result of a step of signing in or out. The app turns it into a response. */
export type Outcome = Redirected | Refused | SignedOut | Done

/** Makes a redirect to another address. */
export function redirect(location: string, changes: readonly CookieChange[] = []): Redirected {
  return { kind: 'redirect', location, changes }
}

/** Makes a refusal; the target defaults to the start page. */
export function refuse(problem: Problem, rest: Partial<Omit<Refused, 'kind' | 'problem'>> = {}): Refused {
  return { kind: 'refused', problem, changes: [], returnTo: '/', ...rest }
}
