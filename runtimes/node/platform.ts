import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TrustStoreConfig } from '../../src/config/sections/provider/trust.ts'
import type { Platform } from '../../src/platform.ts'
import { openAesGcm } from './aes-gcm.ts'
import { createBcrypt } from './bcrypt.ts'
import { createLogWriter, type LogSink, type LogWriter } from './log-writer.ts'
import { createTrustingFetch, needsTrustingFetch } from './provider/trusting-fetch.ts'
import { type NodeEnv, NodeRequest } from './server/incoming-request.ts'
import { serveFile } from './static/files.ts'
import { nodeStdout } from './stdout.ts'
import { createUpstreamClient, type UpstreamClient } from './upstream/client.ts'
import { createWatcher, type Watcher } from './watch.ts'

/** The Platform of Node, and what the entrypoint needs of it to end in order. */
export interface NodePlatform {
  readonly runtime: 'node' | 'deno'
  readonly platform: Platform
  readonly client: UpstreamClient
  readonly watcher: Watcher
  /** Tells the core that everything listens. */
  noteListening(): void
  /** Tells the core that the process begins to end. */
  beginEnding(): void
  /** Settles when the work that outlives its answers is done. */
  settled(): Promise<void>
  readonly log: Pick<LogWriter, 'flush' | 'drained' | 'end' | 'lost'>
}

export interface NodePlatformOptions {
  /** Runtime whose node:http it is; Node's by default. */
  readonly runtime?: 'node' | 'deno'
  /** Sends requests to the provider; the global fetch by default. */
  readonly fetch?: Platform['fetch']
  /** Limit on the memory of the process in bytes, as the runtime tells it. */
  readonly memoryLimit?: number | undefined
  /** Certificates that providers may show; those that the runtime trusts when absent. */
  readonly trust?: TrustStoreConfig | undefined
  /** Variables that may name a proxy for calls to the provider. */
  readonly env?: NodeJS.ProcessEnv
  /** Called for work that failed after its answer had left. */
  readonly onBug: (error: unknown) => void
  /** Called with the number of log lines that were lost because their reader was behind, when it has caught up. */
  readonly onLinesLost?: (count: number) => void
  /** Sink of finished log text; standard output unless a test wants to see it. */
  readonly sink?: LogSink
  /** Sink of lines about errors, where they have one of their own. */
  readonly errorSink?: LogSink
}

/** Creates the Platform of Node. */
export function createNodePlatform({
  runtime = 'node',
  fetch = (url, init) => globalThis.fetch(url, init),
  memoryLimit,
  trust,
  env = {},
  onBug,
  onLinesLost,
  sink = nodeStdout,
  errorSink,
}: NodePlatformOptions): NodePlatform {
  const client = createUpstreamClient(memoryLimit)
  const watcher = createWatcher()
  const log = createLogWriter(sink, onLinesLost)
  const errors = errorSink && createLogWriter(errorSink, onLinesLost)
  const ending = new AbortController()
  let isListening = false
  const deferred = new Set<Promise<unknown>>()
  const defer = (work: Promise<unknown>): void => {
    deferred.add(work)
    work.catch(onBug).finally(() => deferred.delete(work))
  }
  const platform: Platform = {
    runtime,
    // The listeners of listen.ts are the only callers of the app, and they always pass this.
    incomingRequest: (_, env) => new NodeRequest(env as NodeEnv, defer),
    forward: client.forward,
    serveFile: (request, plan) => serveFile(request, plan, client.inFlight),
    fetch:
      trust !== undefined && needsTrustingFetch(trust)
        ? createTrustingFetch({ trust, watch: watcher.watch, onBadFile: onBug, env })
        : fetch,
    now: Date.now,
    every: (ms, callback) => {
      const timer = setInterval(callback, ms).unref()
      return () => clearInterval(timer)
    },
    followInFlight: client.inFlight.followAll,
    isListening: () => isListening,
    ending: ending.signal,
    write: log.write,
    ...(errors && { writeError: errors.write }),
    isTerminal: sink.isTerminal === true,
    readFile: (path) => readFileSync(path, 'utf8'),
    watch: watcher.watch,
    bcrypt: createBcrypt(),
    hmac: (hash, key, pieces) => {
      const mac = createHmac(hash, key)
      for (const piece of pieces) mac.update(piece)
      return mac.digest('base64')
    },
    openAesGcm,
  }
  const settled = async (): Promise<void> => {
    await Promise.allSettled(deferred)
  }
  return {
    runtime,
    platform,
    client,
    watcher,
    noteListening: () => {
      isListening = true
    },
    beginEnding: () => ending.abort(),
    settled,
    log: errors === undefined ? log : both(log, errors),
  }
}

function both(lines: LogWriter, errors: LogWriter): NodePlatform['log'] {
  return {
    flush: () => {
      lines.flush()
      errors.flush()
    },
    drained: async () => {
      await Promise.all([lines.drained(), errors.drained()])
    },
    end: () => {
      lines.end()
      errors.end()
    },
    lost: () => lines.lost() + errors.lost(),
  }
}
