import { isRecord, parseJson } from '../../lib/json.ts'
import { problem } from '../../problems.ts'
import { failed, type Result } from '../../result.ts'
import type { ProviderClient, ProviderResponse } from './client.ts'

/** Credentials of the client, and the authentication methods that the provider takes. */
export interface Client {
  readonly id: string
  /** Client secret; undefined for a public client. */
  readonly secret: string | undefined
  /** JWT that takes the place of the secret (RFC 7523 §2.2). */
  readonly assertion?: string | undefined
  /** Methods that the provider advertises (OpenID Connect Discovery 1.0 §3); undefined when it does not say. */
  readonly methods: readonly string[] | undefined
}

/** Makes the client assertion for one request to the token endpoint of this address (RFC 7523 §3). */
export type ClientAssertion = (tokenEndpoint: string) => Promise<Result<string>>

/** A form for an endpoint that authenticates clients. */
export interface ClientForm {
  readonly url: string
  /** Name of the endpoint for the log. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly fields: URLSearchParams
}

/** Sends a form with the client's credentials. */
export type SendAsClient = (form: ClientForm, client: Client) => Promise<Result<ProviderResponse>>

type Method = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none'

/**
 * Makes the sender of one provider. Basic is the default (RFC 6749 §2.3.1); where it is refused and the form is offered
 * too, or the provider does not say, the form is tried once and kept, as Go's OAuth library does for oauth2-proxy: what
 * metadata say of a client's registration is often wrong. A secret is never sent by a method that is not offered.
 */
export function createSendAsClient(http: ProviderClient): SendAsClient {
  let formWorks = false

  function sendBy(method: Method, { url, endpoint, headers, fields }: ClientForm, client: Client) {
    return http.request(url, {
      endpoint,
      method: 'POST',
      headers: method === 'client_secret_basic' ? { ...headers, authorization: toBasic(client) } : headers,
      body: (method === 'client_secret_basic' ? fields : withClient(fields, method, client)).toString(),
    })
  }

  return async function sendAsClient(form, client) {
    const chosen = chooseMethod(client)
    if (chosen === undefined) return failed(unsupported(client))
    const mayPost =
      chosen === 'client_secret_basic' && (client.methods?.includes('client_secret_post') ?? true)
    const method = mayPost && formWorks ? 'client_secret_post' : chosen
    const response = await sendBy(method, form, client)
    const refused = response.ok && isClientRefused(response.value)
    if (!mayPost || method === 'client_secret_post' || !refused) return response
    const second = await sendBy('client_secret_post', form, client)
    formWorks = second.ok && second.value.status === 200
    return second
  }
}

/**
 * Chooses Basic where it is offered or nothing is said, else the form; undefined where neither is. Without a secret the
 * client is public.
 */
function chooseMethod({ secret, assertion, methods }: Client): Method | undefined {
  if (assertion !== undefined) return 'private_key_jwt'
  if (secret === undefined) return 'none'
  if (methods === undefined || methods.includes('client_secret_basic')) return 'client_secret_basic'
  return methods.includes('client_secret_post') ? 'client_secret_post' : undefined
}

/**
 * Problem of a client that is registered for a method that Sidegate lacks (`private_key_jwt`, `tls_client_auth`, …).
 */
function unsupported({ methods = [] }: Client): ReturnType<typeof problem> {
  return problem('misconfigured', {
    why: 'client authentication',
    offered: methods.join(' ').slice(0, 200),
    supported: 'client_secret_basic client_secret_post none',
    setting: 'client-secret',
  })
}

function withClient(fields: URLSearchParams, method: Method, client: Client): URLSearchParams {
  const { id, secret, assertion } = client
  const all = new URLSearchParams(fields)
  all.set('client_id', id)
  if (method === 'client_secret_post' && secret !== undefined) all.set('client_secret', secret)
  if (method === 'private_key_jwt' && assertion !== undefined) {
    all.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    all.set('client_assertion', assertion)
  }
  return all
}

/** Basic credentials of a client (RFC 6749 §2.3.1), as an Authorization header has them. */
export function toBasic({ id, secret = '' }: Pick<Client, 'id' | 'secret'>): string {
  return `Basic ${btoa(`${formEncode(id)}:${formEncode(secret)}`)}`
}

/**
 * Form-encodes one half of Basic credentials, before they are joined (RFC 6749 §2.3.1 and appendix B). `-`, `.`, `_`
 * and `~` stay as they are, which matters to servers that forget to decode.
 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%7E', '~')
}

/**
 * True when the client's credentials were refused (`invalid_client`, RFC 6749 §5.2): the code or the token was not used
 * up.
 */
export function isClientRefused({ status, text }: ProviderResponse): boolean {
  if (status === 401) return true
  if (status !== 400) return false
  const body = parseJson(text)
  return isRecord(body) && body['error'] === 'invalid_client'
}
