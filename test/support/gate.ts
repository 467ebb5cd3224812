import { type App, createApp } from '../../src/app.ts'
import type { Config } from '../../src/config/config.ts'
import { type LoadInput, loadConfig } from '../../src/config/load.ts'
import { readToml } from '../../src/config/sources/toml.ts'
import { structured } from '../../src/config/structured/all.ts'
import type { Sink } from '../../src/observe/event.ts'
import type { Completion } from '../../src/platform.ts'
import type { Rules } from '../../src/policy/rules.ts'
import { PROVIDER_KINDS, type RegisteredKinds } from '../../src/providers/registry.ts'
import { createFakePlatform, type FakePlatform, type World } from './fake-platform.ts'
import { createFakeProvider, type FakeProvider } from './fake-provider.ts'
import type { FakeService } from './fake-server.ts'
import { anIncomingRequest } from './incoming-request.ts'
import { type Asking, createVisitor, type Visitor } from './visitor.ts'

/** The whole program in process, with a provider and an app that only exist in memory. */
export interface TestGate {
  readonly app: App
  readonly platform: FakePlatform
  readonly provider: FakeProvider
  /** A request as it is, without a browser's manners. */
  ask(target: string, asking?: Asking): Promise<Response>
  /** A browser with an empty jar. */
  visitor(): Visitor
  /** Another process of the same deployment: same settings, or others, same clock. */
  sibling(args?: readonly string[], change?: AGate['change']): Promise<TestGate>
}

/** What a test decides. */
export interface AGate extends World {
  /** Flags beside the usual ones. */
  readonly args?: readonly string[]
  readonly provider?: never
  /** Address of the provider, where it is not https://op.test. */
  readonly origin?: string
  /** Further providers, by their origins. */
  readonly others?: readonly FakeProvider[]
  /** Other services that are asked in its place, or beside it, by their origins. */
  readonly services?: readonly FakeService[]
  /** Instead of one app at `/`. */
  readonly upstreams?: readonly string[]
  readonly secret?: string
  /** A structured file in place of the flags that have a place in it; `$OP`, `$CLIENT_ID` and `$CLIENT_SECRET` are those of the provider. */
  readonly file?: string
  /** What no flag can say yet: the configuration as it is read otherwise. */
  readonly change?: ((config: Config) => Config) | undefined
  /** What no setting can say yet: rules that see the request as well as the person. */
  readonly permits?: Rules['permits']
  /** Instead of the kinds of providers that there are. */
  readonly kinds?: RegisteredKinds
  /** Receivers of events beside the log. */
  readonly sinks?: readonly Sink[]
}

export const ORIGIN = 'https://app.example.com'
const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

/** Starts the program the way an operator would: with flags. */
export async function startGate(given: AGate = {}): Promise<TestGate> {
  const provider = await createFakeProvider(given.origin)
  const at = createRouteToProviders(provider, given)
  const platform = createFakePlatform({ ...given, provider: (url, init) => at(url).fetch(url, init) })
  for (const each of [provider, ...(given.others ?? [])]) each.behaviour.now = platform.now
  return assemble({ provider, platform, given, args: given.args ?? [] })
}

function createRouteToProviders(provider: FakeProvider, { others = [], services = [] }: AGate) {
  return (url: string): FakeService =>
    [...others, ...services].find(({ origin }) => url.startsWith(`${origin}/`)) ?? provider
}

interface Assembly {
  readonly provider: FakeProvider
  readonly platform: FakePlatform
  readonly given: AGate
  readonly args: readonly string[]
}

async function assemble({ provider, platform, given, args }: Assembly): Promise<TestGate> {
  const { kinds = PROVIDER_KINDS } = given
  const placed = [
    '--provider=oidc',
    `--oidc-issuer-url=${provider.origin}`,
    `--client-id=${provider.client.id}`,
    ...(given.upstreams ?? ['http://127.0.0.1:8080/']).map((url) => `--upstream=${url}`),
  ]
  const input: LoadInput = {
    args: [
      ...(given.file === undefined ? placed : ['--alpha-config=gate.yaml']),
      '--email-domain=example.com',
      ...args,
    ],
    env: {
      OP: provider.origin,
      CLIENT_ID: provider.client.id,
      CLIENT_SECRET: provider.client.secret,
      OAUTH2_PROXY_CLIENT_SECRET: given.file === undefined ? provider.client.secret : '',
      OAUTH2_PROXY_COOKIE_SECRET: args.some((arg) => arg.startsWith('--cookie-secret-file'))
        ? ''
        : (given.secret ?? SECRET),
    },
    readFile: (path) =>
      path === 'gate.yaml' && given.file !== undefined ? given.file : (platform.readFile?.(path) ?? ''),
    runtime: 'node',
    version: '0.0.0',
  }
  const loaded = loadConfig(input, kinds, { readToml, structured })
  if (loaded.kind !== 'config') throw new Error(loaded.text)
  const { change = (config: Config) => config, permits, sinks = [] } = given
  const app = await createApp(change(loaded.config), platform, {
    sinks,
    kinds,
    permits,
    templateEngine: { version: '0.0.0', load: () => import('../../src/pages/templates/load.ts') },
  })
  const ask = async (target: string, asking: Asking = {}): Promise<Response> => {
    const headers = asking.headers ?? ['Host', 'app.example.com']
    const listeners: ((completion: Completion) => void)[] = []
    const onFinished = (listener: (completion: Completion) => void) => void listeners.push(listener)
    const incoming = { ...anIncomingRequest({ ...asking, target, headers }), onFinished }
    const request = new Request(ORIGIN, incoming.method === 'POST' ? { method: 'POST' } : {})
    const response = await app.fetch(request, incoming)
    for (const listener of listeners) listener({ status: response.status, aborted: false })
    return response
  }
  return {
    app,
    platform,
    provider,
    ask,
    visitor: () =>
      createVisitor({
        gateOrigin: ORIGIN,
        gate: ask,
        elsewhere: (url, init) => createRouteToProviders(provider, given)(url).fetch(url, init),
      }),
    sibling: (more = args, change = given.change) =>
      assemble({ provider, platform, given: { ...given, change }, args: more }),
  }
}
