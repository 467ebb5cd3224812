import { type App, createApp } from '../../src/app.ts'
import { createLog, type Log } from '../../src/observe/log.ts'
import { VERSION } from '../version.ts'
import type { Bindings } from './forward.ts'
import type { Visit } from './incoming-request.ts'
import { createWorkerPlatform } from './platform.ts'
import type { SidegateRelay } from './relay-object.ts'
import { RELAY, readSettings } from './settings.ts'
import { createIsolateState, type IsolateState } from './shared.ts'
import { refuseEverything } from './trouble.ts'

/** Answers the requests of one isolate. */
export interface Door {
  fetch(request: Request, ctx: ExecutionContext): Promise<Response>
}

/** Reads the settings and builds the program; with settings that are wrong, a door that says so to everybody. */
export async function openDoor(bindings: Bindings): Promise<Door> {
  const loaded = readSettings(bindings, VERSION)
  if (loaded.kind !== 'config') return refuseEverything(loaded.text, console.error)
  const platform = createWorkerPlatform(bindings)
  const log = createLog(loaded.config.log, platform)
  for (const warning of loaded.warnings) log.line('warn', warning)
  const shared = sharedState(bindings, log)
  const app = await createApp(loaded.config, shared === undefined ? platform : { ...platform, shared })
  log.line('info', 'Sidegate is ready', { version: VERSION, shared: shared !== undefined })
  return { fetch: (request, ctx) => answer({ app, shared }, request, ctx) }
}

async function answer(
  { app, shared }: { app: App; shared: IsolateState | undefined },
  request: Request,
  ctx: ExecutionContext,
): Promise<Response> {
  const visit: Visit = { defer: (work) => ctx.waitUntil(work), listeners: [] }
  await shared?.catchUp(visit.defer)
  const response = await app.fetch(request, visit)
  // Nobody tells a Worker when the last byte has left, so the answer counts as gone when it is handed over.
  for (const listener of visit.listeners) listener({ status: response.status, aborted: false })
  return response
}

function sharedState(bindings: Bindings, log: Log): IsolateState | undefined {
  const binding = bindings[RELAY]
  if (typeof binding !== 'object' || binding === null) return undefined
  // wrangler.toml binds this name to the class that runtimes/worker.ts exports.
  const namespace = binding as DurableObjectNamespace<SidegateRelay>
  return createIsolateState({
    // One object serves a deployment.
    object: () => namespace.get(namespace.idFromName('sidegate')),
    now: Date.now,
    onFailure: (error) => log.line('error', 'The Durable Object does not answer', { why: String(error) }),
  })
}
