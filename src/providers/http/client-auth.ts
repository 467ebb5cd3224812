import { isRecord } from '../../lib/json.ts'
import type { Result } from '../../result.ts'
import type { ProviderClient, ProviderResponse } from './client.ts'

/** Who asks, and how the provider wants to see it. */
export interface Client {
  readonly id: string
  /** Undefined for a public client. */
  readonly secret: string | undefined
  /** What the provider advertises (OpenID Connect Discovery 1.0 §3); undefined when it does not say. */
  readonly methods: readonly string[] | undefined
}

/** A form for an endpoint where clients say who they are. */
export interface ClientForm {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fields: URLSearchParams
}

/** Sends a form in the name of the client. */
export type SendAsClient = (form: ClientForm, client: Client) => Promise<Result<ProviderResponse>>

type Method = 'client_secret_basic' | 'client_secret_post' | 'none'

/**
 * Makes the sender of one provider. One that does not say how clients show who they are is shown Basic, which is the
 * default; where that is refused the form is tried and kept, as Go's OAuth library does for oauth2-proxy.
 */
export function createSendAsClient(http: ProviderClient): SendAsClient {
  let formWorks = false

  function sendBy(method: Method, { url, headers, fields }: ClientForm, client: Client) {
    return http.request(url, {
      method: 'POST',
      headers: method === 'client_secret_basic' ? { ...headers, authorization: toBasic(client) } : headers,
      body: (method === 'client_secret_basic' ? fields : withClient(fields, method, client)).toString(),
    })
  }

  return async function sendAsClient(form, client) {
    const unsaid = client.methods === undefined && client.secret !== undefined
    const method = unsaid && formWorks ? 'client_secret_post' : chooseMethod(client)
    const response = await sendBy(method, form, client)
    const refused = response.ok && isClientRefused(response.value)
    if (!unsaid || method === 'client_secret_post' || !refused) return response
    const second = await sendBy('client_secret_post', form, client)
    formWorks = second.ok && second.value.status === 200
    return second
  }
}

/** Basic where it is advertised or nothing is, else the form. Without a secret the client is public. */
function chooseMethod({ secret, methods }: Client): Method {
  if (secret === undefined) return 'none'
  const basic = methods === undefined || methods.includes('client_secret_basic')
  return !basic && methods.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic'
}

function withClient(fields: URLSearchParams, method: Method, { id, secret }: Client): URLSearchParams {
  const all = new URLSearchParams(fields)
  all.set('client_id', id)
  if (method === 'client_secret_post' && secret !== undefined) all.set('client_secret', secret)
  return all
}

function toBasic({ id, secret = '' }: Client): string {
  return `Basic ${btoa(`${formEncode(id)}:${formEncode(secret)}`)}`
}

/**
 * RFC 6749 §2.3.1 and appendix B: both halves are form-encoded before they are joined. `-`, `.`, `_` and `~` stay as they
 * are, which matters to servers that forget to decode.
 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%7E', '~')
}

/** The client was not believed (RFC 6749 §5.2); nothing was done with the code or the token. */
function isClientRefused({ status, text }: ProviderResponse): boolean {
  if (status === 401) return true
  if (status !== 400) return false
  try {
    const body: unknown = JSON.parse(text)
    return isRecord(body) && body['error'] === 'invalid_client'
  } catch {
    return false
  }
}
