import type { SharedState } from '../../src/platform.ts'
import { type Announcement, PAGE, type SharedMethods } from './shared-methods.ts'

/** State that isolates share through a Durable Object. */
export interface IsolateState extends SharedState {
  /**
   * Reads what was announced in other isolates. Resolves at once while the last time was a moment ago, so it stands
   * before every request.
   */
  catchUp(waitUntil: (work: Promise<unknown>) => void): Promise<void>
}

export interface IsolateStateDeps {
  /** Returns the object; a stub belongs to the request that made it. */
  readonly object: () => SharedMethods
  readonly now: () => number
  /** Called, once a minute at most, when the object does not answer. */
  readonly onFailure: (error: unknown) => void
}

/** Longest wait for the object; a sign-in proxy without it is better than none. */
const PATIENCE_MS = 1_500

/** Age at which an isolate reads the announcements again, behind its answer. */
const FRESH_MS = 5_000

/** Age at which it reads them before its answer, so this is how long a sign-out elsewhere may go unnoticed. */
const STALE_MS = 15_000

/** Interval between two log lines about an object that does not answer, which is not logged at each failure. */
const COMPLAIN_MS = 60_000

/** Builds the shared state; no call throws, and none takes longer than 1.5 s. */
export function createIsolateState({ object, now, onFailure }: IsolateStateDeps): IsolateState {
  const followers: ((line: string, untilMs: number) => void)[] = []
  let heardUpTo = 0
  let askedAtMs = Number.NEGATIVE_INFINITY
  let heardAtMs = Number.NEGATIVE_INFINITY
  let failedAtMs = Number.NEGATIVE_INFINITY
  let complainedAtMs = Number.NEGATIVE_INFINITY

  function complain(error: unknown): void {
    if (now() - complainedAtMs < COMPLAIN_MS) return
    complainedAtMs = now()
    onFailure(error)
  }

  async function ask<Value>(question: () => Promise<Value>, fallback: Value): Promise<Value> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS)
    })
    try {
      return await Promise.race([question(), patience])
    } catch (error) {
      complain(error)
      return fallback
    } finally {
      clearTimeout(timer)
    }
  }

  async function hear(): Promise<void> {
    askedAtMs = now()
    let page: readonly Announcement[] | undefined
    do {
      page = await ask<readonly Announcement[] | undefined>(() => object().since(heardUpTo), undefined)
      for (const { id, line, untilMs } of page ?? []) {
        heardUpTo = Math.max(heardUpTo, id)
        for (const follower of followers) follower(line, untilMs)
      }
    } while (page?.length === PAGE)
    if (page === undefined) failedAtMs = now()
    else heardAtMs = now()
  }

  return {
    get: (key) => ask(() => object().read(key), undefined),
    set: (key, value, ttlMs) => ask(() => object().write(key, value, ttlMs), undefined),
    claim: (key, ttlMs) => ask(() => object().claim(key, ttlMs), true),
    release: (key) => ask(() => object().release(key), undefined),
    announce: (line, untilMs) => ask(() => object().announce(line, untilMs), undefined),
    follow: (listener) => followers.push(listener),
    async catchUp(waitUntil) {
      const age = now() - heardAtMs
      // An object that does not answer is not asked by every request.
      if (age < FRESH_MS || now() - failedAtMs < FRESH_MS) return
      // A late request reads for itself, since it must not wait for what another request has asked.
      if (age >= STALE_MS) return hear()
      if (now() - askedAtMs >= FRESH_MS) waitUntil(hear())
    },
  }
}
