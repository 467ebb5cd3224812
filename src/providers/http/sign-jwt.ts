import { SignJWT } from 'jose/jwt/sign'
import { importPKCS8 } from 'jose/key/import'

/** Signs claims as a JWT with RS256 (RFC 7518 §3.3). */
export type SignJwt = (claims: Readonly<Record<string, unknown>>) => Promise<string>

/** Makes the signer of one key, which is imported at its first use. */
export function createSignJwt(pkcs8: string): SignJwt {
  let key: Awaited<ReturnType<typeof importPKCS8>> | undefined
  return async (claims) => {
    const imported = key ?? (await importPKCS8(pkcs8, 'RS256'))
    key = imported
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(imported)
  }
}
