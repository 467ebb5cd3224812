import type { SessionConfig } from '../../config/sections/session.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open } from '../../crypto/seal.ts'
import type { Cookie } from '../../http/exchange.ts'
import type { MaybePromise } from '../../lib/async.ts'
import type { Platform } from '../../platform.ts'
import type { Denylist } from '../denylist.ts'
import { judge, shouldNoteSeen } from '../lifetimes.ts'
import type { Loaded, Session, Unreadable } from '../session.ts'
import { type CachedSession, createSessionCache } from './cache.ts'
import { type Carried, readCarried, sessionNames } from './chunks.ts'
import { decodeSession } from './payload.ts'

/** What reading sessions takes. */
export interface SessionReaderDeps {
  readonly cookieName: string
  readonly config: SessionConfig
  readonly ring: KeyRing
  readonly denylist: Pick<Denylist, 'denies'>
  readonly hasAccount: (session: Session) => boolean
  readonly platform: Pick<Platform, 'now'>
  /** Told of each session that was opened for the first time. */
  readonly onSeen?: (token: string, session: Session) => void
}

/** Reads and judges what requests carry. */
export interface SessionReader {
  /** The session of a request; at once when it was opened before. Never throws for what a stranger sends. */
  load(cookies: readonly Cookie[]): MaybePromise<Loaded>
  /** Opens and judges one token, as `load` does with what it finds in cookies. */
  openToken(token: string): Promise<Session | Unreadable>
  /** Why a session counts for nothing by now; undefined while it stands. */
  judge(session: Session): Unreadable | undefined
}

const NONE: Loaded = { kind: 'none' }
const NO_NAMES: readonly string[] = []

/** Builds the reader, with its cache of opened sessions. */
export function createSessionReader({
  cookieName,
  config,
  ring,
  denylist,
  hasAccount,
  platform,
  onSeen,
}: SessionReaderDeps): SessionReader {
  const opened = createSessionCache()
  let openedUnder = ring.generation

  function recall(token: string): CachedSession | undefined {
    if (openedUnder !== ring.generation) {
      opened.clear()
      openedUnder = ring.generation
    }
    return opened.find(token)
  }

  async function openAndRemember(token: string): Promise<CachedSession | Unreadable> {
    const generation = ring.generation
    const sealed = await open(ring, token)
    if (!sealed.ok) return sealed.problem
    const session = await decodeSession(sealed.value.bytes)
    if (session === undefined) return 'format'
    const found = { session, current: sealed.value.current }
    // Keys that were replaced meanwhile may have been the ones that opened it.
    if (generation === ring.generation) opened.add(token, found)
    onSeen?.(token, session)
    return found
  }

  const judgeNow = (session: Session) =>
    judge(session, { config, denylist, hasAccount, nowMs: platform.now() })

  function conclude({ session, current }: CachedSession, stale: readonly string[]): Loaded {
    const why = judgeNow(session)
    if (why !== undefined) return { kind: 'unreadable', why }
    return {
      kind: 'active',
      session,
      reseal: !current || shouldNoteSeen(session, config, platform.now()),
      stale,
    }
  }

  async function openBest({ candidates, names }: Carried): Promise<Loaded> {
    let best: Loaded | undefined
    for (const { token, names: used } of candidates) {
      const found = recall(token) ?? (await openAndRemember(token))
      const stale = names.filter((name) => !used.includes(name))
      const loaded = typeof found === 'string' ? unreadable(found) : conclude(found, stale)
      if (best === undefined || isBetter(loaded, best)) best = loaded
    }
    return best ?? NONE
  }

  return {
    load(cookies) {
      const carried = readCarried(cookieName, cookies)
      const [only, ...others] = carried.candidates
      if (only === undefined) return carriesValue(cookieName, cookies) ? unreadable('format') : NONE
      if (others.length > 0 || only.names.length !== carried.names.length) return openBest(carried)
      const known = recall(only.token)
      return known === undefined ? openBest(carried) : conclude(known, NO_NAMES)
    },
    async openToken(token) {
      const found = recall(token) ?? (await openAndRemember(token))
      return typeof found === 'string' ? found : (judgeNow(found.session) ?? found.session)
    },
    judge: judgeNow,
  }
}

function unreadable(why: Unreadable): Loaded {
  return { kind: 'unreadable', why }
}

/**
 * Of two sessions the one that the provider vouched for last. A cookie left behind under another domain
 * cannot shadow a fresh sign-in, and the order of the cookies, which others can influence, decides nothing.
 */
function isBetter(loaded: Loaded, best: Loaded): boolean {
  if (loaded.kind !== 'active') return false
  if (best.kind !== 'active') return true
  const [left, right] = [loaded.session, best.session]
  const newer = left.refreshedAtMs - right.refreshedAtMs || left.signedInAtMs - right.signedInAtMs
  return newer === 0 ? left.id > right.id : newer > 0
}

/**
 * An empty cookie is what a deletion leaves behind in some clients: nobody, rather than somebody unreadable.
 */
function carriesValue(cookieName: string, cookies: readonly Cookie[]): boolean {
  return cookies.some((cookie) => cookie.value !== '' && sessionNames(cookieName, [cookie]).length > 0)
}
