import { type App, createApp } from '../../src/app.ts'
import { createLog, type Log } from '../../src/observe/log.ts'
import { loadLogLines } from '../../src/observe/log-lines.ts'
import { VERSION } from '../version.ts'
import type { Bindings } from './forward.ts'
import type { Visit } from './incoming-request.ts'
import { createWorkerPlatform } from './platform.ts'
import { readSettings, STATE } from './settings.ts'
import { createIsolateState, type IsolateState } from './shared.ts'
import type { SidegateState } from './shared-object.ts'

/** Answers the requests of one isolate. */
export interface WorkerApp {
  fetch(request: Request, ctx: ExecutionContext): Promise<Response>
}

/** Reads the settings and builds the program; answers every request with 500 while the configuration is invalid. */
export async function createWorkerApp(bindings: Bindings): Promise<WorkerApp> {
  const loaded = await readSettings(bindings, VERSION)
  if (loaded.kind !== 'config') return refuseEverything(loaded.text, console.error)
  let shared: IsolateState | undefined
  const platform = createWorkerPlatform(bindings, async (waitUntil) => shared?.catchUp(waitUntil))
  const log = createLog([await loadLogLines(loaded.config.log, platform)])
  for (const warning of loaded.warnings) log.line('warn', warning)
  shared = sharedState(bindings, log)
  const app = await createApp(loaded.config, shared === undefined ? platform : { ...platform, shared })
  log.line('info', 'Sidegate is ready', { version: VERSION, shared: shared !== undefined })
  return { fetch: (request, ctx) => answer({ app, shared }, request, ctx) }
}

/**
 * Answers every request with 500. What to fix is logged at each request, because `wrangler tail` shows only what is
 * written while it runs; the page names the settings and none of their values, since the public can read it.
 */
function refuseEverything(text: string, write: (text: string) => void): WorkerApp {
  const names = [...new Set(Array.from(text.matchAll(/^ {2}(?!warning: )([^:]+): /gmu), ([, name]) => name))]
  const body = `This Sidegate cannot start. Settings to fix: ${names.join(', ')}.\nIts log says how: npx wrangler tail\n`
  return {
    async fetch() {
      write(text)
      return new Response(body, {
        status: 500,
        headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
      })
    },
  }
}

async function answer(
  { app, shared }: { app: App; shared: IsolateState | undefined },
  request: Request,
  ctx: ExecutionContext,
): Promise<Response> {
  const visit: Visit = { waitUntil: (work) => ctx.waitUntil(work), listeners: [] }
  await shared?.catchUp(visit.waitUntil)
  const response = await app.fetch(request, visit)
  // A Worker is not told when the last byte has left, so the answer counts as gone when it is handed over.
  for (const listener of visit.listeners) listener({ status: response.status, aborted: false })
  return response
}

function sharedState(bindings: Bindings, log: Log): IsolateState | undefined {
  const binding = bindings[STATE]
  if (typeof binding !== 'object' || binding === null) return undefined
  // wrangler.toml binds this name to the class that runtimes/worker.ts exports.
  const namespace = binding as DurableObjectNamespace<SidegateState>
  return createIsolateState({
    // One object serves a deployment.
    object: () => namespace.get(namespace.idFromName('sidegate')),
    now: Date.now,
    onFailure: (error) => log.line('error', 'The Durable Object does not answer', { why: String(error) }),
  })
}
