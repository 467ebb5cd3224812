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

/** One request as it arrived, not interpreted yet. */
export interface IncomingRequest {
  readonly method: string
  /** The request target, byte for byte: `/a/../b?x=%20`. */
  readonly target: string
  readonly httpVersion: '0.9' | '1.0' | '1.1' | '2'
  readonly headers: HeaderLines
  readonly peer: Peer
  /** Port of the peer, where the runtime knows one. */
  readonly peerPort?: number | undefined
  /** True when the connection to Sidegate is TLS. */
  readonly encrypted: boolean
  /** The body, for the few own endpoints that read one, once; the forwarder takes the stream itself. Null when there is none. */
  readonly body: ReadableStream<Uint8Array> | null
  /**
   * Waits until it is known whether the announced body holds anything, at its first byte or its end, ten seconds at most; true
   * in doubt. For requests whose head announces one; nothing is taken from it.
   */
  hasContent(): Promise<boolean>
  /** Content bytes of an answer that was not forwarded, by its head; undefined before it has left and where it does not say. */
  readonly answerBytes?: number | undefined
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
   * family, Sidegate's cookies). Framing is not asked about: it belongs to the forwarder.
   */
  rewrite(name: string, value: string): string | undefined
  /**
   * Additional lines: Set-Cookie of a renewed session, X-Auth-Request-*, a Cache-Control that is missing. Read after the
   * last line of the answer was rewritten. Never framing.
   */
  readonly add: HeaderLines
}

/** Account that a forwarded request is charged to while it holds what is bounded: upstream connections, tunnels. */
export interface Share {
  /** Person, or network of the client; undefined where no one address stands for one client. */
  readonly holder: string | undefined
  /** The request is on a public route, without a session. */
  readonly anonymous: boolean
}

/** Next step for the client of a stream that has ended: sign in, or connect again, which renews the session. */
export type StreamEnd = 'sign-in' | 'reconnect'

/** An open stream that is kept in step with its session. */
export interface Following {
  /** Judges it now: when it has to be judged again (ms since the epoch), or why it has ended. Never rejects. */
  judge(): Promise<number | StreamEnd>
  /** The stream is over. */
  stop(): void
}

/**
 * Begins to follow a tunnel, an unended answer or an upload of a person who is signed in: `end` is called once, when a
 * request of that moment would be refused. A runtime without `Platform.every` passes none and calls `judge` itself.
 */
export type Follow = (end?: (why: StreamEnd) => void) => Following

/** Everything that a runtime needs to forward one request; nothing is left to be decided there. */
export interface ForwardPlan {
  readonly upstream: UpstreamAddress
  readonly share: Share
  /** Origin-form target, byte for byte as it goes out. */
  readonly target: string
  /** The complete request header lines but for framing (Content-Length, Transfer-Encoding, Connection), which the forwarder owns. */
  readonly headers: HeaderLines
  /** Makes lines that depend on the content, which is held in memory then; the last of the head. */
  readonly sign?: (content: Uint8Array) => HeaderLines
  readonly response: ResponseEdit
  /**
   * Milliseconds until response headers (not for WebSockets), and without progress of a body or of a client that reads;
   * 0 waits for ever.
   */
  readonly timeoutMs: number
  /** Carries a WebSocket handshake and then the raw connection. */
  readonly websocket: boolean
  /** Present when a session was judged. Every exchange that lasts longer than a second or two is followed. */
  readonly follow?: Follow
}

/** One file to be served, as an answer that is edited like an upstream's. */
export interface FilePlan {
  readonly path: string
  readonly response: ResponseEdit
  /** Milliseconds without progress of a client that reads; 0 waits for ever. */
  readonly timeoutMs: number
  /** As in ForwardPlan. */
  readonly follow?: Follow
}

/** A file that may change at run time. */
export interface WatchedFile {
  readonly path: string
  /** Takes the new content. A promise is done once that content is in force, and never rejects. */
  readonly onChange: (text: string) => void | Promise<void>
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
  /**
   * Publishes a line to the followers in all processes, also to those that start before `untilMs` (ms since the epoch).
   */
  announce(line: string, untilMs: number): Promise<void>
  follow(listener: (line: string, untilMs: number) => void): void
}

/** A value for an entry that processes share, and how long it lives. */
export interface SharedEntry {
  readonly value: Uint8Array
  readonly ttlMs: number
}

/**
 * Entries that the processes of one deployment share (Redis), each for a time. Every call is bounded in time, so is the number
 * of those that wait, and none throws: without an answer it fails with `session_store_unavailable`.
 */
export interface SharedEntries {
  get(key: string): Promise<Result<Uint8Array | undefined>>
  /** Stores an entry under a key that has none. */
  create(key: string, entry: SharedEntry): Promise<Result<undefined>>
  /** Replaces an entry if it still begins with these bytes; false when it is gone, or another by now. */
  replace(key: string, entry: SharedEntry & { readonly beginning: Uint8Array }): Promise<Result<boolean>>
  delete(key: string): Promise<Result<undefined>>
  /** Asks whether the store answers. */
  check(): Promise<Result<undefined>>
}

/** Everything that a runtime provides to the core, and the only way from `src/` to the outside world. */
export interface Platform {
  readonly runtime: 'node' | 'deno' | 'workers'
  /** Reads the request as it arrived. `env` is what the runtime passes beside the Request. */
  incomingRequest(request: Request, env: unknown): IncomingRequest
  /**
   * Sends one request upstream and streams the answer back. On Node and Deno the answer is written straight to the
   * connection and the Response is only the mark that says so; no code may read or wrap it.
   */
  forward(request: IncomingRequest, plan: ForwardPlan): Promise<Result<Response>>
  /** Serves `file:` upstreams; absent where there is no file system. */
  readonly serveFile?: (request: IncomingRequest, plan: FilePlan) => Promise<Result<Response>>
  /** Sends a request to the provider. Plain fetch semantics; the caller bounds time and size. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * Calls back every so many ms, without keeping the process alive, until what it returns is called. Absent where timers
   * belong to one request (Workers).
   */
  readonly every?: (ms: number, callback: () => void) => () => unknown
  /** Begins to follow every exchange that has a session and is under way. Absent where exchanges are followed at once. */
  readonly followInFlight?: () => void
  /** Everything that is configured to listen does. Absent where the runtime listens before us. */
  readonly isListening?: () => boolean
  /** Aborted when the process begins to end; absent where it ends without notice. */
  readonly ending?: AbortSignal
  /** Writes one log line (without the line end). */
  write(line: string): void
  /** Writes one log line to standard error. Absent where all lines share one stream. */
  readonly writeError?: (line: string) => void
  /** True when log lines go to a terminal, where a person reads them. */
  readonly isTerminal?: boolean
  /** Reads a text file at start; throws when it cannot. Absent where there is no file system. */
  readonly readFile?: (path: string) => string
  /** Watches text files (e-mail lists, htpasswd, secrets); absent where there is no file system. */
  readonly watch?: (file: WatchedFile) => void
  /** State shared between processes, where that is configured. */
  readonly shared?: SharedState
  /** Entries shared between processes, where sessions are kept there. */
  readonly entries?: SharedEntries
  /**
   * Compares a password with bcrypt hashes, one after the other, off the serving thread; one answer for each hash. The
   * caller bounds how many run at a time. Absent where there are no local users.
   */
  readonly bcrypt?: (password: string, hashes: readonly string[]) => Promise<readonly boolean[]>
  /**
   * HMAC (RFC 2104) of bytes in pieces, as base64, with hashes that WebCrypto has not; absent where requests are not
   * signed.
   */
  readonly hmac?: (hash: string, key: string, pieces: readonly Uint8Array[]) => string
  /** Synchronous AES-256-GCM where the runtime has one; WebCrypto does the work elsewhere. Returns undefined if the tag does not fit. */
  readonly openAesGcm?: (
    key: Uint8Array,
    iv: Uint8Array,
    sealed: Uint8Array,
    tag: Uint8Array,
    aad: Uint8Array,
  ) => Uint8Array | undefined
}
