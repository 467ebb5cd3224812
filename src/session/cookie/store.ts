import type { Config } from '../../config/config.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { seal, sealedLength } from '../../crypto/seal.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import type { Platform } from '../../platform.ts'
import { ok, type Result } from '../../result.ts'
import type { SessionJudge } from '../judge.ts'
import type { Projection } from '../projection.ts'
import type { Session } from '../session.ts'
import { compileOwnNames, expire, sessionNames } from '../session-cookies.ts'
import type { OnSeen, SessionStore, StoredSession } from '../store.ts'
import { type Fitted, fitToBudget } from './budget.ts'
import { compileLayout } from './chunks.ts'
import { createSessionReader } from './read.ts'

export interface CookieStoreDeps {
  /** Bytes that the longest Set-Cookie line takes beyond name and value. */
  readonly attributeBytes: number
  /** Keys of purpose `session`. */
  readonly ring: KeyRing
  readonly judge: SessionJudge
  readonly projection: Projection
  readonly platform: Pick<Platform, 'now'>
  /** Called for each session that was sealed, or opened for the first time. */
  readonly onSeen?: OnSeen
}

interface Sealed extends StoredSession, Pick<Fitted, 'dropped' | 'bytes'> {}

/** Creates the store that keeps whole sessions in the browser's cookies, sealed: nothing is kept here. */
export function createCookieStore(config: Config, deps: CookieStoreDeps): SessionStore {
  const { attributeBytes, ring, judge, platform, projection, onSeen } = deps
  const { name } = config.cookie
  const { budgetBytes, expireMs } = config.session
  const layout = compileLayout(name, attributeBytes)
  const reader = createSessionReader({ cookieName: name, ring, judge, onSeen })
  const sizeOf = (payloadBytes: number) => layout.size(sealedLength(ring, payloadBytes))

  async function sealSession(session: Session): Promise<Result<Sealed>> {
    const fitted = await fitToBudget(judge.bind(session), { budgetBytes, projection, sizeOf })
    if (!fitted.ok) return fitted
    const { payload, ...rest } = fitted.value
    const reference = await seal(ring, payload)
    onSeen?.({ reference, session: rest.session })
    return ok({ reference, ...rest })
  }

  function cookies(
    { reference, session }: StoredSession,
    carried: readonly Cookie[],
  ): readonly CookieChange[] {
    const used = layout.split(reference) ?? []
    const unused = sessionNames(name, carried).filter((other) =>
      used.every((cookie) => cookie.name !== other),
    )
    const left = Math.ceil((judge.endsAtMs(session) - platform.now()) / 1000)
    const maxAgeSeconds = expireMs === 0 ? undefined : Math.max(1, left)
    return [
      ...used.map((cookie) => ({ ...cookie, maxAgeSeconds, purpose: 'session' }) as const),
      ...expire(unused),
    ]
  }

  return {
    ...reader,
    judge: judge.judge,
    endsAtMs: judge.endsAtMs,
    nextEndMs: judge.nextEndMs,
    async save({ session, carried }) {
      const sealed = await sealSession(session)
      if (!sealed.ok) return sealed
      const { bytes: cookieBytes, ...stored } = sealed.value
      return ok({ ...stored, cookieBytes, changes: cookies(stored, carried) })
    },
    write: sealSession,
    cookies,
    cookieOf: (reference) => ({ name, value: reference }),
    clear: (carried) => expire(new Set([...sessionNames(name, carried), name])),
    owns: compileOwnNames(name),
  }
}
