import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/**
 * Stands between a request and its answer: takes the honest answer by calling `next`, or gives another one.
 * See the ready-made ones below (`status`, `garbage`, `redirectTo`, …).
 */
export type Script = (next: () => Promise<Response>, request: Request) => Response | Promise<Response>

/** A fake service as a web-standard app, reachable in process and over loopback. */
export interface FakeServer<Endpoint extends string> {
  /** `https://op.test`, or `http://127.0.0.1:port` once it listens. */
  origin: string
  readonly app: Hono
  /** How often each endpoint was asked, whatever it answered. */
  readonly hits: Record<Endpoint, number>
  /** Set one to change an endpoint's answers from then on; delete it to be honest again. */
  readonly scripts: Partial<Record<Endpoint, Script>>
  /** For `platform.fetch`: this service answers, every other address is an unreachable network. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Listens on a free loopback port; the origin changes to it. Close it in `afterAll`. */
  listen(): Promise<{ close(): Promise<void> }>
}

/** A fake service, as those see it who call it. */
export type FakeService = Pick<FakeServer<string>, 'origin' | 'fetch'>

/**
 * Makes the frame of a fake service; `route` registers one scripted, counted endpoint. An origin may have a path, as
 * issuers do, and every endpoint is below it.
 */
export function createFakeServer<Endpoint extends string>(
  origin: string,
  endpoints: readonly Endpoint[],
): {
  readonly server: FakeServer<Endpoint>
  route(
    endpoint: Endpoint,
    method: 'get' | 'post' | 'all',
    path: string,
    answer: (request: Request, parameters: Record<string, string>) => Response | Promise<Response>,
  ): void
} {
  const app = new Hono()
  const base = new URL(origin).pathname.replace(/\/$/u, '')
  // A script that throws is a connection that breaks.
  app.onError((error) => {
    throw error
  })
  // Cast: every endpoint of the list gets its counter.
  const hits = Object.fromEntries(endpoints.map((endpoint) => [endpoint, 0])) as Record<Endpoint, number>
  const scripts: Partial<Record<Endpoint, Script>> = {}
  const server: FakeServer<Endpoint> = {
    origin,
    app,
    hits,
    scripts,
    async fetch(url, init) {
      if (new URL(url).origin !== new URL(server.origin).origin)
        throw new TypeError(`fetch failed: ${new URL(url).origin}`)
      return app.fetch(new Request(url, init))
    },
    listen() {
      return new Promise((resolve) => {
        const listener = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
          server.origin = `http://127.0.0.1:${port}${base}`
          resolve({
            close: () =>
              new Promise((closed, reject) => {
                listener.close((error) => (error === undefined ? closed() : reject(error)))
                if ('closeAllConnections' in listener) listener.closeAllConnections()
              }),
          })
        })
      })
    },
  }
  return {
    server,
    route(endpoint, method, path, answer) {
      app[method](base + path, async (context) => {
        hits[endpoint] += 1
        const request = context.req.raw
        const next = async (): Promise<Response> => answer(request, context.req.param())
        return scripts[endpoint]?.(next, request) ?? next()
      })
    },
  }
}

/** Answers with a status and a JSON body. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

/** Script: this status and an HTML page, as gateways send them. */
export function status(code: number): Script {
  return () => new Response('<h1>Sorry</h1>', { status: code, headers: { 'content-type': 'text/html' } })
}

/** Script: 200 with this body and media type. */
export function body(text: string, type = 'application/json'): Script {
  return () => new Response(text, { headers: { 'content-type': type } })
}

/** Script: a redirect that must not be followed. */
export function redirectTo(location: string, code = 307): Script {
  return () => new Response(null, { status: code, headers: { location } })
}

/** Script: the honest answer, later. */
export function after(milliseconds: number): Script {
  return async (next) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return next()
  }
}

/** Script: an answer that never begins; ends when the asker gives up. */
export function never(): Script {
  return (_next, request) =>
    new Promise((_resolve, reject) =>
      request.signal.addEventListener('abort', () => reject(request.signal.reason)),
    )
}

/** Script: a JSON body of `bytes` bytes, sent in pieces of 16 KiB; without a number it has no end. */
export function oversized(bytes = Number.POSITIVE_INFINITY): Script {
  return () => {
    let left = bytes
    const piece = new TextEncoder().encode(' '.repeat(16_384))
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left <= 0) return controller.close()
        left -= piece.length
        controller.enqueue(piece)
      },
    })
    return new Response(stream, { headers: { 'content-type': 'application/json' } })
  }
}

/** Script: changes the honest JSON answer. */
export function changed(change: (body: Record<string, unknown>) => unknown): Script {
  return async (next) => {
    const honest = await next()
    // Cast: all JSON endpoints of the fakes answer with objects.
    return json(honest.status, change((await honest.json()) as Record<string, unknown>))
  }
}

/** Script: these in turn, then honest. */
export function inTurn(...scripts: readonly Script[]): Script {
  let turn = 0
  return (next, request) => {
    const script = scripts[turn]
    turn += 1
    return script === undefined ? next() : script(next, request)
  }
}
