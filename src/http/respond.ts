import type { OwnPaths } from '../config/own-paths.ts'
import type { CookieConfig } from '../config/sections/cookie.ts'
import { PAGE_HEADERS, type Page } from '../pages/layout.ts'
import type { Pages } from '../pages/pages.ts'
import type { HeaderLines } from '../platform.ts'
import { PROBLEMS, type Problem, type Reason } from '../problems.ts'
import { toSetCookie } from './cookies.ts'
import type { CookieChange, Exchange } from './exchange.ts'

/** Parts of a response of Sidegate. */
export interface Answer {
  readonly status: number
  readonly body: string | null
  readonly headers: HeaderLines
  readonly changes: readonly CookieChange[]
}

/** A response that was made in advance. */
export type PreparedAnswer = Omit<Answer, 'changes'> & { readonly body: string }

/** Context of a failure, beside its reason. */
export interface ProblemContext {
  readonly changes: readonly CookieChange[]
  /** E-mail address or user name of the current session. */
  readonly account?: string | undefined
  /** Return target of a sign-in that starts on the page. */
  readonly returnTo: string
  /** Id of the request that failed, where that was an earlier one. */
  readonly requestId?: string
}

/** Creates the responses of the endpoints; none of them may be stored. */
export interface Respond {
  answer(exchange: Exchange, answer: Answer): Response
  redirect(exchange: Exchange, location: string, changes: readonly CookieChange[]): Response
  /** Answers 303: the outcome is told elsewhere, and fetched by GET (RFC 9110 §15.4.4). */
  seeOther(exchange: Exchange, location: string, changes: readonly CookieChange[]): Response
  /** Answers 308: the same request, body and all, at another address (force-https). */
  moved(exchange: Exchange, location: string): Response
  page(exchange: Exchange, status: number, page: Page, changes: readonly CookieChange[]): Response
  json(exchange: Exchange, status: number, value: unknown, changes: readonly CookieChange[]): Response
  /** Answers the same to every client: health checks, robots.txt. */
  text(text: string, status?: number): Response
  /** Answers a failure: a page for people, JSON with a stable code for programs. */
  problem(exchange: Exchange, problem: Problem, context: ProblemContext): Response
  /**
   * Prepares the response to a failure that many clients get in the same words: no cookies, no request id, header lines
   * ready to be written.
   */
  prepared(reason: Reason, kind: 'page' | 'json'): PreparedAnswer
  /** The same for what the parser of a runtime refused. */
  unparsed(reason: Reason, from: Unread): PreparedAnswer
  /** Answers a message that could not even be read as a request: nothing of it is repeated, and the connection ends. */
  malformed(problem: Problem, from?: Unread): Response
}

/** Known parts of a request that could not be read. */
export interface Unread {
  readonly requestId?: string
  /** True when a person will see the answer. */
  readonly wantsHtml?: boolean
}

interface Leaving {
  readonly exchange: Exchange
  readonly location: string
  readonly changes: readonly CookieChange[]
}

export interface RespondDeps {
  readonly cookie: CookieConfig
  readonly pages: Pages
  readonly paths: Pick<OwnPaths, 'signIn'>
}

/** Headers that keep browsers and caches from storing an answer. */
const NO_STORE: HeaderLines = [
  'Cache-Control',
  'no-cache, no-store, must-revalidate, max-age=0',
  'Expires',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'X-Accel-Expires',
  '0',
]
const JSON_HEADERS: HeaderLines = ['Content-Type', 'application/json', 'X-Content-Type-Options', 'nosniff']
const TEXT_HEADERS: HeaderLines = [
  'Content-Type',
  'text/plain; charset=utf-8',
  'X-Content-Type-Options',
  'nosniff',
]

/** Creates the responses of one configuration. */
export function createRespond({ cookie, pages, paths }: RespondDeps): Respond {
  function answer({ facts }: Exchange, { status, body, headers, changes }: Answer): Response {
    const response = toResponse(status, body, [...NO_STORE, ...headers])
    for (const change of changes) {
      response.headers.append('Set-Cookie', toSetCookie(change, cookie, facts.host))
    }
    return response
  }

  function leave(status: number, { exchange, location, changes }: Leaving): Response {
    const headers = ['Location', location, 'Referrer-Policy', 'no-referrer']
    return answer(exchange, { status, body: null, headers, changes })
  }

  /** Body for programs: `error` is the stable code, `sign_in_url` is there when signing in would help. */
  function toJson(reason: Reason, requestId: string | undefined): Readonly<Record<string, string>> {
    const id = requestId === undefined ? {} : { request_id: requestId }
    const error = { error: reason, message: pages.sentence(reason), ...id }
    return PROBLEMS[reason].status === 401 ? { ...error, sign_in_url: paths.signIn } : error
  }

  /** Response to a message that could not be read; the only recovery is another try. */
  function bare(reason: Reason, { requestId, wantsHtml = false }: Unread): PreparedAnswer {
    const { status } = PROBLEMS[reason]
    if (!wantsHtml) {
      const body = `${JSON.stringify(toJson(reason, requestId))}\n`
      return { status, body, headers: [...NO_STORE, ...JSON_HEADERS] }
    }
    const { body, csp } = pages.error({ problem: { reason }, requestId, returnTo: '/' })
    return { status, body, headers: [...NO_STORE, ...PAGE_HEADERS, 'Content-Security-Policy', csp] }
  }

  const respond: Respond = {
    answer,
    redirect: (exchange, location, changes) => leave(302, { exchange, location, changes }),
    seeOther: (exchange, location, changes) => leave(303, { exchange, location, changes }),
    moved: (exchange, location) =>
      answer(exchange, { status: 308, body: null, headers: ['Location', location], changes: [] }),
    page: (exchange, status, page, changes) =>
      answer(exchange, {
        status,
        body: page.body,
        headers: [...PAGE_HEADERS, 'Content-Security-Policy', page.csp],
        changes,
      }),
    json: (exchange, status, value, changes) =>
      answer(exchange, { status, body: `${JSON.stringify(value)}\n`, headers: JSON_HEADERS, changes }),
    text: (text, status = 200) => toResponse(status, text, [...NO_STORE, ...TEXT_HEADERS]),
    problem(exchange, problem, { changes, account, returnTo, requestId = exchange.requestId }) {
      const { status } = PROBLEMS[problem.reason]
      const { host, wantsHtml } = exchange.facts
      const response = wantsHtml
        ? respond.page(
            exchange,
            status,
            pages.error({ problem, host, requestId, returnTo, account }),
            changes,
          )
        : respond.json(exchange, status, toJson(problem.reason, requestId), changes)
      // RFC 9110 §15.5.9: what still comes of the request is not waited for.
      if (problem.reason === 'request_timeout') response.headers.set('Connection', 'close')
      return withRetryAfter(response, problem)
    },
    prepared(reason, kind) {
      const { headers, ...answer } = bare(reason, { wantsHtml: kind === 'page' })
      const retryAfter = String(PROBLEMS[reason].retryAfter ?? 1)
      return { ...answer, headers: [...headers, 'Retry-After', retryAfter] }
    },
    unparsed: bare,
    malformed({ reason }, from = {}) {
      const { status, body, headers } = bare(reason, from)
      return toResponse(status, body, [...headers, 'Connection', 'close'])
    },
  }
  return respond
}

/** Adds Retry-After to the response to a failure that passes. */
export function withRetryAfter(response: Response, { reason, retryAfterSeconds }: Problem): Response {
  const seconds = retryAfterSeconds ?? PROBLEMS[reason].retryAfter
  if (seconds !== undefined) response.headers.set('Retry-After', String(seconds))
  return response
}

function toResponse(status: number, body: string | null, lines: HeaderLines): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response(body, { status, headers })
}
