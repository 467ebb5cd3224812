import { describe, expect, it } from 'vitest'
import type { SessionConfig } from '../../../../src/config/sections/session.ts'
import { compileRefreshSchedule, type RefreshSchedule } from '../../../../src/session/refresh/schedule.ts'
import type { OwnProcess } from '../../../../src/session/refresh/soft-part.ts'
import type { Session } from '../../../../src/session/session.ts'
import { aSession, NOW_MS } from '../../../support/session.ts'
import { SESSION_CONFIG } from '../refresh-fixture.ts'

const SECOND = 1000
const HOUR = 3_600_000
const LIFE = 300 * SECOND
const HERE: OwnProcess = { id: 'here', startedAtMs: NOW_MS - HOUR }
const FRESH: OwnProcess = { id: 'fresh', startedAtMs: NOW_MS + SECOND }

/** A session whose tokens were got at `NOW_MS` unless the test says otherwise, for five minutes. */
function aRefreshable(given: Partial<Session> = {}, lifeMs: number | undefined = LIFE): Session {
  const refreshedAtMs = given.refreshedAtMs ?? NOW_MS
  const accessExpiresAtMs = lifeMs === 0 ? undefined : refreshedAtMs + lifeMs
  const tokens = { access: undefined, id: undefined, refresh: 'RT', accessExpiresAtMs }
  return aSession({ refreshedBy: 'here', ...given, tokens })
}

/** Seconds of the session's life after which this process asks. */
function secondsOf({ askAtMs }: Pick<RefreshSchedule, 'askAtMs'>, { refreshedAtMs }: Session): number {
  return (askAtMs - refreshedAtMs) / SECOND
}

interface Asked {
  readonly own?: OwnProcess | undefined
  readonly session?: Session
  readonly config?: Partial<SessionConfig>
  /** A session of another process that was seen before. */
  readonly seen?: Session
}

function askedAfter({ own, session = aRefreshable(), config = {}, seen }: Asked): number {
  const scheduleOf = compileRefreshSchedule({ ...SESSION_CONFIG, ...config }, own)
  if (seen !== undefined) scheduleOf(seen)
  return secondsOf(scheduleOf(session), session)
}

const ELSEWHERE = aRefreshable({ id: 'session-of-bob', refreshedBy: 'there' })

describe('the moment from which a process refreshes', () => {
  // [what is special, what is asked, seconds]
  it.each<[string, Asked, number]>([
    ['shares its refreshes with the others', { session: ELSEWHERE }, 225],
    ['got the token and is alone', { own: HERE }, 225],
    ['got the token and has seen another process at work', { own: HERE, seen: ELSEWHERE }, 150],
    [
      'got the token and has not seen another process for an hour',
      { own: HERE, seen: ELSEWHERE, session: aRefreshable({ refreshedAtMs: NOW_MS + HOUR }) },
      225,
    ],
    ['did not get the token, which was got since it started', { own: HERE, session: ELSEWHERE }, 291],
    [
      'met a session that does not say who got the token',
      { own: HERE, session: aRefreshable({ refreshedBy: undefined }) },
      291,
    ],
    [
      'got a token of one minute beside others',
      { own: HERE, seen: ELSEWHERE, session: aRefreshable({}, 60 * SECOND) },
      30,
    ],
    [
      'did not get a token of one minute',
      { own: HERE, session: aRefreshable({ refreshedBy: 'there' }, 60 * SECOND) },
      58.2,
    ],
    [
      'did not get a token whose end the provider does not tell',
      { own: HERE, session: aRefreshable({ refreshedBy: 'there' }, 0) },
      291,
    ],
    [
      'did not get a token that session-revalidate is shorter than',
      { own: HERE, session: aRefreshable({ refreshedBy: 'there' }, HOUR), config: { revalidateMs: 100_000 } },
      97,
    ],
  ])('a process refreshes at its time if it %s', (_, asked, seconds) => {
    expect(askedAfter(asked)).toBeCloseTo(seconds, 6)
  })

  it.each<[string, OwnProcess | undefined, Session]>([
    ['alone', undefined, aRefreshable()],
    ['that got the token', HERE, aRefreshable()],
    ['that did not', HERE, ELSEWHERE],
    ['that is younger than the token', FRESH, ELSEWHERE],
  ])('a process %s holds to cookie-refresh, which the operator told', (_, own, session) => {
    expect(askedAfter({ own, session, config: { refreshMs: 60_000 } })).toBe(60)
  })

  it('a process that did not get the token never changes when a session ends', () => {
    const here = compileRefreshSchedule(SESSION_CONFIG, HERE)
    const there = compileRefreshSchedule(SESSION_CONFIG, { ...HERE, id: 'there' })
    const { askAtMs: _, ...ends } = here(ELSEWHERE)
    expect(there(ELSEWHERE)).toMatchObject(ends)
    expect(ends).toEqual({ refusalCountsAtMs: NOW_MS + LIFE, standsUntilMs: NOW_MS + LIFE })
  })
})

describe('tokens of a process that is gone', () => {
  const processes = Array.from({ length: 100 }, (_, at) => ({ ...FRESH, id: `process-${at}` }))

  it('tokens of a process that is gone are taken over at moments that are spread over processes', () => {
    const moments = processes.map((own) => askedAfter({ own }))
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(225)
    expect(Math.max(...moments)).toBeLessThan(291)
    const thirds = [0, 1, 2].map((third) => moments.filter((at) => Math.floor((at - 225) / 22) === third))
    for (const third of thirds) expect(third.length).toBeGreaterThan(20)
  })

  it('tokens of a process that is gone are taken over at the same moment whenever one process is asked', () => {
    expect(askedAfter({ own: FRESH })).toBe(askedAfter({ own: FRESH }))
    const later = aRefreshable({ refreshedAtMs: NOW_MS - LIFE })
    expect(askedAfter({ own: FRESH, session: later })).not.toBe(askedAfter({ own: FRESH }))
  })
})
