import type { Result } from './result.ts'

/**
 * Header lines as they are on the wire: name, value, name, value. Names keep their case, repeated lines stay
 * repeated, every character is one byte (latin1).
 */
export type HeaderLines = readonly string[]

/** Peer of the connection. */
export type Peer =
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'unix' }
  | { readonly kind: 'unknown' }

/** Outcome of sending an answer. */
export interface Completion {
  readonly status: number
  /** Body bytes that were sent, where the runtime counts them. */
  readonly bytes?: number
  /** The client left before the answer was complete. */
  readonly aborted: boolean
}

/** One request as it arrived, before anybody interpreted it. */
export interface IncomingRequest {
  readonly method: string
  /** The request target, byte for byte: `/a/../b?x=%20`. */
  readonly target: string
  readonly httpVersion: '0.9' | '1.0' | '1.1' | '2'
  readonly headers: HeaderLines
  readonly peer: Peer
  /** The connection to us is TLS. */
  readonly encrypted: boolean
  /** The body, for the few own endpoints that read one, once; the forwarder takes the stream itself. Null when there is none. */
  readonly body: ReadableStream<Uint8Array> | null
  /** Calls back once, when the answer has left or the client has. */
  onFinished(listener: (completion: Completion) => void): void
  /** Lets work that outlives the answer finish (`waitUntil` on Workers). */
  waitUntil(work: Promise<unknown>): void
}

/** Address of an upstream. */
export type UpstreamAddress =
  | {
      readonly kind: 'tcp'
      readonly protocol: 'http:' | 'https:'
      readonly host: string
      readonly port: number
      readonly verifyTls: boolean
      readonly keepAlive: boolean
    }
  | { readonly kind: 'unix'; readonly path: string; readonly keepAlive: boolean }
  | { readonly kind: 'binding'; readonly name: string }

/** Edits to the header lines of an upstream's answer. */
export interface ResponseEdit {
  /**
   * The value that reaches the client, nearly always the one that came; undefined drops the line (hop-by-hop, identity
   * family, our own cookies). Framing is not asked about: it belongs to the forwarder.
   */
  rewrite(name: string, value: string): string | undefined
  /**
   * Additional lines: Set-Cookie of a renewed session, X-Auth-Request-*, a Cache-Control that is missing. Read after the
   * last line of the answer was rewritten. Never framing.
   */
  readonly add: HeaderLines
}

/** Everything that a runtime needs to forward one request; nothing is left to be decided there. */
export interface ForwardPlan {
  readonly upstream: UpstreamAddress
  /** Origin-form target, byte for byte as it goes out. */
  readonly target: string
  /** The complete request header lines but for framing (Content-Length, Transfer-Encoding, Connection), which the forwarder owns. */
  readonly headers: HeaderLines
  readonly response: ResponseEdit
  /** Milliseconds until response headers; 0 waits for ever. Ignored for WebSockets. */
  readonly timeoutMs: number
  /** Carry a WebSocket handshake and then the raw connection. */
  readonly websocket: boolean
  /** End of a tunnel or an endless response, in ms since the epoch. */
  readonly closeAtMs?: number
}

/** A file that may change while we run. */
export interface WatchedFile {
  readonly path: string
  readonly onChange: (text: string) => void
}

/**
 * Short-lived state that the processes of one deployment share (Redis). Every call is bounded in time and none throws: without
 * an answer, `get` finds nothing, `claim` succeeds and the rest is dropped, as if this process were alone.
 */
export interface SharedState {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Takes the key unless another process holds it; true for the holder. */
  claim(key: string, ttlMs: number): Promise<boolean>
  release(key: string): Promise<void>
  /** Tells a line to the followers in all processes, also to those that start before `untilMs` (ms since the epoch). */
  announce(line: string, untilMs: number): Promise<void>
  follow(listener: (line: string, untilMs: number) => void): void
}

/** Everything that a runtime provides to the core, and the only way from `src/` to the outside world. */
export interface Platform {
  readonly runtime: 'node' | 'deno' | 'workers'
  /** Reads what arrived. `env` is what the runtime passes beside the Request. */
  incomingRequest(request: Request, env: unknown): IncomingRequest
  /**
   * Sends one request upstream and streams the answer back. On Node and Deno the answer is written straight to the
   * connection and the Response is only the mark that says so; nobody may read or wrap it.
   */
  forward(request: IncomingRequest, plan: ForwardPlan): Promise<Result<Response>>
  /** Serves `file:` upstreams; absent where there is no file system. */
  readonly serveFile?: (
    request: IncomingRequest,
    path: string,
    edit: ResponseEdit,
  ) => Promise<Result<Response>>
  /** Calls to the provider. Plain fetch semantics; the caller bounds time and size. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Milliseconds since the epoch. */
  now(): number
  /** Writes one log line (without the line end). */
  write(line: string): void
  /** Log lines go to a terminal, where a person reads them. */
  readonly isTerminal?: boolean
  /** Reads a text file at start; throws when it cannot. Absent where there is no file system. */
  readonly readFile?: (path: string) => string
  /** Watches text files (e-mail lists, htpasswd, secrets); absent where there is no file system. */
  readonly watch?: (file: WatchedFile) => void
  /** State shared between processes, where that is configured. */
  readonly shared?: SharedState
  /**
   * Compares a password with bcrypt hashes, one after the other, off the serving thread; one answer for each hash. The
   * caller bounds how many run at a time. Absent where there are no local users.
   */
  readonly bcrypt?: (password: string, hashes: readonly string[]) => Promise<readonly boolean[]>
  /** Synchronous AES-256-GCM where the runtime has one; WebCrypto does the work elsewhere. Returns undefined if the tag does not fit. */
  readonly openAesGcm?: (
    key: Uint8Array,
    iv: Uint8Array,
    sealed: Uint8Array,
    tag: Uint8Array,
    aad: Uint8Array,
  ) => Uint8Array | undefined
}
