/** One line that was announced to all isolates. */
export interface Announcement {
  readonly id: number
  readonly line: string
  /** End of its use, ms since the epoch. */
  readonly untilMs: number
}

/** Most lines that one `since` returns. */
export const PAGE = 1_000

/** The Durable Object as isolates see it: every call is a request to it. */
export interface SharedMethods {
  /** The value of a key that is not over. */
  read(key: string): Promise<string | undefined>
  /** Sets a key, whatever it held. */
  write(key: string, value: string, ttlMs: number): Promise<void>
  /** Takes a key that is not held; says whether that worked. */
  claim(key: string, ttlMs: number): Promise<boolean>
  /** Gives a key up. */
  release(key: string): Promise<void>
  /** Keeps a line for all isolates until a moment (ms since the epoch). */
  announce(line: string, untilMs: number): Promise<void>
  /** The lines after the one with this id, oldest first, at most `PAGE` of them. */
  since(id: number): Promise<readonly Announcement[]>
}
