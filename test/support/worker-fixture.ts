import { createFakeProvider, type FakeProvider } from './fake-provider.ts'
import { type PlainApp, startPlainApp } from './plain-app.ts'
import { createVisitor, type Visitor } from './visitor.ts'
import { ask } from './wire.ts'
import { type RunningWorker, startWorker } from './workerd.ts'

/** A provider, an app and the Worker between them, all over loopback. */
export interface WorkerWorld {
  readonly provider: FakeProvider
  readonly app: PlainApp
  readonly worker: RunningWorker
  /** A browser with an empty jar that talks to one isolate. */
  visitor(isolate?: number): Visitor
  close(): Promise<void>
}

/** What a test decides. */
export interface AWorkerWorld {
  readonly variables?: Readonly<Record<string, unknown>>
  readonly isolates?: number
  readonly relay?: boolean
  /** Upstreams beside the app. */
  readonly upstreams?: readonly string[]
}

/** Starts everything. `binding:APP` and the origin of the app are both upstreams that can be named. */
export async function startWorkerWorld({
  variables = {},
  upstreams = [],
  ...rest
}: AWorkerWorld = {}): Promise<WorkerWorld> {
  const provider = await createFakeProvider()
  const listener = await provider.listen()
  const app = await startPlainApp()
  const worker = await startWorker({
    ...rest,
    services: { APP: new URL(app.origin).host },
    variables: {
      OAUTH2_PROXY_PROVIDER: 'oidc',
      OAUTH2_PROXY_OIDC_ISSUER_URL: provider.origin,
      OAUTH2_PROXY_CLIENT_ID: provider.client.id,
      OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret,
      OAUTH2_PROXY_COOKIE_SECRET: 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
      OAUTH2_PROXY_EMAIL_DOMAINS: 'example.com',
      OAUTH2_PROXY_UPSTREAMS: [app.origin, ...upstreams].join(','),
      ...variables,
    },
  })
  return {
    provider,
    app,
    worker,
    visitor: (isolate = 0) =>
      createVisitor({
        gateOrigin: 'https://app.example.com',
        gate: async (target, { method = 'GET', headers = [], body }) => {
          const answer = await ask(worker.urls[isolate] ?? '', {
            method,
            target,
            headers,
            ...(body === undefined ? {} : { body }),
          })
          return toResponse(answer.status, answer.lines, answer.text)
        },
        elsewhere: (url, init) => fetch(url, init),
      }),
    async close() {
      await Promise.all([worker.stop(), app.close(), listener.close()])
    },
  }
}

/** The Cookie line of a browser that is signed in. */
export async function signIn(world: WorkerWorld, isolate = 0): Promise<string> {
  const visitor = world.visitor(isolate)
  const landed = await visitor.browse('/oauth2/start?rd=%2F')
  if (landed.text !== 'hello from the app') throw new Error(`${landed.status} ${landed.url}: ${landed.text}`)
  return cookieLine(visitor)
}

/** The Cookie line of a browser as it is now. */
export function cookieLine({ jar }: Visitor): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

function toResponse(status: number, lines: readonly string[], text: string): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response([204, 304].includes(status) ? null : text, { status, headers })
}
