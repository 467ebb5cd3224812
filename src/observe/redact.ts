import { PROBLEMS } from '../problems.ts'

// Fields with such names never hold what may be written down, whoever passes them.
const SECRET_NAME =
  /token|secret|passw|cookie|authorization|credential|assertion|verifier|nonce|jwt|private.?key|api.?key|^(?:code|state|rd|query|hint)$/iu
// The start of every JWS and JWE: base64url of `{"` and on to the first dot.
const TOKEN_VALUE = /eyJ[\w-]+\./u

/** What a field may show: the text itself, or `[redacted]` where its name or its shape says that it is a secret. */
export function redact(name: string, text: string): string {
  if (isReason(name, text)) return text
  return SECRET_NAME.test(name) || TOKEN_VALUE.test(text) ? '[redacted]' : text
}

/** `code` is our own word for the reason of a problem, and OAuth's word for a secret. */
function isReason(name: string, text: string): boolean {
  return name === 'code' && Object.hasOwn(PROBLEMS, text)
}
