import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeProvider, type FakeProvider } from '../support/fake-provider.ts'
import { type PlainApp, startPlainApp } from '../support/plain-app.ts'
import type { Served } from '../support/served.ts'

/** A runtime that has files, sockets and signals. */
export interface ServerDoor {
  readonly runtime: string
  /** Starts the program and waits until all its listeners are open. */
  serve(setup: Setup): Promise<Served>
}

/** How a gate is set up. */
export interface Setup {
  readonly variables: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly listeners: number
}

/** What is around a gate of these tests. */
export interface Yard {
  readonly provider: FakeProvider
  readonly app: PlainApp
  /** An empty folder. */
  readonly folder: string
  /** Starts a gate of this yard; it is stopped with the yard at the latest. */
  open(variables?: Setup['variables'], more?: Partial<Setup>): Promise<Served>
  close(): Promise<void>
}

/** Starts a provider and an app; gates come later. */
export async function openYard(door: ServerDoor): Promise<Yard> {
  const provider = await createFakeProvider()
  const [listener, app] = await Promise.all([provider.listen(), startPlainApp()])
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-yard-'))
  const gates: Served[] = []
  return {
    provider,
    app,
    folder,
    async open(variables = {}, { args = [], listeners = 1 } = {}) {
      const all = { ...usual(provider, app.origin), ...variables }
      const gate = await door.serve({ variables: all, args, listeners })
      gates.push(gate)
      return gate
    },
    async close() {
      await Promise.all(gates.map((gate) => gate.stop('SIGKILL')))
      await Promise.all([app.close(), listener.close()])
      rmSync(folder, { recursive: true })
    },
  }
}

function usual({ client, origin }: FakeProvider, upstream: string): Readonly<Record<string, string>> {
  return {
    OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0',
    OAUTH2_PROXY_PROVIDER: 'oidc',
    OAUTH2_PROXY_OIDC_ISSUER_URL: origin,
    OAUTH2_PROXY_CLIENT_ID: client.id,
    OAUTH2_PROXY_CLIENT_SECRET: client.secret,
    OAUTH2_PROXY_COOKIE_SECRET: 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
    OAUTH2_PROXY_EMAIL_DOMAINS: 'example.com',
    OAUTH2_PROXY_SKIP_AUTH_ROUTES: 'GET=^/public/',
    OAUTH2_PROXY_UPSTREAMS: upstream,
  }
}
