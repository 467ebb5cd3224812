import type { SessionConfig } from '../../config/sections/session.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { seal, sealedLength } from '../../crypto/seal.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import type { Platform } from '../../platform.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Denylist } from '../denylist.ts'
import { endOf } from '../lifetimes.ts'
import type { Session } from '../session.ts'
import { type Dropped, fitToBudget } from './budget.ts'
import { compileLayout, compileOwnNames, sessionNames } from './chunks.ts'
import type { Projection } from './projection.ts'
import { createSessionReader, type SessionReader } from './read.ts'

/** What the store is made from. */
export interface SessionStoreDeps {
  /** Name of the session cookie. */
  readonly cookieName: string
  /** Bytes that the longest Set-Cookie line takes beyond name and value. */
  readonly attributeBytes: number
  readonly config: SessionConfig
  readonly projection: Projection
  /** Of purpose `session`. */
  readonly ring: KeyRing
  readonly denylist: Pick<Denylist, 'denies'>
  /** The account behind a session is still there, as far as this deployment keeps accounts itself. */
  readonly hasAccount: (session: Session) => boolean
  readonly platform: Pick<Platform, 'now'>
  /** Told of each session that was sealed, or opened for the first time. */
  readonly onSeen?: (token: string, session: Session) => void
}

/** A sealed session, and what the log should know about it. */
export interface Sealed {
  readonly token: string
  /** As it was sealed: projected, and without what was shed. */
  readonly session: Session
  readonly dropped: readonly Dropped[]
  /** Bytes that the browser will send with every request. */
  readonly bytes: number
}

/** A sealed session with the cookies that hold it. */
export interface Saved extends Sealed {
  readonly changes: readonly CookieChange[]
}

/** Sessions in the browser's cookies: the only place where they are kept. */
export interface SessionStore extends SessionReader {
  /** Seals a session as far as it fits the budget; `session_too_large` or `identity_incomplete` otherwise. */
  seal(session: Session): Promise<Result<Sealed>>
  /** The cookies for a sealed session, and the end of those that the request carried and it does not use. */
  changes(sealed: Pick<Sealed, 'token' | 'session'>, carried: readonly Cookie[]): readonly CookieChange[]
  /** `seal` and `changes` in one. */
  save(request: { readonly session: Session; readonly carried: readonly Cookie[] }): Promise<Result<Saved>>
  /** Ends every cookie of the session that the request carried, and the plain one. */
  clear(carried: readonly Cookie[]): readonly CookieChange[]
  /** Ends the named cookies. */
  expire(names: Iterable<string>): readonly CookieChange[]
  /** A cookie of ours, session or sign-in: never forwarded, never accepted from an upstream. */
  owns(cookieName: string): boolean
  /** When a session is over for good, in ms since the epoch. */
  endsAtMs(session: Session): number
  /** When it ends if nothing is heard of its browser any more: `endsAtMs`, or the idle limit before that. */
  nextEndMs(session: Session): number
  /** A sealed session as one cookie, which `load` takes whatever its length. */
  cookieOf(token: string): Cookie
}

/** Builds the store. */
export function createSessionStore(deps: SessionStoreDeps): SessionStore {
  const { cookieName, config, ring, platform } = deps
  const layout = compileLayout(cookieName, deps.attributeBytes)
  const reader = createSessionReader(deps)
  const sizeOf = (payloadBytes: number) => layout.size(sealedLength(ring, payloadBytes))
  const endsAtMs = (session: Session) => Math.min(session.expiresAtMs, endOf(session, config))

  async function sealSession(session: Session): Promise<Result<Sealed>> {
    const bounded = { ...session, expiresAtMs: endsAtMs(session) }
    const fitted = await fitToBudget(bounded, { ...deps, budgetBytes: config.budgetBytes, sizeOf })
    if (!fitted.ok) return fitted
    const { payload, ...rest } = fitted.value
    const token = await seal(ring, payload)
    deps.onSeen?.(token, rest.session)
    return ok({ token, ...rest })
  }

  function changes({ token, session }: Pick<Sealed, 'token' | 'session'>, carried: readonly Cookie[]) {
    const used = layout.split(token) ?? []
    const unused = sessionNames(cookieName, carried).filter((name) =>
      used.every((cookie) => cookie.name !== name),
    )
    const left = Math.ceil((endsAtMs(session) - platform.now()) / 1000)
    const maxAgeSeconds = config.expireMs === 0 ? undefined : Math.max(1, left)
    return [
      ...used.map(({ name, value }) => ({ name, value, maxAgeSeconds, purpose: 'session' }) as const),
      ...expire(unused),
    ]
  }

  return {
    ...reader,
    seal: sealSession,
    changes,
    async save({ session, carried }) {
      const sealed = await sealSession(session)
      return sealed.ok
        ? ok({ ...sealed.value, changes: changes(sealed.value, carried) })
        : failed(sealed.problem)
    },
    clear: (carried) => expire(new Set([...sessionNames(cookieName, carried), cookieName])),
    expire,
    owns: compileOwnNames(cookieName),
    endsAtMs,
    nextEndMs(session) {
      const { idleTimeoutMs } = config
      return Math.min(endsAtMs(session), idleTimeoutMs === 0 ? Infinity : session.seenAtMs + idleTimeoutMs)
    },
    cookieOf: (token) => ({ name: cookieName, value: token }),
  }
}

function expire(names: Iterable<string>): readonly CookieChange[] {
  return Array.from(names, (name) => ({ name, value: '', maxAgeSeconds: 0, purpose: 'session' }) as const)
}
