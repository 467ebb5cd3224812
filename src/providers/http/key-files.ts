import { fromBase64 } from '../../lib/bytes.ts'
import { isRecord } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ProviderContext } from '../context.ts'

/** Public keys as members of a JSON Web Key Set (RFC 7517 §5), without ids and without algorithms. */
export interface PublicJwks {
  readonly keys: readonly PublicJwk[]
}

type PublicJwk = Readonly<Record<string, unknown>>

/** Kinds of keys that sign tokens (RFC 7518 §3.1, RFC 8037); the hash belongs to the algorithm and not to the key. */
const KINDS = [
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  { name: 'ECDSA', namedCurve: 'P-256' },
  { name: 'ECDSA', namedCurve: 'P-384' },
  { name: 'ECDSA', namedCurve: 'P-521' },
  { name: 'Ed25519' },
] as const

/** Reads the public keys of PEM files (RFC 7468 §13), the first of each; `misconfigured` when one has none. */
export async function readKeyFiles(
  paths: readonly string[],
  readFile: ProviderContext['readSecret'],
): Promise<Result<PublicJwks>> {
  const keys: PublicJwk[] = []
  for (const path of paths) {
    const key = await readKeyFile(path, readFile)
    if (key === undefined)
      return failed(problem('misconfigured', { why: 'no public key', setting: 'oidc-public-key-file', path }))
    keys.push(key)
  }
  return ok({ keys })
}

async function readKeyFile(
  path: string,
  readFile: ProviderContext['readSecret'],
): Promise<PublicJwk | undefined> {
  try {
    const pem = /-----BEGIN PUBLIC KEY-----(?<body>[A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/u.exec(
      await readFile(path),
    )
    const bytes = fromBase64((pem?.groups?.['body'] ?? '').replaceAll(/\s/gu, ''))
    return bytes === undefined ? undefined : await toJwk(bytes)
  } catch {
    return undefined
  }
}

/** The key of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): of whatever kind it turns out to be. */
async function toJwk(spki: Uint8Array<ArrayBuffer>): Promise<PublicJwk | undefined> {
  for (const kind of KINDS) {
    try {
      const key = await crypto.subtle.importKey('spki', spki, kind, true, ['verify'])
      const exported: unknown = await crypto.subtle.exportKey('jwk', key)
      if (isRecord(exported)) return { ...exported, alg: undefined, key_ops: undefined }
    } catch {
      // A key of another kind.
    }
  }
  return undefined
}
