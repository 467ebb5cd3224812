import type { Bindings } from './worker/forward.ts'
import { createWorkerApp, type WorkerApp } from './worker/worker-app.ts'

export { SidegateState } from './worker/shared-object.ts'

let settled: WorkerApp | undefined

/** Sidegate on Cloudflare Workers. Created by the first request, since nothing may be awaited while a Worker starts. */
export default {
  async fetch(request, env, ctx) {
    // A promise of one request must not be awaited by another: early visitors each create an app, and the first that is
    // ready counts.
    const door = settled ?? (await createWorkerApp(env))
    settled ??= door
    return settled.fetch(request, ctx)
  },
} satisfies ExportedHandler<Bindings>
