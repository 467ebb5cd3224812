import { join } from 'node:path'
import { createFakeProvider, type FakeProvider } from './fake-provider.ts'
import { type PlainApp, startPlainApp } from './plain-app.ts'
import { type Served, serve } from './served.ts'
import { type Asking, createVisitor, type Visitor } from './visitor.ts'
import { type Answered, ask, type OnTheWire } from './wire.ts'

/** The real program, once or several times, between a provider and an app on the loopback. */
export interface Deployment {
  readonly provider: FakeProvider
  readonly app: PlainApp
  readonly gates: readonly Gate[]
  /** Requests with a refresh token that the provider was sent. */
  refreshes(): number
  close(): Promise<void>
}

/** One process of the deployment. */
export interface Gate {
  /** Its log, parsed. */
  lines(): readonly Record<string, unknown>[]
  /** A browser with an empty jar that believes to be on https://app.example.com. */
  visitor(): Visitor
  /** A request of a program that carries what this browser has now. */
  askAs(visitor: Visitor, wanted?: OnTheWire): Promise<Answered>
}

/** What a test decides. */
export interface ADeployment {
  /** Flags of each process; as many processes as there are entries, one by default. */
  readonly gates?: readonly (readonly string[])[]
  /** Flags of all of them. */
  readonly args?: readonly string[]
}

const PROGRAM = join(import.meta.dirname, '../../runtimes/node.ts')
const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

/** Starts provider, app and gates on ports of the kernel's choice. */
export async function deploy({ gates = [[]], args = [] }: ADeployment = {}): Promise<Deployment> {
  const [provider, app] = await Promise.all([createFakeProvider(), startPlainApp()])
  const listener = await provider.listen()
  const served = await Promise.all(gates.map((own) => startGate({ provider, app, args: [...args, ...own] })))
  return {
    provider,
    app,
    gates: served.map(toGate),
    refreshes: () =>
      provider.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length,
    async close() {
      await Promise.all([...served.map(({ stop }) => stop()), listener.close(), app.close()])
    },
  }
}

/** Signs in whoever the provider has at its desk. */
export async function signIn({ visitor }: Gate): Promise<Visitor> {
  const person = visitor()
  const landed = await person.browse('/oauth2/start?rd=%2F')
  if (landed.text !== 'hello from the app') throw new Error(`${landed.status} ${landed.url}: ${landed.text}`)
  return person
}

/** The Cookie header of a browser as it is now, with the header's name in front. */
export function cookieOf({ jar }: Visitor): readonly [string, string] {
  return ['Cookie', [...jar].map((pair) => pair.join('=')).join('; ')]
}

interface Starting {
  readonly provider: FakeProvider
  readonly app: PlainApp
  readonly args: readonly string[]
}

function startGate({ provider, app, args }: Starting): Promise<Served> {
  const flags = [
    '--http-address=127.0.0.1:0',
    '--provider=oidc',
    `--oidc-issuer-url=${provider.origin}`,
    `--client-id=${provider.client.id}`,
    '--email-domain=example.com',
    `--upstream=${app.origin}/`,
    ...args,
  ]
  const ownSecret = args.some((flag) => flag.startsWith('--cookie-secret-file='))
  const env = {
    PATH: process.env['PATH'],
    OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret,
    ...(ownSecret ? {} : { OAUTH2_PROXY_COOKIE_SECRET: SECRET }),
  }
  return serve({ command: process.execPath, args: [PROGRAM, ...flags], env })
}

function toGate({ urls: [url = ''], output }: Served): Gate {
  const network = {
    gateOrigin: 'https://app.example.com',
    gate: async (target: string, { body, headers = [], method = 'GET' }: Asking) =>
      toResponse(await ask(url, { method, target, headers, ...(body === undefined ? {} : { body }) })),
    elsewhere: (address: string, init: RequestInit) => fetch(address, init),
  }
  return {
    lines: () =>
      output()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    visitor: () => createVisitor(network),
    askAs: (visitor, wanted = {}) =>
      ask(url, {
        ...wanted,
        headers: ['Host', 'app.example.com', ...cookieOf(visitor), ...(wanted.headers ?? [])],
      }),
  }
}

function toResponse({ body, lines, status }: Answered): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response([204, 304].includes(status) ? null : new Uint8Array(body), { status, headers })
}
