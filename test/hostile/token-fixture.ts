import { CompactEncrypt } from 'jose'
import { createKeyRing, type KeyPurpose, type SealingKey } from '../../src/crypto/keys.ts'
import { toClientFingerprints } from '../../src/session/clients.ts'
import { encodeSession } from '../../src/session/payload.ts'
import type { Session } from '../../src/session/session.ts'
import { aSession } from '../support/session.ts'
import { SECRET, SESSION } from './gate-fixture.ts'

/** Makes tokens with the gate's own secret, honest ones and others. */
export interface Mint {
  readonly key: SealingKey
  /** Fingerprint of the gate's client. */
  readonly client: string
  /** A session of Alice, signed in a moment ago; what is given wins. */
  session(given?: Partial<Session>): Promise<string>
  /** Any payload under any header; members that are undefined are removed. */
  seal(payload: Uint8Array | string, header?: Record<string, unknown>, key?: Uint8Array): Promise<string>
}

/** Whose tokens they are. */
export interface Minting {
  readonly issuer: string
  readonly clientId?: string
  readonly cookieName?: string
  readonly secret?: string
  readonly purpose?: KeyPurpose
}

/** Derives the keys that a gate of this deployment derives. */
export async function createMint({
  issuer,
  clientId = 'sidegate',
  cookieName = SESSION,
  secret = SECRET,
  purpose = 'session',
}: Minting): Promise<Mint> {
  const ring = await createKeyRing({
    secrets: [new Uint8Array(Buffer.from(secret, 'base64url'))],
    deployment: cookieName,
    purpose,
  })
  const provider = { id: 'oidc', kind: 'oidc', issuer, loginUrl: undefined, clientId }
  const client = (await toClientFingerprints([provider])).get('oidc') ?? ''
  const key = ring.sealing
  const seal: Mint['seal'] = (payload, header = {}, bytes = key.bytes) => {
    const members = Object.entries({ ...key.header, ...header }).filter(([, value]) => value !== undefined)
    const { alg, enc, ...rest } = Object.fromEntries(members)
    const text = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
    const critical = Array.isArray(rest['crit'])
      ? Object.fromEntries(rest['crit'].map((name) => [name, true]))
      : {}
    return new CompactEncrypt(new Uint8Array(text))
      .setProtectedHeader({ alg: String(alg), enc: String(enc), ...rest })
      .encrypt(bytes, { crit: critical })
  }
  return {
    key,
    client,
    seal,
    async session(given = {}) {
      const now = Math.floor(Date.now() / 1000) * 1000
      const times = { signedInAtMs: now, refreshedAtMs: now, seenAtMs: now, expiresAtMs: now + 3_600_000 }
      const payload = await encodeSession(aSession({ issuer, client, ...times, ...given }))
      if (!payload.ok) throw new Error(payload.problem)
      return seal(payload.value)
    },
  }
}

/** A compact token with one of its five parts changed. */
export function withPart(token: string, part: number, change: (text: string) => string): string {
  return token
    .split('.')
    .map((text, at) => (at === part ? change(text) : text))
    .join('.')
}

/** Base64url with one bit of its first byte changed. */
export function flipped(text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
  return bytes.toString('base64url')
}
