/** Adds what proves the client's identity to a token request: header or form fields. */
export interface ClientProof {
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** Value of the Authorization header, for Basic. */
  readonly authorization: string | undefined
}

/**
 * Chooses among what the provider advertises (OpenID Connect Discovery 1.0 §3): Basic, which is also the default, else the
 * form. Without a secret the client is public.
 */
export function proveClient(client: {
  readonly id: string
  readonly secret: string | undefined
  readonly methods: readonly string[] | undefined
}): ClientProof {
  const { id, secret, methods } = client
  if (secret === undefined) return { method: 'none', authorization: undefined }
  const basic = methods === undefined || methods.includes('client_secret_basic')
  if (!basic && methods.includes('client_secret_post')) {
    return { method: 'client_secret_post', authorization: undefined }
  }
  return {
    method: 'client_secret_basic',
    authorization: `Basic ${btoa(`${formEncode(id)}:${formEncode(secret)}`)}`,
  }
}

/**
 * RFC 6749 §2.3.1 and appendix B: both halves are form-encoded before they are joined. URLSearchParams leaves `-`, `.` and
 * `_` alone, which matters to servers that forget to decode.
 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
