import { isRecord, parseJson } from '../../lib/json.ts'
import { isLoopback } from '../../lib/loopback.ts'
import type { Platform } from '../../platform.ts'
import { type Problem, problem } from '../../problems.ts'
import { type Failed, failed, ok, type Result } from '../../result.ts'

/** An answer that was read to its end within the bounds of time and size. */
export interface ProviderResponse {
  readonly status: number
  /** Media type in lower case, without parameters. */
  readonly type: string
  readonly text: string
}

/** The variable parts of a call; everything else is fixed here. */
export interface ProviderRequest {
  /** Name of the endpoint for the log: `token`, `jwks`, … */
  readonly endpoint: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** HTTP client for every call to a provider. */
export interface ProviderClient {
  /**
   * Sends one request. Redirects are refused, not followed. 429 and 5xx count as `provider_unreachable`; every other
   * status is a response that the caller has to judge.
   */
  request(url: string, init: ProviderRequest): Promise<Result<ProviderResponse>>
  /** Says whether a provider may name this address: https, or plain http where the operator's own settings say so. */
  allows(url: string): boolean
}

export interface ProviderClientDeps {
  readonly platform: Pick<Platform, 'fetch'>
  /** Addresses from the operator's settings: the only ones that can permit plain http. */
  readonly operatorUrls: readonly (string | undefined)[]
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 5_000
const MAX_BYTES = 262_144

/** Creates the HTTP client of one provider. */
export function createProviderClient({
  platform,
  operatorUrls,
  timeoutMs = TIMEOUT_MS,
}: ProviderClientDeps): ProviderClient {
  const allows = createAllows(operatorUrls)

  async function request(url: string, init: ProviderRequest): Promise<Result<ProviderResponse>> {
    const where = { endpoint: init.endpoint, host: hostOf(url) }
    if (!allows(url)) return failed(problem('provider_misbehaved', { why: 'address', ...where }))
    const cut = new AbortController()
    const late = new Promise<'timeout'>((resolve) =>
      cut.signal.addEventListener('abort', () => resolve('timeout')),
    )
    const timer = setTimeout(() => cut.abort(), timeoutMs)
    // A runtime may ignore the signal while a body trickles in: the race ends the wait in any case.
    const outcome = await Promise.race([send(platform, url, init, cut.signal), late])
    clearTimeout(timer)
    if (outcome !== 'timeout') return outcome
    return failed(problem('provider_unreachable', { why: 'timeout', ...where }))
  }

  return { request, allows }
}

/** Reads a JSON object; anything else that a provider may send in its place is `provider_misbehaved`. */
export function readJsonObject(response: ProviderResponse): Result<Readonly<Record<string, unknown>>> {
  const value = readJson(response)
  if (!value.ok) return value
  return isRecord(value.value)
    ? ok(value.value)
    : failed(problem('provider_misbehaved', { why: 'not an object' }))
}

/** A failure to read an answer, with the endpoint that gave it. */
export function located({ problem: why }: Failed<Problem>, endpoint: string, url: string): Failed<Problem> {
  return failed({ ...why, detail: { ...why.detail, endpoint, host: hostOf(url) } })
}

/** Media types that file stores and static hosts give to a document of unknown type. */
const UNTYPED: readonly string[] = ['', 'application/octet-stream', 'binary/octet-stream', 'text/plain']

/** Reads a JSON object that may lie in a file store: metadata and keys, which their shape tells from anything else. */
export function readJsonFile(response: ProviderResponse): Result<Readonly<Record<string, unknown>>> {
  return readJsonObject(
    UNTYPED.includes(response.type) ? { ...response, type: 'application/json' } : response,
  )
}

/** Reads JSON of any shape from an answer that says that it is JSON. */
export function readJson({ status, type, text }: ProviderResponse): Result<unknown> {
  if (status !== 200) return failed(problem('provider_misbehaved', { why: 'status', status }))
  if (type !== 'application/json' && !/^application\/[a-z0-9.-]+\+json$/u.test(type)) {
    return failed(problem('provider_misbehaved', { why: 'content type' }))
  }
  const value = parseJson(text)
  return value === undefined ? failed(problem('provider_misbehaved', { why: 'not JSON' })) : ok(value)
}

async function send(
  platform: Pick<Platform, 'fetch'>,
  url: string,
  { endpoint, method = 'GET', headers = {}, body }: ProviderRequest,
  signal: AbortSignal,
): Promise<Result<ProviderResponse>> {
  const where = { endpoint, host: hostOf(url) }
  try {
    const response = await platform.fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers, 'user-agent': 'sidegate' },
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    })
    return await judge(response, where)
  } catch (error) {
    return failed(problem('provider_unreachable', { why: 'network', ...toCause(error), ...where }))
  }
}

async function judge(response: Response, where: Where): Promise<Result<ProviderResponse>> {
  const { status } = response
  const text = await readText(response)
  if (status === 429 || status >= 500) return failed(problem('provider_unreachable', { status, ...where }))
  if (status < 200 || (status >= 300 && status < 400)) {
    return failed(problem('provider_misbehaved', { why: 'redirect', status, ...where }))
  }
  if (text === undefined) return failed(problem('provider_misbehaved', { why: 'body', ...where }))
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? ''
  return ok({ status, type: type.trim().toLowerCase(), text })
}

interface Where {
  readonly endpoint: string
  readonly host: string
}

/** Error codes of TLS stacks that are about the certificate of the peer. */
const CERTIFICATE = /CERT|SELF_SIGNED|VERIFY|ISSUER|ALTNAME/u

/** Those about a certificate that another authority would not help. */
const BAD_CERTIFICATE = /EXPIRED|NOT_YET_VALID|ALTNAME/u

/**
 * The code of a network failure (`ENOTFOUND`, `ECONNREFUSED`, `CERT_HAS_EXPIRED`, …), which runtimes hide in the causes
 * of a fetch's TypeError, and the setting that fixes it where there is one.
 */
function toCause(error: unknown): { readonly cause?: string; readonly setting?: string } {
  for (let at: unknown = error, depth = 0; isRecord(at) && depth < 4; at = at['cause'], depth += 1) {
    const { code } = at
    if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{1,63}$/u.test(code)) continue
    if (!CERTIFICATE.test(code)) return { cause: code }
    const setting = BAD_CERTIFICATE.test(code) ? 'ssl-insecure-skip-verify' : 'provider-ca-file'
    return { cause: code, setting }
  }
  return {}
}

/** The body as text; undefined when it is larger than the bound or not UTF-8. Counts decoded bytes. */
async function readText(response: Response): Promise<string | undefined> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > MAX_BYTES) {
      await reader.cancel()
      return undefined
    }
    try {
      text += decoder.decode(value, { stream: true })
    } catch {
      await reader.cancel()
      return undefined
    }
  }
  return text
}

/**
 * Compiles the rule on plain http: it is for the origins that the operator wrote down with http, and for loopback when
 * the operator's own provider is there. Metadata of an https provider can send no call to http.
 */
function createAllows(operatorUrls: readonly (string | undefined)[]): (url: string) => boolean {
  const plain = operatorUrls.map(parse).filter((url) => url?.protocol === 'http:')
  const origins = new Set(plain.map((url) => url?.origin))
  const loopback = plain.some((url) => url !== undefined && isLoopback(url.hostname))
  return (text) => {
    const url = parse(text)
    if (url === undefined || url.username !== '' || url.password !== '') return false
    if (url.protocol === 'https:') return true
    return url.protocol === 'http:' && (origins.has(url.origin) || (loopback && isLoopback(url.hostname)))
  }
}

function parse(text: string | undefined): URL | undefined {
  return text === undefined || !URL.canParse(text) ? undefined : new URL(text)
}

/** Host and port of a URL; empty for what is none. */
export function hostOf(url: string): string {
  return parse(url)?.host ?? ''
}
