import * as errors from 'jose/errors'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { fromBase64Url } from '../lib/bytes.ts'
import { failed, ok, type Result } from '../result.ts'
import type { KeyRing, SealingKey } from './keys.ts'

/** Longest token that is looked at, in characters: what nine cookies can hold. */
export const MAX_TOKEN_LENGTH = 32_768

/** Initialisation vector, ciphertext and tag behind the header and the empty key of `dir`. */
const BODY = /^\.\.([\w-]{16})\.([\w-]+)\.([\w-]{22})$/u

/** Content of a token, and whether it should be sealed again. */
export interface Opened {
  readonly bytes: Uint8Array
  /** False when another key than the first of the ring sealed it, which asks for sealing it again. */
  readonly current: boolean
}

/**
 * Reason why a token does not open: `format` is no token that Sidegate writes, `key` has the right shape but no key of
 * this ring and purpose fits, or it was changed.
 */
export type SealProblem = 'format' | 'key'

/** Characters of the token for a payload of so many bytes. */
export function sealedLength({ sealing }: KeyRing, payloadBytes: number): number {
  return sealing.segment.length + 2 + 16 + 1 + Math.ceil((payloadBytes * 4) / 3) + 1 + 22
}

/** Seals bytes as a compact JWE with `dir` and `A256GCM` (RFC 7516, RFC 7518 §5.3) under the first key. */
export async function seal({ sealing }: KeyRing, bytes: Uint8Array): Promise<string> {
  return new CompactEncrypt(bytes).setProtectedHeader(sealing.header).encrypt(sealing.cryptoKey)
}

/**
 * Opens a token. The header has to be, byte for byte, one that this ring writes, which pins algorithm,
 * encryption, type and key and leaves no room for `zip`, `crit` or keys from outside (RFC 8725 §3.1, §3.10,
 * §3.11). Never throws for what a stranger sends.
 */
export async function open(ring: KeyRing, token: string): Promise<Result<Opened, SealProblem>> {
  if (token.length > MAX_TOKEN_LENGTH) return failed('format')
  const segment = token.slice(0, token.indexOf('.'))
  const body = BODY.exec(token.slice(segment.length))
  if (body === null) return failed('format')
  const key = ring.find(segment)
  if (key === undefined) return failed('key')
  const bytes =
    ring.openAesGcm === undefined
      ? await openWithJose(key, token)
      : openSynchronously(key, body, ring.openAesGcm)
  return bytes === undefined ? failed('key') : ok({ bytes, current: key.segment === ring.sealing.segment })
}

/**
 * Opens with the runtime's AES-GCM, several times cheaper than WebCrypto, which hops threads; with the header pinned
 * nothing of the JWE is left to interpret.
 */
function openSynchronously(
  key: SealingKey,
  [, iv = '', sealed = '', tag = '']: RegExpExecArray,
  openAesGcm: NonNullable<KeyRing['openAesGcm']>,
): Uint8Array | undefined {
  const ivBytes = fromBase64Url(iv)
  const sealedBytes = fromBase64Url(sealed)
  const tagBytes = fromBase64Url(tag)
  if (ivBytes === undefined || sealedBytes === undefined || tagBytes === undefined) return undefined
  return openAesGcm(key.bytes, ivBytes, sealedBytes, tagBytes, key.aad)
}

async function openWithJose(key: SealingKey, token: string): Promise<Uint8Array | undefined> {
  try {
    const { plaintext } = await compactDecrypt(token, key.cryptoKey, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      maxDecompressedLength: 0,
    })
    return plaintext
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
