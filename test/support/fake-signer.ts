import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose'

/** Signs tokens as a provider does, honestly or not. */
export interface Signer {
  /** The public keys at the moment; scripts on the `jwks` endpoint can serve others. */
  jwks(): { keys: JWK[] }
  /**
   * Signs claims with the current key. The header starts as `{ alg: 'RS256', kid, typ: 'JWT' }`; what is given wins and
   * undefined removes. Undefined claims are removed too.
   */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** Signs a payload as it is: for JSON that no object gives. */
  signText(payload: string): Promise<string>
  /** A new key replaces the old one; `keepOld` goes on publishing it. */
  rotate(keepOld?: boolean): Promise<void>
}

// One key pair serves most tests: making one costs a tenth of a second.
let shared: Promise<CryptoKeyPair> | undefined

/** A signer with one RS256 key. */
export async function createSigner(): Promise<Signer> {
  shared ??= generateKeyPair('RS256', { extractable: true })
  let pair = await shared
  let generation = 1
  let published = [await toJwk(pair, 'key-1')]
  return {
    jwks: () => ({ keys: published }),
    sign(claims, header = {}) {
      const full = { alg: 'RS256', kid: `key-${generation}`, typ: 'JWT', ...header }
      const kept = Object.fromEntries(Object.entries(full).filter(([, value]) => value !== undefined))
      const payload = new TextEncoder().encode(JSON.stringify(claims))
      // Cast: hostile tests put values of other types into the header on purpose.
      return new CompactSign(payload).setProtectedHeader(kept as { alg: string }).sign(pair.privateKey)
    },
    signText: (payload) =>
      new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg: 'RS256', kid: `key-${generation}` })
        .sign(pair.privateKey),
    async rotate(keepOld = false) {
      pair = await generateKeyPair('RS256', { extractable: true })
      generation += 1
      const added = await toJwk(pair, `key-${generation}`)
      published = keepOld ? [...published, added] : [added]
    },
  }
}

async function toJwk({ publicKey }: CryptoKeyPair, kid: string): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }
}

/** A compact token with this header and these claims, and a signature that is no signature. */
export function unsigned(header: unknown, claims: unknown, signature = ''): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode(header)}.${encode(claims)}.${signature}`
}
