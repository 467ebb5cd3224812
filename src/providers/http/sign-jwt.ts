import { SignJWT } from 'jose/jwt/sign'
import { importPKCS8 } from 'jose/key/import'

/** Signs claims as a JWT (RFC 7515). */
export type SignJwt = (claims: Readonly<Record<string, unknown>>) => Promise<string>

/** A private key, and how it signs. */
export interface SigningKey {
  /** PKCS #8 in PEM. */
  readonly pkcs8: string
  /** RSA with SHA-256, or ECDSA on the curve P-256 with it (RFC 7518 §3.3, §3.4). */
  readonly alg: 'RS256' | 'ES256'
  /** Name of the key for the one who verifies (`kid`). */
  readonly keyId?: string
}

/** Makes the signer of one key, which is imported at its first use. */
export function createSignJwt({ pkcs8, alg, keyId }: SigningKey): SignJwt {
  const header = { alg, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
  let key: Awaited<ReturnType<typeof importPKCS8>> | undefined
  return async (claims) => {
    const imported = key ?? (await importPKCS8(pkcs8, alg))
    key = imported
    return new SignJWT(claims).setProtectedHeader(header).sign(imported)
  }
}
