import { DurableObject } from 'cloudflare:workers'
import { type Announcement, PAGE, type SharedMethods } from './shared-methods.ts'

const SWEEP_MS = 3_600_000

/**
 * State that the isolates of one deployment share. A Durable Object runs in one place and does one thing at a time, so
 * exactly one of two refreshes gets the lock and every isolate sees its result at once; Workers KV has no lock and may
 * be a minute behind, which is as long as a result is kept. Everything is stored in SQLite, because idle objects are
 * put away.
 */
export class SidegateState extends DurableObject implements SharedMethods {
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, until INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS announcements
        (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, until INTEGER NOT NULL)`)
  }

  async read(key: string): Promise<string | undefined> {
    const rows = this.#sql.exec<{ value: string }>(
      'SELECT value FROM entries WHERE key = ? AND until > ?',
      key,
      Date.now(),
    )
    return rows.toArray()[0]?.value
  }

  async write(key: string, value: string, ttlMs: number): Promise<void> {
    this.#sql.exec('INSERT OR REPLACE INTO entries VALUES (?, ?, ?)', key, value, Date.now() + ttlMs)
    await this.#sweepLater()
  }

  async claim(key: string, ttlMs: number): Promise<boolean> {
    const taken = this.#sql.exec(
      `INSERT INTO entries VALUES (?, '', ?)
       ON CONFLICT (key) DO UPDATE SET value = '', until = excluded.until WHERE until <= ?`,
      key,
      Date.now() + ttlMs,
      Date.now(),
    )
    await this.#sweepLater()
    return taken.rowsWritten > 0
  }

  async release(key: string): Promise<void> {
    this.#sql.exec('DELETE FROM entries WHERE key = ?', key)
  }

  async announce(line: string, untilMs: number): Promise<void> {
    this.#sql.exec('INSERT INTO announcements (line, until) VALUES (?, ?)', line, untilMs)
    await this.#sweepLater()
  }

  async since(id: number): Promise<readonly Announcement[]> {
    const rows = this.#sql.exec<{ id: number; line: string; untilMs: number }>(
      'SELECT id, line, until AS untilMs FROM announcements WHERE id > ? AND until > ? ORDER BY id LIMIT ?',
      id,
      Date.now(),
      PAGE,
    )
    return rows.toArray()
  }

  /** Deletes what is over; returns how much is left. */
  sweep(): number {
    this.#sql.exec('DELETE FROM entries WHERE until <= ?', Date.now())
    this.#sql.exec('DELETE FROM announcements WHERE until <= ?', Date.now())
    const left = this.#sql.exec<{ left: number }>(
      'SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM announcements) AS left',
    )
    return left.one().left
  }

  /** Sweeps, and comes back while something is left. */
  override async alarm(): Promise<void> {
    if (this.sweep() > 0) await this.#sweepLater()
  }

  async #sweepLater(): Promise<void> {
    const planned = await this.ctx.storage.getAlarm()
    if (planned === null) await this.ctx.storage.setAlarm(Date.now() + SWEEP_MS)
  }
}
