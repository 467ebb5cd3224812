import { utf8 } from '../../lib/bytes.ts'

/** State of one login that has to survive the redirect to the provider and back. */
export interface LoginState {
  /** Random id of 16 bytes. */
  readonly id: Uint8Array
  /** Proof of 16 bytes that only the browser that started the login can make again. */
  readonly proof: Uint8Array
  readonly expiresAtMs: number
  readonly restarts: number
  /** Fingerprint of the client that the login was started with: 12 bytes. */
  readonly client: Uint8Array
  /** Id of the configured provider. */
  readonly provider: string
  /** Return target, validated; judged again when the login ends. */
  readonly returnTo: string
}

/** Version byte; 2 is the state of a logout. */
const VERSION = 3
/** Length of version, restarts, id, proof, end in seconds, client and length of the provider's id. */
const HEAD_BYTES = 1 + 1 + 16 + 16 + 4 + 12 + 1

/**
 * Encodes a login, before it is sealed: binary, because some providers cap `state` near 500 characters. The head has a
 * fixed size, the provider's id follows, the return target takes the rest.
 */
export function encodeLoginState(loginState: LoginState): Uint8Array {
  const provider = utf8(loginState.provider)
  const returnTo = utf8(loginState.returnTo)
  const bytes = new Uint8Array(HEAD_BYTES + provider.length + returnTo.length)
  bytes.set([VERSION, loginState.restarts])
  bytes.set(loginState.id, 2)
  bytes.set(loginState.proof, 18)
  new DataView(bytes.buffer).setUint32(34, Math.ceil(loginState.expiresAtMs / 1000))
  bytes.set(loginState.client, 38)
  bytes[50] = provider.length
  bytes.set(provider, HEAD_BYTES)
  bytes.set(returnTo, HEAD_BYTES + provider.length)
  return bytes
}

/** Decodes a login; undefined for another version or kind. Only opened seals come here, so nothing else is checked. */
export function decodeLoginState(bytes: Uint8Array): LoginState | undefined {
  if (bytes[0] !== VERSION || bytes.length < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const providerEnd = HEAD_BYTES + (bytes[50] ?? 0)
  const decoder = new TextDecoder()
  return {
    id: bytes.slice(2, 18),
    proof: bytes.slice(18, 34),
    expiresAtMs: view.getUint32(34) * 1000,
    client: bytes.slice(38, 50),
    restarts: bytes[1] ?? 0,
    provider: decoder.decode(bytes.subarray(HEAD_BYTES, providerEnd)),
    returnTo: decoder.decode(bytes.subarray(providerEnd)),
  }
}
