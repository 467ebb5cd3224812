import { AES_KEY_BYTES, type AesGcmKey } from '../../crypto/aes-gcm.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open, seal } from '../../crypto/seal.ts'
import { randomBytes, toBase64Url, utf8 } from '../../lib/bytes.ts'

/** First byte of a ticket: version 1. */
const VERSION = 0x01
const ID_BYTES = 16
const TICKET_BYTES = 1 + ID_BYTES + AES_KEY_BYTES

/** Ticket of a session that lies elsewhere: where, and the only key that opens it. */
export interface Ticket extends AesGcmKey {
  /** Name of the entry. */
  readonly entry: string
  /** The ticket as it is sealed into a cookie. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A ticket that a request carries. */
export interface OpenedTicket {
  readonly ticket: Ticket
  /** False when another key than the first of the ring sealed it. */
  readonly current: boolean
}

/** Makes a ticket that has never been: id and key are random, and say nothing of the session. */
export function newTicket(): Ticket {
  const bytes = randomBytes(TICKET_BYTES)
  bytes[0] = VERSION
  return toTicket(bytes)
}

/** Seals a ticket as the value of a cookie. */
export function sealTicket(ring: KeyRing, { bytes }: Ticket): Promise<string> {
  return seal(ring, bytes)
}

/** Opens the value of a cookie; undefined for what is no ticket of this ring. */
export async function openTicket(ring: KeyRing, token: string): Promise<OpenedTicket | undefined> {
  const opened = await open(ring, token)
  if (!opened.ok) return undefined
  const { bytes, current } = opened.value
  if (bytes.length !== TICKET_BYTES || bytes[0] !== VERSION) return undefined
  return { ticket: toTicket(new Uint8Array(bytes)), current }
}

function toTicket(bytes: Uint8Array<ArrayBuffer>): Ticket {
  const entry = `session:${toBase64Url(bytes.subarray(1, 1 + ID_BYTES))}`
  // Bound to its name, an entry that is copied over another one does not open.
  return { entry, key: bytes.slice(1 + ID_BYTES), additionalData: utf8(`sg-entry ${entry}`), bytes }
}
