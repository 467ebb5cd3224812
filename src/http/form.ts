import { trimOws } from '../lib/text.ts'
import type { IncomingRequest } from '../platform.ts'
import { problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Exchange } from './exchange.ts'
import { findHeader } from './head.ts'

/** Limits of a form. */
export interface FormLimits {
  readonly maxBytes: number
  readonly maxFields: number
}

const LIMITS: FormLimits = { maxBytes: 16_384, maxFields: 64 }
const TIMEOUT_MS = 10_000
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Reads the parameters of the query, if they are few enough to be honest. */
export function readQuery({ target }: Exchange): Result<URLSearchParams> {
  return bounded(target.query, LIMITS)
}

/**
 * Reads a posted form: `application/x-www-form-urlencoded` only, at most 16 KiB (or the given limit) and 10 seconds.
 */
export async function readForm(
  { request }: Exchange,
  limits: FormLimits = LIMITS,
): Promise<Result<URLSearchParams>> {
  if (typeOf(request.headers) !== FORM_TYPE) {
    return failed(problem('request_malformed', { why: 'content type' }))
  }
  // The body is not touched at all: one that is given up half read costs the client its connection, and with it the
  // answer.
  if (Number(findHeader(request.headers, 'content-length')) > limits.maxBytes) {
    return failed(problem('body_too_large'))
  }
  const text = await readText(request.body, limits)
  return text.ok ? bounded(text.value, limits) : text
}

/**
 * Reads the parameters of a request that a link or a form makes: the query, or the form where one was posted. A body of
 * another type is not looked at, as in Go's `ParseForm`.
 */
export async function readParameters(exchange: Exchange): Promise<Result<URLSearchParams>> {
  const { headers, method } = exchange.request
  return method === 'POST' && typeOf(headers) === FORM_TYPE ? readForm(exchange) : readQuery(exchange)
}

/** Value of a parameter that stands exactly once; undefined otherwise. */
export function onlyValue(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name)
  return others.length === 0 ? value : undefined
}

function typeOf(headers: IncomingRequest['headers']): string {
  return trimOws(findHeader(headers, 'content-type')?.split(';', 1)[0] ?? '').toLowerCase()
}

function bounded(text: string, { maxFields }: FormLimits): Result<URLSearchParams> {
  const parameters = new URLSearchParams(text)
  return parameters.size > maxFields
    ? failed(problem('request_malformed', { why: 'fields' }))
    : ok(parameters)
}

async function readText(body: IncomingRequest['body'], limits: FormLimits): Promise<Result<string>> {
  if (body === null) return ok('')
  const reader = body.getReader()
  let late = false
  // Cancelling ends the read that is under way.
  const timer = setTimeout(() => {
    late = true
    reader.cancel().catch(() => undefined)
  }, TIMEOUT_MS)
  try {
    const text = await readBounded(reader, limits)
    return late ? failed(problem('request_malformed', { why: 'slow body' })) : text
  } catch {
    return failed(problem('client_gone'))
  } finally {
    clearTimeout(timer)
  }
}

async function readBounded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { maxBytes }: FormLimits,
): Promise<Result<string>> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return ok(text + decoder.decode())
    size += value.byteLength
    if (size > maxBytes) {
      await reader.cancel()
      return failed(problem('body_too_large'))
    }
    text += decoder.decode(value, { stream: true })
  }
}
