import { createFakeProvider, type FakeProvider } from '../support/fake-provider.ts'
import { type PlainApp, startPlainApp } from '../support/plain-app.ts'
import { freePort } from '../support/processes.ts'
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts'
import { type StubbornApp, startStubbornApp } from '../support/stubborn-app.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'
import { type Answered, ask, type OnTheWire, open } from '../support/wire.ts'
import type { Door, Exception, OpenDoor } from './runtime-fixture.ts'

/** A gate between a provider and four apps, all over loopback. */
export interface World {
  readonly provider: FakeProvider
  /** Everything that has no app of its own. */
  readonly app: PlainApp
  /** Everything below `/stubborn/`. */
  readonly stubborn: StubbornApp
  /** Everything below `/odd/`: says what a test makes it say. Nobody listens behind `/dead/`. */
  readonly odd: RawUpstream
  readonly gate: OpenDoor
  readonly differs: (exception: Exception) => boolean
  /** A browser with an empty jar that believes to be on https://app.example.com. */
  visitor(): Visitor
  /** A request of a program without a session. */
  ask(wanted?: OnTheWire): Promise<Answered>
  /** A request of a program with Alice's session. */
  asAlice(wanted?: OnTheWire): Promise<Answered>
  /** The same, with the body of the answer still under way. */
  openAsAlice(wanted: OnTheWire): ReturnType<typeof open>
  /** The Cookie line of Alice's browser. */
  readonly cookie: string
  close(): Promise<void>
}

/** Lines that each request of a test has. */
export const HOST = ['Host', 'app.example.com']

/** Until the head of an answer: long enough to leave before. */
export const UPSTREAM_TIMEOUT_MS = 3000

/** Rules over which a backtracking engine would sit for ever with the paths of `cases/targets.ts`. */
const ENDLESS_RULES = ['^/endless/(a+)+$', '^/endless/(?:%[0-9A-F][0-9A-F]|[а-яё]|[ж-ю])+$']

/** Starts everything, signs Alice in, and forgets what the app heard of that. */
export async function startWorld(
  door: Door,
  variables: Readonly<Record<string, string>> = {},
): Promise<World> {
  const provider = await createFakeProvider()
  const [listener, app, stubborn, dead] = await Promise.all([
    provider.listen(),
    startPlainApp(),
    startStubbornApp(),
    freePort(),
  ])
  const odd = await startRawUpstream((socket) => socket.destroy())
  const upstreams = [
    `${app.origin}/`,
    `${stubborn.origin}/stubborn/`,
    `http://127.0.0.1:${odd.port}/odd/`,
    `http://127.0.0.1:${dead}/dead/`,
  ]
  const gate = await door.start({
    OAUTH2_PROXY_PROVIDER: 'oidc',
    OAUTH2_PROXY_OIDC_ISSUER_URL: provider.origin,
    OAUTH2_PROXY_CLIENT_ID: provider.client.id,
    OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret,
    OAUTH2_PROXY_COOKIE_SECRET: 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
    OAUTH2_PROXY_EMAIL_DOMAINS: 'example.com',
    OAUTH2_PROXY_UPSTREAMS: upstreams.join(','),
    OAUTH2_PROXY_SKIP_AUTH_ROUTES: ['GET=^/public/', ...ENDLESS_RULES].join(','),
    OAUTH2_PROXY_UPSTREAM_TIMEOUT: `${UPSTREAM_TIMEOUT_MS}ms`,
    OAUTH2_PROXY_SET_XAUTHREQUEST: 'true',
    ...variables,
  })
  const visitor = (): Visitor => visitorOf(gate)
  const cookie = await signIn(visitor())
  app.heard.length = 0
  const withCookie = (wanted: OnTheWire): OnTheWire => ({
    ...wanted,
    headers: [...HOST, 'Cookie', cookie, ...(wanted.headers ?? [])],
  })
  return {
    provider,
    app,
    stubborn,
    odd,
    gate,
    cookie,
    differs: (exception) => door.exceptions.includes(exception),
    visitor,
    ask: (wanted = {}) => ask(gate.url, { ...wanted, headers: [...HOST, ...(wanted.headers ?? [])] }),
    asAlice: (wanted = {}) => ask(gate.url, withCookie(wanted)),
    openAsAlice: (wanted) => open(gate.url, withCookie(wanted)),
    async close() {
      await Promise.all([gate.stop(), app.close(), stubborn.close(), odd.close(), listener.close()])
    },
  }
}

/** A browser with an empty jar that believes to be on https://app.example.com. */
export function visitorOf({ url }: Pick<OpenDoor, 'url'>): Visitor {
  return createVisitor(networkOf(url))
}

/** Signs in whoever the provider has at its desk; the Cookie line of the browser after that. */
export async function signIn(visitor: Visitor): Promise<string> {
  const landed = await visitor.browse('/oauth2/start?rd=%2F')
  if (landed.text !== 'hello from the app') throw new Error(`${landed.status} ${landed.url}: ${landed.text}`)
  return cookieLine(visitor)
}

/** The Cookie line of a browser as it is now. */
export function cookieLine({ jar }: Visitor): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

/** Values of one header, given in lower case, of what the app heard last. */
export function heardLine({ app }: Pick<World, 'app'>, name: string): readonly string[] {
  const lines = app.heard.at(-1)?.lines ?? []
  return lines.filter((_, at) => at % 2 === 1 && lines[at - 1]?.toLowerCase() === name)
}

function networkOf(url: string) {
  return {
    gateOrigin: 'https://app.example.com',
    gate: async (target: string, asking: Parameters<Visitor['visit']>[1] = {}) => {
      const { body, headers = [], method = 'GET' } = asking
      return toResponse(await ask(url, { method, target, headers, ...(body === undefined ? {} : { body }) }))
    },
    elsewhere: (address: string, init: RequestInit) => fetch(address, init),
  }
}

function toResponse({ body, lines, status }: Answered): Response {
  const headers = new Headers()
  for (let at = 0; at < lines.length; at += 2) headers.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response([204, 304].includes(status) ? null : new Uint8Array(body), { status, headers })
}
