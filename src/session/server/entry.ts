import { NONCE_BYTES, openAesGcmWith, sealAesGcm, TAG_BYTES } from '../../crypto/aes-gcm.ts'
import type { Platform } from '../../platform.ts'
import { ok, type Result } from '../../result.ts'
import { decodeSession, encodeSession, type PayloadProblem } from '../payload.ts'
import type { Session } from '../session.ts'
import type { Ticket } from './ticket.ts'

/** First byte of an entry: version 1. */
const VERSION = 0x01

/** Bytes that no two forms of an entry begin with: the version, and the nonce, which is new at each write. */
const REVISION_BYTES = 1 + NONCE_BYTES

/** The part of an entry that tells its forms apart. */
export function revisionOf(entry: Uint8Array): Uint8Array {
  return entry.subarray(0, REVISION_BYTES)
}

/** Seals a session as an entry that its ticket opens, and nothing else. */
export async function sealEntry(
  ticket: Ticket,
  session: Session,
): Promise<Result<Uint8Array<ArrayBuffer>, PayloadProblem>> {
  const payload = await encodeSession(session)
  if (!payload.ok) return payload
  const sealed = await sealAesGcm(ticket, payload.value)
  const entry = new Uint8Array(1 + sealed.length)
  entry[0] = VERSION
  entry.set(sealed, 1)
  return ok(entry)
}

/** Opens an entry; undefined when this ticket's key did not seal it under this name, or for another version. */
export async function openEntry(
  ticket: Ticket,
  entry: Uint8Array,
  openAesGcm: Platform['openAesGcm'],
): Promise<Session | undefined> {
  if (entry[0] !== VERSION) return undefined
  const payload = await openAesGcmWith(ticket, entry.subarray(1), openAesGcm)
  return payload === undefined ? undefined : decodeSession(payload)
}

/** An entry that was opened before. */
export interface OpenedEntry {
  readonly session: Session
  /** Revision and authentication tag, by which an entry is known again. */
  readonly mark: Uint8Array
}

/** Copies the bytes by which an entry is known again: nonce and tag, which differ for any two that were sealed. */
export function markOf(entry: Uint8Array): Uint8Array {
  const mark = new Uint8Array(REVISION_BYTES + TAG_BYTES)
  mark.set(revisionOf(entry))
  mark.set(entry.subarray(-TAG_BYTES), REVISION_BYTES)
  return mark
}

/** True for the entry that this mark was taken of. */
export function hasMark(entry: Uint8Array, mark: Uint8Array): boolean {
  if (entry.length < mark.length) return false
  const end = entry.length - TAG_BYTES - REVISION_BYTES
  for (let at = 0; at < mark.length; at += 1) {
    if (entry[at < REVISION_BYTES ? at : end + at] !== mark[at]) return false
  }
  return true
}
