import { compareSync } from 'bcryptjs'
import type { ForwardPlan, IncomingRequest, Platform, SharedEntries } from '../../src/platform.ts'
import { problem } from '../../src/problems.ts'
import { failed, ok } from '../../src/result.ts'
import { NOW_MS } from './session.ts'
import { createFakeSharedState } from './shared-state.ts'

/** What a test decides about the world around the core. */
export interface World {
  /** Answers forwarded requests; throws to play a dead upstream. */
  upstream?(plan: ForwardPlan, request: IncomingRequest): Response | Promise<Response>
  /** Answers every call to a provider. */
  provider?(url: string, init: RequestInit): Response | Promise<Response>
  readonly files?: Readonly<Record<string, string>>
  /** Processes of the deployment share state, as with Redis. */
  readonly shares?: boolean
  /** Entries that processes keep sessions in, as with Redis. */
  readonly entries?: (now: () => number) => SharedEntries
}

/** A platform without a network, whose clock only the test moves. */
export interface FakePlatform extends Platform {
  /** Log lines, parsed. */
  readonly lines: Record<string, unknown>[]
  readonly plans: ForwardPlan[]
  /** Moves the clock forward; what is called back every so often is called once, at the end. */
  pass(milliseconds: number): void
  /** Work that was deferred behind answers, and whatever callbacks of `every` began. */
  settled(): Promise<void>
  /** Changes a file and tells who watches it. */
  change(path: string, text: string): void
}

/** Builds the platform; `env` of `arrival` is the incoming request itself. */
export function createFakePlatform(world: World = {}): FakePlatform {
  let now = NOW_MS
  const files = new Map(Object.entries(world.files ?? {}))
  const watchers: { path: string; onChange: (text: string) => unknown }[] = []
  const deferred: Promise<unknown>[] = []
  const timers = new Set<() => void>()
  const platform: FakePlatform = {
    runtime: 'node',
    ...(world.shares ? { shared: createFakeSharedState(() => now) } : {}),
    ...(world.entries === undefined ? {} : { entries: world.entries(() => now) }),
    lines: [],
    plans: [],
    // The flow tests hand an incoming request over as the environment of the request.
    incomingRequest: (_, env) => ({ ...(env as IncomingRequest), waitUntil: (work) => deferred.push(work) }),
    async forward(request, plan) {
      platform.plans.push(plan)
      try {
        return ok(edited(await (world.upstream?.(plan, request) ?? new Response('hello from the app')), plan))
      } catch (error) {
        return failed(problem('upstream_unreachable', { why: String(error) }))
      }
    },
    fetch: async (url, init) => world.provider?.(url, init) ?? Promise.reject(new TypeError('fetch failed')),
    now: () => now,
    every(_, callback) {
      timers.add(callback)
      return () => timers.delete(callback)
    },
    write: (line) => platform.lines.push(JSON.parse(line)),
    bcrypt: async (password, hashes) => hashes.map((hash) => compareSync(password, hash)),
    readFile(path) {
      const text = files.get(path)
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
      return text
    },
    watch: (file) => watchers.push(file),
    pass: (milliseconds) => {
      now += milliseconds
      for (const callback of [...timers]) callback()
    },
    settled: async () => {
      await Promise.all(deferred)
      // Cryptography comes back through the event loop.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve))
    },
    change(path, text) {
      files.set(path, text)
      for (const watcher of watchers) if (watcher.path === path) watcher.onChange(text)
    },
  }
  return platform
}

function edited(response: Response, { response: edit }: ForwardPlan): Response {
  const headers = new Headers()
  for (const [name, value] of response.headers) {
    const kept = edit.rewrite(name, value)
    if (kept !== undefined) headers.append(name, kept)
  }
  for (let at = 0; at < edit.add.length; at += 2) headers.append(edit.add[at] ?? '', edit.add[at + 1] ?? '')
  return new Response(response.body, { status: response.status, headers })
}
