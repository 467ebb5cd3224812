import type { IncomingRequest } from '../platform.ts'

/** A request target that passed the checks of `readTarget`. */
export interface Target {
  /** Byte for byte as it arrived, and as it leaves: path and query. */
  readonly raw: string
  /** Up to the first `?`, still percent-encoded. The only path that routing, rules and logs may read. */
  readonly path: string
  /** From the first `?` on, that included; empty without one. */
  readonly query: string
  /** Other programs may read the path differently (dot segments, `//`, `%2f`, …): no rule that skips the sign-in matches. */
  readonly ambiguous: boolean
}

/** One cookie as the browser sent it; names and values are never decoded. */
export interface Cookie {
  readonly name: string
  readonly value: string
}

/** A request as a gateway names it in headers. */
export interface NamedRequest {
  /** Undefined when only the address is named. */
  readonly method: string | undefined
  /** Origin form: path and query. */
  readonly uri: string
  /** Where the gateway wrote an absolute address. */
  readonly host: string | undefined
}

/** What the request says about the client and about where it believes to be. */
export interface Facts {
  /** Client IP after trusted proxies; undefined when nobody trustworthy tells. */
  readonly client: string | undefined
  readonly scheme: 'http' | 'https'
  /** External host with port as the browser sees it, lower case. */
  readonly host: string
  /** External origin: `https://host` with Secure cookies, else `scheme://host`. */
  readonly origin: string
  /** The direct peer may speak for others. */
  readonly trusted: boolean
  /** A top-level page load: the only kind of request that is ever redirected to a sign-in. */
  readonly navigation: boolean
  /** A person will see the answer: HTML is preferred, and no script asks. */
  readonly wantsHtml: boolean
  readonly websocket: boolean
  /** A CORS preflight: OPTIONS with Origin and Access-Control-Request-Method. */
  readonly preflight: boolean
  /** Origin header; undefined when absent. */
  readonly originHeader: string | undefined
  /** Sec-Fetch-Site; undefined when absent. */
  readonly fetchSite: string | undefined
  readonly userAgent: string
  readonly authorization: string | undefined
  /** What a gateway that only asks (auth_request, forward auth) says; from trusted peers only. */
  readonly forwarded: {
    /** The request that it asks about; `unclear` when what it says could be the client's. */
    readonly request: NamedRequest | 'unclear' | undefined
    /** X-Auth-Request-Redirect: where the person was going. */
    readonly redirect: string | undefined
  }
}

/** One request with everything that was read from it. Travels as an argument; nobody writes to it. */
export interface Exchange {
  readonly request: IncomingRequest
  readonly target: Target
  readonly facts: Facts
  readonly cookies: readonly Cookie[]
  /** Generated, or taken from the request when it is well formed. */
  readonly requestId: string
}

/**
 * A cookie to set or to expire. Rooms below only name values; `http/cookies.ts` turns them into Set-Cookie lines with the
 * configured attributes, so that setting and deleting can never disagree.
 */
export interface CookieChange {
  readonly name: string
  /** Empty together with `maxAgeSeconds: 0` deletes. */
  readonly value: string
  /** undefined is a browser-session cookie. */
  readonly maxAgeSeconds: number | undefined
  /** Which SameSite applies: that of the session cookie or that of the sign-in cookie. */
  readonly purpose: 'session' | 'transaction'
}
