/** A started gate. */
export interface OpenDoor {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly output: () => string
  stop(): Promise<unknown>
}

/** One runtime, as the contract sees it. */
export interface Door {
  readonly runtime: string
  /** Starts the real program with these `OAUTH2_PROXY_*` variables; where it listens is its own business. */
  start(variables: Readonly<Record<string, string>>): Promise<OpenDoor>
  /** What this runtime does in another way; each is a row in docs/runtimes.md, and its other way is checked too. */
  readonly exceptions: readonly Exception[]
}

/** The rows of docs/runtimes.md, word for word. */
export const EXCEPTIONS = [
  'Host towards the app',
  'Header names towards the app',
  'Address of the client',
  'Ambiguous targets',
  'Framing of requests',
  'Cookie in several lines',
  'Client that leaves early',
  'Upload that the app refuses',
  'Streams of a session that has ended',
] as const

/** One way in which runtimes may differ. */
export type Exception = (typeof EXCEPTIONS)[number]
