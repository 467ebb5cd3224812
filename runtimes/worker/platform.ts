import type { Platform } from '../../src/platform.ts'
import { type Bindings, type CatchUp, createForward } from './forward.ts'
import { toIncomingRequest, type Visit } from './incoming-request.ts'

/** Creates the Platform of Workers: no files, no watching, no AES but WebCrypto's. */
export function createWorkerPlatform(bindings: Bindings, catchUp: CatchUp): Platform {
  return {
    runtime: 'workers',
    // The entrypoint passes a Visit as the environment of each request.
    incomingRequest: (request, env) => toIncomingRequest(request, env as Visit),
    forward: createForward(bindings, catchUp),
    // Tokens and profiles must come from the provider and not from the edge's cache.
    fetch: (url, init) => fetch(url, { ...init, cache: 'no-store' }),
    now: Date.now,
    write: (line) => console.log(line),
  }
}
