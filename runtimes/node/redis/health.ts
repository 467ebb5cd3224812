import type { Log } from '../../../src/observe/log.ts'

/** State of Redis as far as it is known; each change is one log line. */
export interface RedisHealth {
  readonly isDown: () => boolean
  /** A connection or a command failed. */
  noteFailure(error: unknown): void
  /** A connection was made. */
  noteReady(): void
  /** A command was answered. */
  noteAnswer(): void
}

export interface RedisHealthDeps {
  readonly log: Pick<Log, 'line'>
  readonly now: () => number
  /** True when sessions are kept in Redis, and not only what processes tell each other. */
  readonly keepsSessions: boolean
}

/** Time without a failure after which a Redis that answers again is believed. */
const SETTLED_MS = 2000
/** Shortest interval between two log lines about commands that Redis refuses. */
const COMPLAIN_MS = 60_000

/** Advice on refusals, by the code in front of the message (Redis protocol, "Simple errors"). */
const ADVICE: Readonly<Record<string, string>> = {
  WRONGPASS: 'check redis-username and redis-password',
  NOAUTH: 'give redis-password',
  ERR: 'check that it is a Redis of version 6 or newer, and the number of the database in its address',
  NOPERM:
    'allow the user the keys ~sidegate:*, the channels &sidegate:* and the commands in docs/sessions.md',
  OOM: 'give Redis more memory, or the policy volatile-ttl',
  READONLY: 'give the address of the master; this one is a replica',
  MISCONF: 'look into the log of Redis: it cannot write to its disk',
}

/** Creates the record of one Redis. */
export function createRedisHealth({ log, now, keepsSessions }: RedisHealthDeps): RedisHealth {
  let isDown = false
  let failedAtMs = Number.NEGATIVE_INFINITY
  let complainedAtMs = Number.NEGATIVE_INFINITY

  function noteUp(): void {
    if (isDown) log.line('info', 'Redis answers again')
    isDown = false
  }

  /** Tells of a command that Redis refuses while it answers others. */
  function complain(why: string): void {
    if (isDown || now() - complainedAtMs < COMPLAIN_MS) return
    complainedAtMs = now()
    log.line(keepsSessions ? 'error' : 'warn', 'Redis refuses a command', { why, advice: adviseOn(why) })
  }

  return {
    isDown: () => isDown,
    noteFailure(error) {
      const why = error instanceof Error ? error.message || error.name : 'unknown'
      failedAtMs = now()
      if (isReply(error) && !isAboutConnection(why)) return complain(why)
      if (isDown) return
      isDown = true
      const missing = keepsSessions ? 'no session can be read' : 'refreshes and sign-outs are not shared'
      log.line(keepsSessions ? 'error' : 'warn', `Redis does not answer: ${missing} until it is back`, {
        why,
        advice: adviseOn(why),
      })
    },
    noteReady: noteUp,
    noteAnswer() {
      if (isDown && now() - failedAtMs >= SETTLED_MS) noteUp()
    },
  }
}

/** Errors that Redis itself sent. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Replies after which nothing works: who is not let in, and a server that has just started. */
function isAboutConnection(why: string): boolean {
  return /^(?:WRONGPASS|NOAUTH|LOADING|MASTERDOWN|CLUSTERDOWN)\b/u.test(why)
}

function adviseOn(why: string): string | undefined {
  return ADVICE[/^[A-Z]+/u.exec(why)?.[0] ?? '']
}
