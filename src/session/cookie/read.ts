import type { KeyRing } from '../../crypto/keys.ts'
import { open } from '../../crypto/seal.ts'
import type { CookieChange } from '../../http/exchange.ts'
import type { SessionJudge } from '../judge.ts'
import { memoryOf } from '../memory-of.ts'
import { decodeSession } from '../payload.ts'
import type { Loaded, Session, Unreadable } from '../session.ts'
import { carriesValue, expire, isBetter } from '../session-cookies.ts'
import type { OnSeen, SessionStore } from '../store.ts'
import { createTokenCache } from '../token-cache.ts'
import { type Carried, readCarried } from './chunks.ts'

export interface SessionReaderDeps {
  readonly cookieName: string
  readonly ring: KeyRing
  readonly judge: Pick<SessionJudge, 'judge' | 'shouldNoteSeen'>
  /** Called for each session that was opened for the first time. */
  readonly onSeen?: OnSeen | undefined
}

/** A session that was opened before, and whether the first key had sealed it. */
interface CachedSession {
  readonly session: Session
  readonly current: boolean
}

const NONE: Loaded = { kind: 'none' }
const NO_CHANGES: readonly CookieChange[] = []

/** Creates the reading half of the cookie store, with its cache of opened sessions. */
export function createSessionReader({
  cookieName,
  ring,
  judge,
  onSeen,
}: SessionReaderDeps): Pick<SessionStore, 'load' | 'read'> {
  const cache = createTokenCache<CachedSession>()
  let openedUnder = ring.generation

  function recall(token: string): CachedSession | undefined {
    if (openedUnder !== ring.generation) {
      cache.clear()
      openedUnder = ring.generation
    }
    return cache.find(token)
  }

  async function openAndRemember(token: string): Promise<CachedSession | Unreadable> {
    const generation = ring.generation
    const sealed = await open(ring, token)
    if (!sealed.ok) return sealed.problem
    const session = await decodeSession(sealed.value.bytes)
    if (session === undefined) return 'format'
    const found = { session, current: sealed.value.current }
    // Keys that were replaced meanwhile may have been the ones that opened it.
    if (generation === ring.generation) cache.add(token, found, memoryOf(session))
    onSeen?.({ reference: token, session })
    return found
  }

  function conclude(
    { session, current }: CachedSession,
    reference: string,
    changes: readonly CookieChange[],
  ): Loaded {
    const why = judge.judge(session)
    if (why !== undefined) return { kind: 'unreadable', why, session }
    return {
      kind: 'active',
      session,
      reference,
      needsWrite: !current || judge.shouldNoteSeen(session),
      changes,
    }
  }

  async function openBest({ candidates, names }: Carried): Promise<Loaded> {
    let best: Loaded | undefined
    for (const { token, names: used } of candidates) {
      const found = recall(token) ?? (await openAndRemember(token))
      const leftOver = names.filter((name) => !used.includes(name))
      const loaded = typeof found === 'string' ? unreadable(found) : conclude(found, token, expire(leftOver))
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
      return known === undefined ? openBest(carried) : conclude(known, only.token, NO_CHANGES)
    },
    async read(reference) {
      const found = recall(reference) ?? (await openAndRemember(reference))
      return typeof found === 'string' ? found : (judge.judge(found.session) ?? found.session)
    },
  }
}

function unreadable(why: Unreadable): Loaded {
  return { kind: 'unreadable', why }
}
