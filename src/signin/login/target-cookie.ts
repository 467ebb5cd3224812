import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open, seal, sealedLength } from '../../crypto/seal.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import { equalBytes } from '../../lib/bytes.ts'

/** Return targets that are too long for `state`, sealed into cookies of the browser. */
export interface TargetCookies {
  /** Makes the cookie that keeps a target for the login; undefined when it would be too large. */
  keep(target: KeptTarget, cookies: readonly Cookie[]): Promise<CookieChange | undefined>
  /** Finds the target of a login, and the end of its cookie; undefined when it did not come back. */
  find(
    id: Uint8Array,
    cookies: readonly Cookie[],
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly cleanUp: CookieChange } | undefined>
  /** Ends all of them. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

interface KeptTarget {
  /** Id of the login. */
  readonly id: Uint8Array
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Cookie names, fixed in number, so that tabs which a browser opens at one instant cannot fill the header of every
 * request: two of these, a session and what else there is fit where a server takes 16 KiB.
 */
const SLOTS = ['_target_0', '_target_1'] as const
/** Limit that leaves room for name and attributes in the 4,096 bytes that browsers keep (RFC 6265bis §5.6). */
const MAX_VALUE = 3_600
/** First byte, of version 1. No `state` begins like this, whatever its version. */
const MARK = 0x81
const HEAD_BYTES = 1 + 16

/** Creates the cookies; `ring` is of purpose `transaction`, and the first byte tells them from `state`. */
export function createTargetCookies(
  ring: KeyRing,
  { name, csrf }: Pick<CookieConfig, 'name' | 'csrf'>,
): TargetCookies {
  const slots = SLOTS.map((slot) => `${name}${slot}`)
  const end = (slot: string): CookieChange => ({
    name: slot,
    value: '',
    maxAgeSeconds: 0,
    purpose: 'transaction',
  })

  return {
    async keep({ id, bytes }, cookies) {
      if (sealedLength(ring, HEAD_BYTES + bytes.length) > MAX_VALUE) return undefined
      const free = slots.find((slot) => cookies.every((cookie) => cookie.name !== slot))
      const isFirst = cookies.every((cookie) => !slots.includes(cookie.name))
      // Of several logins that begin at once none sees the cookies of the others: chance spreads them.
      const chance = slots[(id[0] ?? 0) % slots.length]
      const slot = (isFirst ? chance : (free ?? chance)) ?? `${name}${SLOTS[0]}`
      const payload = new Uint8Array(HEAD_BYTES + bytes.length)
      payload.set([MARK])
      payload.set(id, 1)
      payload.set(bytes, HEAD_BYTES)
      const maxAgeSeconds = Math.floor(csrf.expireMs / 1000)
      return { name: slot, value: await seal(ring, payload), maxAgeSeconds, purpose: 'transaction' }
    },
    async find(id, cookies) {
      for (const cookie of cookies) {
        if (!slots.includes(cookie.name)) continue
        const opened = await open(ring, cookie.value)
        if (!opened.ok) continue
        const { bytes } = opened.value
        if (bytes[0] !== MARK || !equalBytes(bytes.subarray(1, HEAD_BYTES), id)) continue
        return { bytes: bytes.slice(HEAD_BYTES), cleanUp: end(cookie.name) }
      }
      return undefined
    },
    clear: (cookies) => slots.filter((slot) => cookies.some(({ name }) => name === slot)).map(end),
  }
}
