import { utf8 } from '../../lib/bytes.ts'

/** How the return target of a login travels: as it is, compressed (raw DEFLATE), or in a cookie of the browser. */
export type TargetForm = 'plain' | 'deflated' | 'cookie'

/** What the request that began a login brought of ours: no session, one that counts, or why it counts for nothing. */
export type SessionSeen = 'unknown' | 'none' | 'active' | 'format' | 'key' | 'ended'

/** Everything about one login that has to survive the way to the provider and back. */
export interface LoginState {
  /** 16 random bytes. */
  readonly id: Uint8Array
  /** 16 bytes that only the browser that started the login can prove again. */
  readonly proof: Uint8Array
  /** Undefined in version 1. */
  readonly startedAtMs: number | undefined
  /** In whole seconds. */
  readonly expiresAtMs: number
  readonly restarts: number
  /** Logins that this browser had completed within the last minute when this one began. */
  readonly turns: number
  readonly session: SessionSeen
  /** Id of the configured provider. */
  readonly provider: string
  /** The host on which the login began, where that is not the host of the redirect URI. */
  readonly host: string | undefined
  readonly target: {
    readonly form: TargetForm
    /** Empty where the target is in a cookie. */
    readonly bytes: Uint8Array<ArrayBuffer>
  }
}

/** 2 is the state of a sign-out (logout-state.ts). */
const VERSION = 3
/** Version, restarts, turns, session, form of the target, id, proof, end in seconds, start in ms (two parts), lengths of provider and host. */
const HEAD_BYTES = 5 + 16 + 16 + 4 + 6 + 2
/** Version, restarts, id, proof, end in seconds, length of the provider's id. */
const HEAD_BYTES_1 = 2 + 16 + 16 + 4 + 1

/** The numbers of these never change; a new one is added at the end. */
const FORMS: readonly TargetForm[] = ['plain', 'deflated', 'cookie']
const SESSIONS: readonly SessionSeen[] = ['unknown', 'none', 'active', 'format', 'key', 'ended']

const HIGH = 2 ** 32

/**
 * Encodes a login before it is sealed: binary, because some providers cap `state` near 500 characters. The head has a
 * fixed size; the provider's id, the host and the return target follow.
 */
export function encodeLoginState(login: LoginState): Uint8Array {
  const provider = utf8(login.provider)
  const host = utf8(login.host ?? '')
  const startedAtMs = login.startedAtMs ?? 0
  const bytes = new Uint8Array(HEAD_BYTES + provider.length + host.length + login.target.bytes.length)
  bytes.set([
    VERSION,
    login.restarts,
    login.turns,
    SESSIONS.indexOf(login.session),
    FORMS.indexOf(login.target.form),
  ])
  bytes.set(login.id, 5)
  bytes.set(login.proof, 21)
  const view = new DataView(bytes.buffer)
  view.setUint32(37, Math.ceil(login.expiresAtMs / 1000))
  view.setUint16(41, Math.floor(startedAtMs / HIGH))
  view.setUint32(43, startedAtMs % HIGH)
  bytes.set([provider.length, host.length], 47)
  bytes.set(provider, HEAD_BYTES)
  bytes.set(host, HEAD_BYTES + provider.length)
  bytes.set(login.target.bytes, HEAD_BYTES + provider.length + host.length)
  return bytes
}

/** Decodes a login; undefined for an unknown version. Only opened seals come here, so nothing else is checked. */
export function decodeLoginState(bytes: Uint8Array): LoginState | undefined {
  if (bytes[0] === 1) return decodeVersion1(bytes)
  if (bytes[0] !== VERSION || bytes.length < HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const providerEnd = HEAD_BYTES + (bytes[47] ?? 0)
  const hostEnd = providerEnd + (bytes[48] ?? 0)
  return {
    id: bytes.slice(5, 21),
    proof: bytes.slice(21, 37),
    startedAtMs: view.getUint16(41) * HIGH + view.getUint32(43),
    expiresAtMs: view.getUint32(37) * 1000,
    restarts: bytes[1] ?? 0,
    turns: bytes[2] ?? 0,
    session: SESSIONS[bytes[3] ?? 0] ?? 'unknown',
    provider: decodeText(bytes.subarray(HEAD_BYTES, providerEnd)),
    host: hostEnd === providerEnd ? undefined : decodeText(bytes.subarray(providerEnd, hostEnd)),
    target: { form: FORMS[bytes[4] ?? 0] ?? 'plain', bytes: bytes.slice(hostEnd) },
  }
}

/** What 0.1 wrote. */
function decodeVersion1(bytes: Uint8Array): LoginState | undefined {
  if (bytes.length < HEAD_BYTES_1) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const providerEnd = HEAD_BYTES_1 + (bytes[38] ?? 0)
  return {
    id: bytes.slice(2, 18),
    proof: bytes.slice(18, 34),
    startedAtMs: undefined,
    expiresAtMs: view.getUint32(34) * 1000,
    restarts: bytes[1] ?? 0,
    turns: 0,
    session: 'unknown',
    provider: decodeText(bytes.subarray(HEAD_BYTES_1, providerEnd)),
    host: undefined,
    target: { form: 'plain', bytes: bytes.slice(providerEnd) },
  }
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
