import type { IncomingRequest } from '../platform.ts'

/** A request target that passed the checks of `readTarget`. */
export interface Target {
  /** Byte for byte as it arrived, and as it leaves: path and query. */
  readonly raw: string
  /** Up to the first `?`, still percent-encoded. The only path that routing, rules and logs may read. */
  readonly path: string
  /** From the first `?` on, that included; empty without one. */
  readonly query: string
  /**
   * True when other programs may read the path differently (dot segments, `//`, `%2f`, …): no rule that skips the
   * sign-in matches.
   */
  readonly ambiguous: boolean
}

/** One cookie as the browser sent it; names and values are never decoded. */
export interface Cookie {
  readonly name: string
  readonly value: string
}

/** A request as a gateway names it in headers. */
export interface NamedRequest {
  /** Method; undefined when only the address is named. */
  readonly method: string | undefined
  /** Origin form: path and query. */
  readonly uri: string
  /** Host, where the gateway wrote an absolute address. */
  readonly host: string | undefined
}

/** Facts about the client of a request and about the origin that it believes to be at. */
export interface Facts {
  /** Client IP after trusted proxies; undefined when no trusted peer tells it. */
  readonly client: string | undefined
  readonly scheme: 'http' | 'https'
  /** External host with port as the browser sees it, lower case. */
  readonly host: string
  /** External origin: `https://host` with Secure cookies, else `scheme://host`. */
  readonly origin: string
  /** True when the direct peer is a trusted proxy. */
  readonly trusted: boolean
  /** True for a top-level page load: the only kind of request that is ever redirected to a sign-in. */
  readonly navigation: boolean
  /** True when a person will see the response: HTML is preferred, and no script asks. */
  readonly wantsHtml: boolean
  readonly websocket: boolean
  /** True for a CORS preflight: OPTIONS with Origin and Access-Control-Request-Method. */
  readonly preflight: boolean
  /** Origin header; undefined when absent. */
  readonly originHeader: string | undefined
  /** Sec-Fetch-Site; undefined when absent. */
  readonly fetchSite: string | undefined
  readonly userAgent: string
  readonly authorization: string | undefined
  /** Headers of a gateway that only asks (auth_request, forward auth); from trusted peers only. */
  readonly forwarded: {
    /** Request that the gateway asks about; `unclear` when the headers could be the client's. */
    readonly request: NamedRequest | 'unclear' | undefined
    /** Return target in X-Auth-Request-Redirect. */
    readonly redirect: string | undefined
  }
}

/** One request with everything that was read from it. It travels as an argument and is never written to. */
export interface Exchange {
  readonly request: IncomingRequest
  readonly target: Target
  readonly facts: Facts
  readonly cookies: readonly Cookie[]
  /** Request id, generated, or taken from the request when it is well formed. */
  readonly requestId: string
}

/**
 * A cookie to set or to expire. Rooms below only name values; `http/cookies.ts` turns them into Set-Cookie lines with the
 * configured attributes, so that setting and deleting can never disagree.
 */
export interface CookieChange {
  readonly name: string
  /** Value; empty together with `maxAgeSeconds: 0` deletes. */
  readonly value: string
  /** Lifetime; undefined is a browser-session cookie. */
  readonly maxAgeSeconds: number | undefined
  /** Choice of SameSite: that of the session cookie or that of the sign-in cookie. */
  readonly purpose: 'session' | 'transaction'
}
