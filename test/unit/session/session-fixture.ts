import type { SessionConfig } from '../../../src/config/sections/session.ts'
import type { Cookie } from '../../../src/http/exchange.ts'
import type { SharedState } from '../../../src/platform.ts'
import { type Problem, problem } from '../../../src/problems.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { Current } from '../../../src/session/refresh/current.ts'
import { createRefreshExchange } from '../../../src/session/refresh/exchange.ts'
import { createRefresher } from '../../../src/session/refresh/refresh.ts'
import type { Grant, Session } from '../../../src/session/session.ts'
import { headersOf } from '../../support/headers.ts'
import { aSession, NOW_MS } from '../../support/session.ts'
import { aGate, applied, cookiesOf, DEPLOYMENT, sessionOf } from './refresh-fixture.ts'

const HOUR_MS = 3_600_000

/** Tokens of an hour, asked about by nothing but their own end. */
export const TOKENS_ONLY = { revalidateMs: 0, refreshMs: 365 * 86_400_000 }

/**
 * A provider that rotates refresh tokens and revokes the whole family when an old one comes back (RFC 9700
 * §4.14.2).
 */
export class RotatingProvider {
  asked = 0
  /** Sets of tokens that were given, at a sign-in or for a refresh. */
  granted = 0
  validated = 0
  delayMs = 5
  /** Life of its access tokens. */
  lifeMs = HOUR_MS
  rotates = true
  /** Answers instead of a grant. */
  problem: Problem | undefined
  stands: Result<boolean> = ok(true)
  change: (grant: Grant) => Grant = (grant) => grant
  readonly #families = new Map<string, string>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The session of somebody who signs in. */
  signIn(given: Partial<Session> = {}): Session {
    const session = aSession(given)
    this.#families.set(session.subject, `RT-${session.subject}-0`)
    return { ...session, tokens: this.#tokensOf(session.subject) }
  }

  async refresh(session: Session): Promise<Result<Grant>> {
    this.asked += 1
    const turn = this.asked
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs))
    if (this.problem !== undefined) return failed(this.problem)
    const { subject, issuer } = session
    if (this.#families.get(subject) !== session.tokens.refresh) {
      this.#families.delete(subject)
      return failed(problem('refresh_refused'))
    }
    if (this.rotates) this.#families.set(subject, `RT-${subject}-${turn}`)
    const { user, email, preferredUsername, groups, sid } = session
    const identity = { issuer, subject, user, email, preferredUsername, groups, sid }
    return ok(this.change({ identity, tokens: this.#tokensOf(subject) }))
  }

  record(): Provider {
    return {
      id: 'oidc',
      displayName: 'Test',
      check: async () => ok({ host: 'op.example.com' }),
      authorizationUrl: async () => ok('https://op.example.com/authorize'),
      redeem: async () => failed(problem('code_refused')),
      refresh: (session) => this.refresh(session),
      validate: async () => {
        this.validated += 1
        return this.stands
      },
      endSessionUrl: async () => undefined,
      revoke: async () => ok(undefined),
    }
  }

  #tokensOf(subject: string): Session['tokens'] {
    const refresh = this.#families.get(subject)
    this.granted += 1
    return {
      access: `AT-of-${refresh}`,
      id: undefined,
      refresh,
      accessExpiresAtMs: this.#now() + this.lifeMs,
    }
  }
}

/** What a test decides about a process that refreshes. */
export interface AWorld {
  readonly session?: Partial<SessionConfig>
  readonly runtime?: 'node' | 'workers'
  readonly patienceMs?: number
  readonly maxKept?: number
  readonly ending?: AbortSignal
  readonly shared?: SharedState
  readonly clock?: { ms: number; now: () => number }
  readonly provider?: RotatingProvider
  /** Name of the process, where it shares nothing with others. */
  readonly processId?: string
}

/** One process with a provider, a clock, and a browser for whoever needs one. */
export async function aWorld(given: AWorld = {}) {
  const clock = given.clock ?? createClock()
  const provider = given.provider ?? new RotatingProvider(clock.now)
  const gate = await aGate({
    platform: clock,
    processId: given.processId,
    headers: headersOf('--pass-access-token'),
    session: { ...TOKENS_ONLY, ...given.session },
  })
  const events: Record<string, unknown>[] = []
  const deferred: Promise<unknown>[] = []
  const refresher = createRefresher({
    config: gate.config.session,
    providers: [provider.record()],
    store: gate.store,
    platform: {
      now: clock.now,
      runtime: given.runtime ?? 'node',
      ...(given.ending === undefined ? {} : { ending: given.ending }),
    },
    log: { event: (event, level, fields) => events.push({ event, level, ...fields }) },
    ...(given.shared === undefined ? {} : { peers: createRefreshExchange(given.shared, DEPLOYMENT) }),
    processId: given.processId,
    ...(given.patienceMs === undefined ? {} : { patienceMs: given.patienceMs }),
    ...(given.maxKept === undefined ? {} : { maxKept: given.maxKept }),
  })
  /** Sends a request with these cookies. */
  const visit = async (
    cookies: readonly Cookie[],
    how: 'refreshIfDue' | 'refreshNow' = 'refreshIfDue',
  ): Promise<Current> => {
    const loaded = await sessionOf(gate, cookies)
    const request = { waitUntil: (work: Promise<unknown>) => deferred.push(work) }
    return refresher[how]({ loaded, exchange: { cookies, requestId: 'r1', request } })
  }
  const signIn = async (who: Partial<Session> = {}) => cookiesOf(gate, provider.signIn(who))
  return { clock, provider, gate, refresher, visit, signIn, events, deferred }
}

/** A clock that the test moves. */
export function createClock() {
  const clock = { ms: NOW_MS, now: () => clock.ms }
  return clock
}

/** A browser's jar after an answer. */
export function jarAfter(cookies: readonly Cookie[], { changes }: Current): readonly Cookie[] {
  return applied(cookies, changes)
}
