import type { KeyRing } from '../../crypto/keys.ts'
import { open, seal } from '../../crypto/seal.ts'
import { utf8 } from '../../lib/bytes.ts'

/** Carries a return target through the provider's sign-out, in `state` (OpenID Connect RP-Initiated Logout 1.0 §2). */
export interface LogoutState {
  write(returnTo: string): Promise<string>
  /** Opens a state; undefined for one that is not Sidegate's, or older than ten minutes. */
  read(state: string): Promise<string | undefined>
}

/** Version byte, which is not that of a login: neither opens as the other. */
const KIND = 2
const LIFETIME_SECONDS = 600

/** Creates the logout state, sealed with the ring of purpose `transaction`: kind, end in seconds, target. */
export function createLogoutState(ring: KeyRing, now: () => number): LogoutState {
  return {
    write(returnTo) {
      const target = utf8(returnTo)
      const bytes = new Uint8Array(5 + target.length)
      bytes[0] = KIND
      new DataView(bytes.buffer).setUint32(1, Math.ceil(now() / 1000) + LIFETIME_SECONDS)
      bytes.set(target, 5)
      return seal(ring, bytes)
    },
    async read(state) {
      const opened = await open(ring, state)
      if (!opened.ok || opened.value.bytes[0] !== KIND || opened.value.bytes.length < 5) return undefined
      const { bytes } = opened.value
      const endSeconds = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
      return now() >= endSeconds * 1000 ? undefined : new TextDecoder().decode(bytes.subarray(5))
    },
  }
}
