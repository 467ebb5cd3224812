import type { MaybePromise } from '../lib/async.ts'
import type { Log } from '../observe/log.ts'
import type { Following, Platform, StreamEnd } from '../platform.ts'
import type { Denial } from './denial.ts'
import type { Session } from './session.ts'
import type { StoredSession } from './store.ts'

/** Result of judging a stream again: the end of its validity, and what its client should do next. */
export interface Standing {
  /** Moment up to which it is valid, ms since the epoch; one that is over ends the stream. */
  readonly untilMs: number
  readonly next: StreamEnd
}

/** A forwarded exchange that has outlasted the judgement which admitted it: a tunnel, an unended answer, an upload. */
export interface Stream {
  readonly session: Session
  readonly requestId: string
  /**
   * Judges the stream like a request of this moment that carries this stored session; undefined is the one it carried
   * at first.
   */
  judge(reference: string | undefined): MaybePromise<Standing>
}

/**
 * Open streams by session. Each is judged again at once when something ends sessions, when its session is known to end, and
 * every 30 s.
 */
export interface LiveStreams {
  /** Follows a stream. Without `end` nothing is ended from here: the runtime asks `judge` of its own accord. */
  follow(stream: Stream, end?: (why: StreamEnd) => void): Following
  /** Reports a denial: the sessions that it means, or without it any. */
  denied(denial?: Denial): void
  /** Reports a newer form of a session: a request of its browser would carry that one. */
  renewed(stored: StoredSession): void
  /** Reports a session that the provider no longer vouches for. */
  ended(session: Session): void
}

export interface LiveStreamsDeps {
  readonly platform: Pick<Platform, 'now' | 'every' | 'followInFlight'>
  readonly log: Pick<Log, 'event' | 'line'>
}

interface Entry {
  readonly stream: Stream
  readonly end: ((why: StreamEnd) => void) | undefined
  reference: string | undefined
  session: Session
  judgeAtMs: number
  isOver: boolean
}

/** Longest interval between two judgements. */
const JUDGE_EVERY_MS = 30_000
/** Precision with which a known end is kept. */
const LOOK_EVERY_MS = 250

const ENDED: Standing = { untilMs: 0, next: 'sign-in' }

/** Creates the list. On a platform without timers of the process (Workers) it only keeps what is newest. */
export function createLiveStreams({ platform, log }: LiveStreamsDeps): LiveStreams {
  const { now } = platform
  const bySession = new Map<string, Set<Entry>>()
  let stopLooking: (() => void) | undefined

  const entriesOf = (id: string): readonly Entry[] => [...(bySession.get(id) ?? [])]
  const allEntries = (): readonly Entry[] => [...bySession.values()].flatMap((entries) => [...entries])

  function remove(entry: Entry): boolean {
    const { id } = entry.stream.session
    const entries = bySession.get(id)
    if (entries?.delete(entry) !== true) return false
    if (entries.size === 0) bySession.delete(id)
    if (bySession.size > 0) return true
    stopLooking?.()
    stopLooking = undefined
    return true
  }

  function conclude(entry: Entry, { untilMs, next }: Standing): number | StreamEnd {
    if (untilMs > now()) {
      entry.judgeAtMs = Math.min(untilMs, entry.judgeAtMs)
      return entry.judgeAtMs
    }
    if (remove(entry)) {
      const { session, requestId } = entry.stream
      log.event('stream_ended', 'info', { user: session.email ?? session.user, request_id: requestId, next })
      entry.end?.(next)
    }
    return next
  }

  async function judge(entry: Entry): Promise<number | StreamEnd> {
    entry.judgeAtMs = now() + JUDGE_EVERY_MS
    try {
      const standing = entry.isOver ? ENDED : await entry.stream.judge(entry.reference)
      return conclude(entry, standing)
    } catch (error) {
      log.line('error', 'Bug: a stream could not be judged, so it ends', { why: String(error) })
      return conclude(entry, ENDED)
    }
  }

  /** Judges at once where that can be done from here; on Workers a connection belongs to the request that opened it. */
  function judgeNow(entry: Entry): void {
    if (entry.end !== undefined) void judge(entry)
  }

  function look(): void {
    const nowMs = now()
    for (const entry of allEntries()) if (entry.judgeAtMs <= nowMs) void judge(entry)
  }

  return {
    follow(stream, end) {
      const { session } = stream
      const entry: Entry = { stream, end, session, reference: undefined, judgeAtMs: now(), isOver: false }
      const entries = bySession.get(session.id)
      if (entries === undefined) bySession.set(session.id, new Set([entry]))
      else entries.add(entry)
      stopLooking ??= platform.every?.(LOOK_EVERY_MS, look)
      return { judge: () => judge(entry), stop: () => void remove(entry) }
    },
    denied(denial) {
      // What is under way and not followed yet is meant as well.
      platform.followInFlight?.()
      for (const entry of allEntries()) if (concerns(denial, entry.session)) judgeNow(entry)
    },
    renewed({ reference, session }) {
      for (const entry of entriesOf(session.id)) {
        if (!isNewer(session, entry.session)) continue
        entry.reference = reference
        entry.session = session
        // New groups and a new e-mail address are judged by the rules.
        entry.judgeAtMs = now()
      }
    },
    ended(session) {
      platform.followInFlight?.()
      for (const entry of entriesOf(session.id)) {
        if (isNewer(entry.session, session)) continue
        entry.isOver = true
        judgeNow(entry)
      }
    },
  }
}

function concerns(denial: Denial | undefined, session: Session): boolean {
  switch (denial?.kind) {
    case undefined:
      return true
    case 'session':
      return denial.id === session.id
    case 'sid':
      return denial.sid === session.sid
    case 'subject':
      return denial.subject === session.subject
  }
}

function isNewer(session: Session, known: Session): boolean {
  return (session.refreshedAtMs - known.refreshedAtMs || session.seenAtMs - known.seenAtMs) > 0
}
