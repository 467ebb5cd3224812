import type { IncomingRequest } from '../platform.ts'
import { type Problem, problem } from '../problems.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Target } from './exchange.ts'
import type { Head } from './head.ts'

const MAX_TARGET = 16_384
const MAX_LINES = 200

/** Methods that a proxy must not carry (RFC 9110 §9.3.6, §9.3.8), and HTTP/2's preface. */
const REFUSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT', 'PRI'])

/** Any token is a method, and `get` is another one than `GET` (RFC 9110 §9.1); not every app would agree about these. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u
const CASED_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

/**
 * Refuses a head that different programs could frame or route differently: the request line, Host, Content-Length and
 * Transfer-Encoding (RFC 9112 §3.2, §6.3). Node's parser refuses most of it before; other runtimes do not.
 */
export function checkHead(request: IncomingRequest, head: Head): Problem | undefined {
  if (!isMethod(request.method)) return problem('method_not_allowed')
  if (head.lines > MAX_LINES) return problem('headers_too_many', { lines: head.lines })
  const length = head.get('content-length')
  const coding = head.get('transfer-encoding')
  if (request.httpVersion === '0.9') return problem('request_malformed', { why: 'HTTP/0.9' })
  if (head.contentLengths > 1 || (length !== undefined && !/^\d{1,15}$/u.test(length))) {
    return problem('request_malformed', { why: 'Content-Length' })
  }
  if (
    coding !== undefined &&
    (coding.toLowerCase() !== 'chunked' || length !== undefined || request.httpVersion === '1.0')
  ) {
    return problem('request_malformed', { why: 'Transfer-Encoding' })
  }
  return undefined
}

function isMethod(method: string): boolean {
  if (CASED_METHODS.has(method)) return true
  const upper = method.toUpperCase()
  return METHOD.test(method) && !CASED_METHODS.has(upper) && !REFUSED_METHODS.has(upper)
}

/**
 * Reads the Host header in lower case, `host` or `host:port`; refused when it is not exactly one name (RFC 9112 §3.2).
 */
export function readHost(head: Head): Result<string> {
  const host = head.hosts === 1 ? parseHost(head.get('host') ?? '') : undefined
  return host === undefined ? failed(problem('host_malformed')) : ok(host)
}

/** Parses `host` or `host:port` into lower case without a final dot; undefined for anything else. */
export function parseHost(text: string): string | undefined {
  const host = text.toLowerCase()
  return HOST.test(host) ? host.replace(/\.(?=$|:)/u, '') : undefined
}
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/u

/** Reads the request target in the one form that everything after it uses. `host` is the checked Host header. */
export function readTarget(raw: string, host: string): Result<Target> {
  if (raw.length > MAX_TARGET) return failed(problem('target_too_long'))
  return parseTarget(raw.startsWith('/') ? raw : originForm(raw, host))
}

/**
 * Splits an origin-form target and judges it. Refused: what no honest client sends (`\`, `#`, controls, bytes over
 * 0x7E or an encoded NUL in the path). Ambiguous: what two programs may resolve differently; such a target is carried
 * as it is but never matches a rule that skips the sign-in.
 */
export function parseTarget(raw: string): Result<Target> {
  const mark = raw.indexOf('?')
  const path = mark === -1 ? raw : raw.slice(0, mark)
  const query = mark === -1 ? '' : raw.slice(mark)
  if (!raw.startsWith('/') || REFUSED_IN_PATH.test(path) || REFUSED_IN_QUERY.test(query)) {
    return failed(problem('target_malformed'))
  }
  return ok({ raw, path, query, ambiguous: isAmbiguous(path) })
}
const REFUSED_IN_PATH = /[^\x21-\x7e]|[\\#]|%00/u
const REFUSED_IN_QUERY = /[\x00-\x20\x7f#]/u

function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.test(path) || (path.includes('%') && hasOtherReadings(path))
}
// In turn: empty segment; `;` parameters; bad escape; encoded control, `#`, `/`, `;`, `?`, `\`, DEL; an escape behind an encoded
// `%`; dots at the end of a segment, raw or encoded, which Windows drops.
const AMBIGUOUS =
  /\/\/|;|%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|2[3f]|3[bf]|5c|7f)|%25[0-9a-f]{2}|(?:\.|%2e)(?=\/|$)/iu

/**
 * True when an app could take the decoded path for another one: it is no UTF-8, or its segments change when they are
 * normalised (NFKC), lose the characters that are not seen, and are trimmed.
 */
function hasOtherReadings(path: string): boolean {
  try {
    const decoded = decodeURIComponent(path)
    if (PADDED.test(decoded)) return true
    return !ASCII.test(decoded) && (UNSEEN.test(decoded) || decoded.normalize('NFKC') !== decoded)
  } catch {
    return true
  }
}
// Controls of ASCII are ambiguous by their escapes already.
const ASCII = /^[\0-\x7f]*$/u
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/u
const PADDED = /\s(?=\/|$)|\/\s/u

/**
 * Converts `http://host/path` to `/path` when it names the host that the request is for; anything else stays and is
 * refused.
 */
function originForm(raw: string, host: string): string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/iu.exec(raw)
  if (absolute?.[1]?.toLowerCase() !== host) return raw
  const rest = absolute[2] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
