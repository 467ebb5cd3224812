import type { SignatureConfig } from '../config/sections/headers/signature.ts'
import { hasBody } from '../http/body.ts'
import type { Exchange } from '../http/exchange.ts'
import { findHeader, headerValues } from '../http/head.ts'
import type { HeaderLines, Platform } from '../platform.ts'
import type { Session } from '../session/session.ts'

/** Header lines of a signed request: complete, or made once its content is known. */
export type SignedLines =
  | { readonly headers: HeaderLines }
  | { readonly headers: HeaderLines; readonly sign: (content: Uint8Array) => HeaderLines }

/** Signs the header lines of one request of a person, or of none. */
export type Sign = (exchange: Exchange, session: Session | undefined, headers: HeaderLines) => SignedLines

/** Headers that are part of the signature, in this order, whether they are there or not. */
const SIGNED = [
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'authorization',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-preferred-user',
  'x-forwarded-access-token',
  'cookie',
  'gap-auth',
] as const

const NOTHING = new Uint8Array()

/**
 * Creates the signature of oauth2-proxy, `GAP-Signature: sha256 <base64>`: an HMAC of method, eleven headers, decoded path
 * with query, and content, each with a line end behind it but the last. `GAP-Auth` names the person.
 */
export function createSign(
  { algorithm, key }: SignatureConfig,
  { hmac }: Required<Pick<Platform, 'hmac'>>,
): Sign {
  return (exchange, session, headers) => {
    const { request } = exchange
    const named = [...headers, 'GAP-Auth', session?.email ?? session?.user ?? '']
    const text = toText(exchange, named)
    const sign = (content: Uint8Array): HeaderLines => [
      'GAP-Signature',
      `${algorithm} ${hmac(algorithm, key, [latin1(text), content])}`,
    ]
    return hasBody(request.headers) ? { headers: named, sign } : { headers: [...named, ...sign(NOTHING)] }
  }
}

/** The text in front of the content, one character a byte. */
function toText({ request, target }: Exchange, headers: HeaderLines): string {
  const lines = SIGNED.map((name) =>
    name === 'content-length'
      ? (findHeader(request.headers, name) ?? '')
      : [...headerValues(headers, name)].join(),
  )
  const path = target.path.replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const query = target.query === '?' ? '' : target.query
  return `${[request.method, ...lines, `${path}${query}`].join('\n')}\n`
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
