import type { ProviderConfig } from '../config/sections/provider.ts'
import { lengthPrefixed } from '../crypto/keys.ts'
import { sha256, toBase64Url } from '../lib/bytes.ts'

/**
 * Fingerprints of this deployment's OAuth clients (RFC 6749 §2) at its providers, by the provider's id. Sessions and
 * logins name the client that they were made with, so that no other client with the same cookie secret takes them.
 */
export type ClientFingerprints = ReadonlyMap<string, string>

/** Bytes of SHA-256 that are kept: 16 characters of base64url. */
const FINGERPRINT_BYTES = 12

type Client = Pick<ProviderConfig, 'id' | 'kind' | 'issuer' | 'loginUrl' | 'clientId'>

/** Computes the fingerprints: from issuer, or login URL where there is none, and client id. */
export async function toClientFingerprints(providers: readonly Client[]): Promise<ClientFingerprints> {
  const entries = providers.map(async ({ id, kind, issuer, loginUrl, clientId }) => {
    const digest = await sha256(lengthPrefixed(['client', issuer ?? loginUrl ?? kind, clientId]))
    return [id, toBase64Url(digest.subarray(0, FINGERPRINT_BYTES))] as const
  })
  return new Map(await Promise.all(entries))
}
