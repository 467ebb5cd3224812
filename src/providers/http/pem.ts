import { fromBase64, toBase64 } from '../../lib/bytes.ts'
import { failed, ok, type Result } from '../../result.ts'

/** A private RSA key in PEM as PKCS #8, whichever of the two usual forms it has (RFC 5208, RFC 8017 §A.1.2). */
export function readRsaPem(text: string): Result<string, string> {
  const { label, der } = readPem(text)
  if (der === undefined || der.length < 256) return failed('give a private key in PEM')
  if (label === 'PRIVATE KEY') return ok(toPem(der))
  if (label === 'RSA PRIVATE KEY') return ok(toPem(toPkcs8(der)))
  return failed('give an RSA private key in PEM that is not encrypted')
}

/** Object identifier of the curve P-256 (RFC 5480 §2.1.1.1), as it stands in a key. */
const P256 = Uint8Array.of(6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7)

/** A private key of the curve P-256 in PEM as PKCS #8 (RFC 5208), which is what ES256 signs with. */
export function readP256Pem(text: string): Result<string, string> {
  const { label, der } = readPem(text)
  if (der === undefined) return failed('give a private key in PEM, with its first and last line')
  const isP256 = der.some((_, at) => P256.every((byte, index) => der[at + index] === byte))
  if (label === 'PRIVATE KEY' && isP256) return ok(toPem(der))
  return failed('give a private key of the curve P-256 in PEM (PKCS #8, BEGIN PRIVATE KEY)')
}

function readPem(text: string): { readonly label: string; readonly der: Uint8Array | undefined } {
  // Variables and YAML often hold the line ends as two characters.
  const pem = text.replaceAll('\\n', '\n').trim()
  const [, label = '', body = ''] = /^-----BEGIN ([A-Z ]+)-----([\s\S]+)-----END \1-----$/u.exec(pem) ?? []
  const der = fromBase64(body.replaceAll(/\s/gu, ''))
  return { label, der: der?.length === 0 ? undefined : der }
}

/** PrivateKeyInfo around an RSAPrivateKey: version 0, rsaEncryption with NULL, the key as an octet string. */
function toPkcs8(rsa: Uint8Array): Uint8Array {
  const algorithm = Uint8Array.of(0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0)
  return toDer(0x30, [Uint8Array.of(2, 1, 0), algorithm, toDer(0x04, [rsa])])
}

/** One DER element (X.690 §8.1) of up to 65,535 bytes. */
function toDer(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([tag, ...head, ...parts.flatMap((part) => [...part])])
}

function toPem(der: Uint8Array): string {
  return `-----BEGIN PRIVATE KEY-----\n${toBase64(der)}\n-----END PRIVATE KEY-----`
}
