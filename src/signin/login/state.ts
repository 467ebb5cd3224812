import { utf8 } from '../../lib/bytes.ts'

/**
 * Form in which the return target of a login travels: as it is, compressed (raw DEFLATE), or in a cookie of the
 * browser.
 */
export type TargetForm = 'plain' | 'deflated' | 'cookie'

/** Session that came with the request which began a login: none, one that counts, or the reason why it does not. */
export type SessionSeen = 'none' | 'active' | 'format' | 'key' | 'ended'

/** State of one login that has to survive the redirect to the provider and back. */
export interface LoginState {
  /** Random id of 16 bytes. */
  readonly id: Uint8Array
  /** Proof of 16 bytes that only the browser that started the login can make again. */
  readonly proof: Uint8Array
  readonly startedAtMs: number
  /** End, in whole seconds. */
  readonly expiresAtMs: number
  readonly restarts: number
  /** Logins for this target that the browser had completed within the last minute when this one began. */
  readonly turns: number
  readonly session: SessionSeen
  /** Fingerprint of the client that the login was started with: 12 bytes. */
  readonly client: Uint8Array
  /** Id of the configured provider. */
  readonly provider: string
  /** The host on which the login began, where that is not the host of the redirect URI. */
  readonly host: string | undefined
  readonly target: {
    readonly form: TargetForm
    /** Bytes of the target; empty where it is in a cookie. */
    readonly bytes: Uint8Array<ArrayBuffer>
  }
}

/** Version byte; 2 is the state of a logout. */
const VERSION = 3
/** Offsets of the parts of the head; see `docs/sessions.md`. */
const AT = { id: 5, proof: 21, end: 37, start: 41, client: 47, lengths: 59 }
const HEAD_BYTES = 61

/** Numbers of the forms, which never change; a new one is added at the end. */
const FORMS: readonly TargetForm[] = ['plain', 'deflated', 'cookie']
const SESSIONS: readonly SessionSeen[] = ['none', 'active', 'format', 'key', 'ended']

const HIGH = 2 ** 32

/**
 * Encodes a login, before it is sealed: binary, because some providers cap `state` near 500 characters. The head has a
 * fixed size; the provider's id, the host and the return target follow.
 */
export function encodeLoginState(login: LoginState): Uint8Array {
  const provider = utf8(login.provider)
  const host = utf8(login.host ?? '')
  const { form, bytes: target } = login.target
  const bytes = new Uint8Array(HEAD_BYTES + provider.length + host.length + target.length)
  bytes.set([VERSION, login.restarts, login.turns, SESSIONS.indexOf(login.session), FORMS.indexOf(form)])
  bytes.set(login.id, AT.id)
  bytes.set(login.proof, AT.proof)
  const view = new DataView(bytes.buffer)
  view.setUint32(AT.end, Math.ceil(login.expiresAtMs / 1000))
  view.setUint16(AT.start, Math.floor(login.startedAtMs / HIGH))
  view.setUint32(AT.start + 2, login.startedAtMs % HIGH)
  bytes.set(login.client, AT.client)
  bytes.set([provider.length, host.length], AT.lengths)
  bytes.set(provider, HEAD_BYTES)
  bytes.set(host, HEAD_BYTES + provider.length)
  bytes.set(target, HEAD_BYTES + provider.length + host.length)
  return bytes
}

/** Decodes a login; undefined for another version or kind. Only opened seals come here, so nothing else is checked. */
export function decodeLoginState(bytes: Uint8Array): LoginState | undefined {
  const [version, restarts = 0, turns = 0, session = 0, form = 0] = bytes
  if (version !== VERSION || bytes.length < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const providerEnd = HEAD_BYTES + (bytes[AT.lengths] ?? 0)
  const hostEnd = providerEnd + (bytes[AT.lengths + 1] ?? 0)
  const decoder = new TextDecoder()
  return {
    id: bytes.slice(AT.id, AT.proof),
    proof: bytes.slice(AT.proof, AT.end),
    startedAtMs: view.getUint16(AT.start) * HIGH + view.getUint32(AT.start + 2),
    expiresAtMs: view.getUint32(AT.end) * 1000,
    restarts,
    turns,
    session: SESSIONS[session] ?? 'none',
    client: bytes.slice(AT.client, AT.lengths),
    provider: decoder.decode(bytes.subarray(HEAD_BYTES, providerEnd)),
    host: hostEnd === providerEnd ? undefined : decoder.decode(bytes.subarray(providerEnd, hostEnd)),
    target: { form: FORMS[form] ?? 'plain', bytes: bytes.slice(hostEnd) },
  }
}
