import { toBase64Url, utf8 } from '../lib/bytes.ts'
import type { Platform } from '../platform.ts'

/** Purpose of a key; a value sealed for one purpose opens for no other. */
export type KeyPurpose = 'session' | 'ticket' | 'transaction' | 'relay'

/** One derived key, with everything that sealing and opening need at hand. */
export interface SealingKey {
  /** The only protected header this key is used with (RFC 7516 §4), members in this order. */
  readonly header: {
    readonly alg: 'dir'
    readonly enc: 'A256GCM'
    readonly typ: string
    readonly kid: string
  }
  /** The header as the first segment of a compact JWE. */
  readonly segment: string
  /** The segment as bytes: what AES-GCM authenticates beside the ciphertext. */
  readonly aad: Uint8Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly cryptoKey: CryptoKey
}

/** The keys of one purpose: the first seals, all open. */
export interface KeyRing {
  readonly sealing: SealingKey
  /** The key whose header segment this is. */
  find(segment: string): SealingKey | undefined
  /** Number of calls of `replace` so far: what was opened before has to be opened again. */
  readonly generation: number
  /** The runtime's own synchronous AES-GCM, where it has one. */
  readonly openAesGcm: Platform['openAesGcm']
  /** Swaps all keys at once, for a secret that changes at run time. */
  replace(secrets: readonly Uint8Array[]): Promise<void>
}

export interface KeyRingOptions {
  /** The first one seals. At least one, of 16 bytes or more. */
  readonly secrets: readonly Uint8Array[]
  /** Name of the deployment that the keys belong to: others derive other keys from the same secret. */
  readonly deployment: string
  readonly purpose: KeyPurpose
  readonly openAesGcm?: Platform['openAesGcm']
}

const KEY_BYTES = 32
const ID_BYTES = 6

/** Joins texts so that no two lists give the same text: each is led by its length. */
export function lengthPrefixed(texts: readonly string[]): string {
  return texts.map((text) => `${utf8(text).length}:${text}`).join('')
}

/** Derives the keys of one purpose from the secrets by HKDF-SHA-256 (RFC 5869). */
export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  let keys = await deriveAll(options, options.secrets)
  let generation = 0
  let asked = 0
  return {
    get sealing() {
      return keys.first
    },
    get generation() {
      return generation
    },
    openAesGcm: options.openAesGcm,
    find: (segment) => keys.bySegment.get(segment),
    async replace(secrets) {
      asked += 1
      const turn = asked
      const next = await deriveAll(options, secrets)
      // Two changes in quick succession: the later one wins, whichever derivation ends first.
      if (turn !== asked) return
      keys = next
      generation += 1
    },
  }
}

interface Keys {
  readonly first: SealingKey
  readonly bySegment: ReadonlyMap<string, SealingKey>
}

async function deriveAll(options: KeyRingOptions, secrets: readonly Uint8Array[]): Promise<Keys> {
  const derived = await Promise.all(secrets.map((secret) => deriveKey(options, secret)))
  const [first] = derived
  if (first === undefined) throw new TypeError('A key ring needs a secret')
  return { first, bySegment: new Map(derived.map((key) => [key.segment, key])) }
}

async function deriveKey({ deployment, purpose }: KeyRingOptions, secret: Uint8Array): Promise<SealingKey> {
  // The key and the name it is known by come from one derivation: the name says nothing about the key.
  const info = utf8(lengthPrefixed(['sidegate', purpose, deployment]))
  const material = await crypto.subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveBits'])
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  const bits = await crypto.subtle.deriveBits(derivation, material, (KEY_BYTES + ID_BYTES) * 8)
  const bytes = new Uint8Array(bits, 0, KEY_BYTES)
  const kid = toBase64Url(new Uint8Array(bits, KEY_BYTES))
  const header = { alg: 'dir', enc: 'A256GCM', typ: `sg-${purpose}`, kid } as const
  const segment = toBase64Url(utf8(JSON.stringify(header)))
  const cryptoKey = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
  return { header, segment, aad: utf8(segment), bytes, cryptoKey }
}
