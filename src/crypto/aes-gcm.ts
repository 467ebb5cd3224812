import type { Platform } from '../platform.ts'

/** Bytes of an AES-256 key. */
export const AES_KEY_BYTES = 32
/** Bytes of the random nonce in front of what is sealed (NIST SP 800-38D §8.2.2). */
export const NONCE_BYTES = 12
/** Bytes of the authentication tag behind it. */
export const TAG_BYTES = 16

/** Key of a value, and what the value is bound to: it opens with both only. */
export interface AesGcmKey {
  readonly key: Uint8Array<ArrayBuffer>
  readonly additionalData: Uint8Array<ArrayBuffer>
}

/** Seals bytes by AES-256-GCM: nonce, ciphertext, tag. */
export async function sealAesGcm(
  { key, additionalData }: AesGcmKey,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const cryptoKey = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, cryptoKey, bytes)
  const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength)
  whole.set(iv)
  whole.set(new Uint8Array(sealed), NONCE_BYTES)
  return whole
}

/** Opens what `sealAesGcm` sealed, with the runtime's own AES-GCM where it has one; undefined for anything else. */
export async function openAesGcmWith(
  { key, additionalData }: AesGcmKey,
  whole: Uint8Array,
  openAesGcm: Platform['openAesGcm'],
): Promise<Uint8Array | undefined> {
  if (whole.length < NONCE_BYTES + TAG_BYTES) return undefined
  const iv = new Uint8Array(whole.subarray(0, NONCE_BYTES))
  const sealed = new Uint8Array(whole.subarray(NONCE_BYTES))
  if (openAesGcm !== undefined) {
    const end = sealed.length - TAG_BYTES
    return openAesGcm(key, iv, sealed.subarray(0, end), sealed.subarray(end), additionalData)
  }
  const cryptoKey = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt'])
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, cryptoKey, sealed),
    )
  } catch {
    return undefined
  }
}
