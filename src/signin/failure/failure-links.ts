import type { OwnPaths } from '../../config/own-paths.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open, seal } from '../../crypto/seal.ts'
import type { Exchange } from '../../http/exchange.ts'
import { onlyValue } from '../../http/form.ts'
import { randomToken, utf8 } from '../../lib/bytes.ts'
import type { ReplayGuard } from '../../lib/replay-guard.ts'
import type { Problem } from '../../problems.ts'
import { displayName } from '../../session/session.ts'
import type { Refused } from '../outcome.ts'

/** A failure as its page tells it. */
export interface ToldFailure {
  readonly problem: Problem
  readonly account: string | undefined
  /** Id of the request that failed. */
  readonly requestId: string
}

/** Result of reading the address of a failure. */
export type ReadFailure =
  | ({ readonly kind: 'show' } & ToldFailure)
  /** The failure was shown already, or long ago: a reload wants another try. */
  | { readonly kind: 'seen' }
  /** The address was not sealed here; signing in by itself could go in a circle. */
  | { readonly kind: 'unreadable' }

/**
 * Addresses that tell a failed callback: the sign-in page with the failure sealed into a parameter. The callback itself is
 * no address to stay at, since its code is spent and a reload could only fail again; here a reload tries again.
 */
export interface FailureLinks {
  write(exchange: Exchange, refused: Refused): Promise<string>
  /** Reads an address; undefined for one that tells no failure. */
  read(exchange: Exchange): Promise<ReadFailure | undefined>
}

export interface FailureLinkDeps {
  /** Keys of purpose `transaction`; the first byte tells these from `state`. */
  readonly ring: KeyRing
  readonly paths: Pick<OwnPaths, 'signIn'>
  /** Failures that were shown. */
  readonly replays: ReplayGuard
  readonly now: () => number
}

const MARK = 0x91
const LIFETIME_MS = 10 * 60_000

interface Payload extends ToldFailure {
  readonly id: string
  readonly atMs: number
}

/** Creates the addresses. */
export function createFailureLinks({ ring, paths, replays, now }: FailureLinkDeps): FailureLinks {
  return {
    async write({ requestId }, { identity, problem, returnTo }) {
      const account = identity && displayName(identity)
      const payload: Payload = { id: randomToken(9), atMs: now(), problem, account, requestId }
      const text = utf8(JSON.stringify(payload))
      const bytes = new Uint8Array(1 + text.length)
      bytes.set([MARK])
      bytes.set(text, 1)
      const query = new URLSearchParams({ rd: returnTo, failure: await seal(ring, bytes) })
      return `${paths.signIn}?${query}`
    },
    async read({ target }) {
      const given = onlyValue(new URLSearchParams(target.query), 'failure')
      if (given === undefined) return undefined
      const opened = await open(ring, given)
      if (!opened.ok || opened.value.bytes[0] !== MARK) return { kind: 'unreadable' }
      // Cast: only `write` seals bytes that begin with the mark.
      const payload = JSON.parse(new TextDecoder().decode(opened.value.bytes.subarray(1))) as Payload
      const { id, atMs, ...told } = payload
      const untilMs = atMs + LIFETIME_MS
      const isNews = now() < untilMs && replays.claim(id, untilMs) === 'first'
      return isNews ? { kind: 'show', ...told } : { kind: 'seen' }
    },
  }
}
