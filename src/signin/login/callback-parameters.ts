import type { Exchange } from '../../http/exchange.ts'
import { readForm, readQuery } from '../../http/form.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'

/** Parameters that no code flow sends over the browser (RFC 9700 §2.1.2), and the envelope of JARM. */
const FOREIGN = ['access_token', 'id_token', 'token_type', 'token', 'response']
/** Parameters of an authorization response (RFC 6749 §4.1.2, RFC 9207). */
const ANSWER = ['state', 'code', 'error', 'iss']

/**
 * Reads the parameters of an authorization response from one source: the query, or the form where the provider answers
 * by form_post. Every name stands once (RFC 6749 §3.1).
 */
export async function readCallbackParameters(exchange: Exchange): Promise<Result<URLSearchParams>> {
  const { method } = exchange.request
  if (method !== 'GET' && method !== 'POST') return failed(problem('method_not_allowed'))
  const query = readQuery(exchange)
  if (!query.ok || method === 'GET') return query.ok ? checkParameters(query.value) : query
  if (ANSWER.some((name) => query.value.has(name))) return failed(malformed('two sources'))
  const form = await readForm(exchange)
  return form.ok ? checkParameters(form.value) : form
}

function checkParameters(parameters: URLSearchParams): Result<URLSearchParams> {
  const names = [...parameters.keys()]
  if (new Set(names).size !== names.length) return failed(malformed('repeated'))
  if (names.some((name) => FOREIGN.includes(name))) return failed(malformed('foreign'))
  return ok(parameters)
}

function malformed(why: string): ReturnType<typeof problem> {
  return problem('callback_malformed', { why })
}
