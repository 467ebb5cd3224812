import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EchoApp, startEchoApp } from '../support/echo-app.ts'
import { createFakeProvider, type FakeProvider, type FakeUser } from '../support/fake-provider.ts'
import { type Asking, createVisitor, type Visitor } from '../support/visitor.ts'
import { describeAnswer, describeHeard, type Names, type Observation, send, type Wire } from './observe.ts'
import type { Probe, Scene } from './scene.ts'
import { type Program, startProgram, startStore } from './start-program.ts'

/** Both programs under one configuration, at one provider and in front of one app. */
export interface Pair {
  /** What theirs and ours answered to a probe. */
  ask(probe: Probe): Promise<{ readonly theirs: Observation; readonly ours: Observation }>
  close(): Promise<void>
}

const USUAL_ORIGIN = 'https://app.example.com'
const PROGRAM = join(import.meta.dirname, '../../runtimes/node.ts')

/** Starts both programs with the flags of a scene; `binary` is the real oauth2-proxy. */
export async function startPair(scene: Scene, binary: string): Promise<Pair> {
  const provider = await createFakeProvider()
  const [listener, app, redis] = await Promise.all([
    provider.listen(),
    startEchoApp(answerOf),
    startStore(scene.redis),
  ])
  const world = { provider, app }
  const honest = { user: provider.user, behaviour: { ...provider.behaviour } }
  scene.prepare?.(world)
  const origin = scene.origin ?? USUAL_ORIGIN
  const appOrigin = `http://127.0.0.1:${app.port}`
  const program = { scene, origin, appOrigin, provider, redis: redis.url }
  const started: Program[] = []
  const close = async (): Promise<void> => {
    await Promise.all(started.map(({ stop }) => stop()))
    await Promise.all([app.close(), listener.close(), redis.stop()])
  }
  try {
    started.push(await startProgram([binary], program))
    started.push(await startProgram([process.execPath, PROGRAM], program))
  } catch (error) {
    await close()
    throw error
  }
  const names = (url: string): Names => ({
    origins: { [provider.origin]: '<provider>', [appOrigin]: '<app>', [url]: '<program>' },
    cookieName: scene.cookieName ?? flagOf(scene, 'cookie-name') ?? '_oauth2_proxy',
  })
  const reset = () => restore(provider, honest, () => scene.prepare?.(world))
  const prefix = scene.prefix ?? flagOf(scene, 'proxy-prefix') ?? '/oauth2'
  const sides = started.map(({ url }) => createSide(url, world, { names, prefix, origin }))
  return {
    async ask(probe) {
      const seen: Observation[] = []
      for (const side of sides) {
        reset()
        seen.push(await side(probe))
      }
      return { theirs: seen[0] ?? {}, ours: seen[1] ?? {} }
    },
    close,
  }
}

type World = { readonly provider: FakeProvider; readonly app: EchoApp }
type Side = (probe: Probe) => Promise<Observation>

interface SideOptions {
  readonly names: (url: string) => Names
  readonly prefix: string
  readonly origin: string
}

/** One of the programs, with people who sign in there. */
function createSide(url: string, world: World, { names, origin, prefix }: SideOptions): Side {
  const { host } = new URL(origin)
  let shared: Promise<Visitor> | undefined
  const { app, provider } = world

  async function signedIn(): Promise<Visitor> {
    const visitor = createVisitor({
      gateOrigin: origin,
      gate: (target, asking) => toResponse(url, target, asking),
      elsewhere: (address, init) => fetch(address, init),
    })
    await visitor.browse(`${prefix}/start?rd=%2F`)
    return visitor
  }

  async function cookieFor({ session }: Probe): Promise<readonly string[]> {
    if (session === undefined) return []
    if (session === 'shared') shared ??= signedIn()
    const { jar } = await (session === 'fresh' ? signedIn() : (shared ?? signedIn()))
    return jar.size === 0 ? [] : ['Cookie', [...jar].map((pair) => pair.join('=')).join('; ')]
  }

  return async (probe) => {
    const { body, headers = [], method = 'GET', target, upgrade = false } = probe
    const cookie = await cookieFor(probe)
    probe.before?.(world)
    if (probe.waitMs !== undefined) await sleep(probe.waitMs)
    const lines = [...(headers.includes('Host') ? [] : ['Host', host]), ...headers, ...cookie]
    app.received.length = 0
    const named = names(url)
    try {
      const first = await send(url, { method, target, headers: lines, body, upgrade })
      const answer = probe.signsIn ? await finish(first, { url, provider, headers: lines }) : first
      const heard = app.received.at(-1)
      const raw = heard && { ...heard, lines: Object.entries(heard.headers).flatMap(toLine) }
      return { ...describeAnswer(answer, named), ...describeHeard(raw, named) }
    } catch (error) {
      return { status: `no answer: ${error instanceof Error ? error.message.slice(0, 60) : ''}` }
    }
  }
}

interface Finishing {
  readonly url: string
  readonly provider: FakeProvider
  readonly headers: readonly string[]
}

/** Signs in at the provider that an answer leads to, and sends the browser back; the answer of the callback. */
async function finish(first: Wire, { url, provider, headers }: Finishing): Promise<Wire> {
  const location = lineOf(first, 'location')
  if (location?.startsWith(`${provider.origin}/authorize`) !== true) return first
  const back = await provider.visit(location)
  const cookies = first.lines.filter(
    (_, at) => first.lines[at - 1]?.toLowerCase() === 'set-cookie' && at % 2 === 1,
  )
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
  return send(url, {
    method: 'GET',
    target: back.pathname + back.search,
    headers: [...headers, 'Cookie', cookie],
    body: undefined,
    upgrade: false,
  })
}

function lineOf({ lines }: Wire, name: string): string | undefined {
  const at = lines.findIndex((line, index) => index % 2 === 0 && line.toLowerCase() === name)
  return at === -1 ? undefined : lines[at + 1]
}

async function toResponse(url: string, target: string, { body, headers = [], method = 'GET' }: Asking) {
  const { status, lines, text } = await send(url, { method, target, headers, body, upgrade: false })
  const answer = new Headers()
  for (let at = 0; at < lines.length; at += 2) answer.append(lines[at] ?? '', lines[at + 1] ?? '')
  return new Response([204, 304].includes(status) ? null : text, { status, headers: answer })
}

function toLine([name, value]: readonly [string, string | string[] | undefined]): readonly string[] {
  return value === undefined ? [] : [name, Array.isArray(value) ? value.join(', ') : value]
}

function flagOf({ base = [], flags }: Scene, name: string): string | undefined {
  return (
    [...base, ...flags].find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3) || undefined
  )
}

interface Honest {
  readonly user: FakeUser | undefined
  readonly behaviour: FakeProvider['behaviour']
}

function restore(provider: FakeProvider, { user, behaviour }: Honest, prepare: () => void): void {
  provider.user = user
  Object.assign(provider.behaviour, behaviour)
  for (const name of Object.keys(provider.scripts))
    delete provider.scripts[name as keyof typeof provider.scripts]
  for (const name of ['claims', 'header', 'text'] as const) delete provider.idToken[name]
  prepare()
}

/** The app: a status in the path is its answer, `/set` sends headers of the gate's names. */
function answerOf(url: string): { status: number; headers?: Record<string, string> } {
  const status = Number(/^\/status\/(\d{3})/u.exec(url)?.[1] ?? 200)
  return url.startsWith('/set')
    ? { status, headers: { 'X-Auth-Request-User': 'app', 'Cache-Control': 'max-age=60' } }
    : { status }
}
