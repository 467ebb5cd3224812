import { PROBLEMS } from '../problems.ts'

// Fields with such names hold secrets, in whatever module they are written.
const SECRET_NAME =
  /token|secret|passw|cookie|authorization|credential|assertion|verifier|nonce|jwt|private.?key|api.?key|^(?:code|state|rd|query|hint)$/iu
// The start of every JWS and JWE: base64url of `{"` and on to the first dot.
const TOKEN_VALUE = /eyJ[\w-]+\./u

/** Returns the text, or `[redacted]` where the field's name or the shape of the text says that it is a secret. */
export function redact(name: string, text: string): string {
  if (isReason(name, text)) return text
  return SECRET_NAME.test(name) || TOKEN_VALUE.test(text) ? '[redacted]' : text
}

/** True when `code` is the reason of a problem; it is also OAuth's word for a secret. */
function isReason(name: string, text: string): boolean {
  return name === 'code' && Object.hasOwn(PROBLEMS, text)
}
