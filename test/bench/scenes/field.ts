import { OPEN_PATH } from '../doors/deployment.ts'
import { startNginxProxy } from '../doors/nginx.ts'
import { startPlain } from '../doors/plain.ts'
import type { Door } from '../doors/target.ts'
import { ask } from '../harness/request.ts'
import type { Contender } from '../harness/rounds.ts'
import { newFolder } from '../harness/workspace.ts'
import type { World } from './scene.ts'

/** Contenders that are ready, and the doors to close when they have been measured. */
export interface Field {
  readonly contenders: readonly Contender[]
  readonly doors: readonly Door[]
}

/** nginx, the plain Node proxy and the gate, access lines to /dev/null. */
export async function startThree({ app, gates, cookies }: World): Promise<Field> {
  const input = { upstreamPort: app.port, accessLog: '/dev/null' }
  const nginx = await startNginxProxy(input)
  const plain = await startPlain(input)
  const gate = await gates.start(input)
  return {
    contenders: [
      contender('nginx', nginx, cookies.alice),
      contender('plain Node', plain, cookies.alice),
      contender('gate', gate, cookies.alice),
    ],
    doors: [nginx, plain, gate],
  }
}

/** The three, and the gate under every other condition that is compared with them. */
export async function startAll(world: World): Promise<Field> {
  const { app, gates, cookies } = world
  const three = await startThree(world)
  const [, , gate] = three.doors
  if (gate === undefined) throw new Error('Three doors were started')
  // A gate of its own, because thousands of sessions in memory would weigh on what else it does.
  const crowd = await gates.start({ upstreamPort: app.port, accessLog: '/dev/null' })
  const more = world.quick ? [] : [await startLogged(world), await startRuled(world)]
  return {
    contenders: [
      ...three.contenders,
      { ...contender('gate, open route', gate, 'theme=dark'), path: `${OPEN_PATH}a` },
      { ...contender('gate, many users', crowd, ''), cookies: cookies.users },
      contender('gate, 3.5 KiB cookie', gate, cookies.long),
      ...more.flatMap(({ contenders }) => contenders),
    ],
    doors: [...three.doors, crowd, ...more.flatMap(({ doors }) => doors)],
  }
}

/** Access lines to a file. */
async function startLogged({ app, gates, cookies }: World): Promise<Field> {
  const folder = newFolder('access')
  const input = (name: string) => ({ upstreamPort: app.port, accessLog: `${folder}/${name}` })
  const nginx = await startNginxProxy(input('nginx'))
  const plain = await startPlain(input('plain'))
  const gate = await gates.start(input('gate'))
  return {
    contenders: [
      contender('nginx, file', nginx, cookies.alice),
      contender('plain Node, file', plain, cookies.alice),
      contender('gate, file', gate, cookies.alice),
    ],
    doors: [nginx, plain, gate],
  }
}

/** Five hundred rules of a kind, none of which the request matches. */
async function startRuled({ app, gates, cookies }: World): Promise<Field> {
  const input = { upstreamPort: app.port, accessLog: '/dev/null' }
  const routes = await gates.start({ ...input, flags: manyRoutes(500) })
  const upstreams = await gates.start({ ...input, flags: manyUpstreams(500, app.port) })
  return {
    contenders: [
      contender('gate, 500 routes', routes, cookies.alice),
      contender('gate, 500 upstreams', upstreams, cookies.alice),
    ],
    doors: [routes, upstreams],
  }
}

/** A door as one of those that are compared. */
export function contender(name: string, { port, pid }: Door, cookie: string): Contender {
  return { name, port, pid, path: '/reports?page=3', cookies: [cookie] }
}

function manyRoutes(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `--skip-auth-route=GET=^/public-${at}/[a-z]+/assets/`)
}

function manyUpstreams(count: number, port: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `--upstream=http://127.0.0.1:${port}/service-${at}/`)
}

/** A sign-in page has status 200 too: only the app's own answer, with the identity it was told, counts as forwarded. */
export async function prove({ name, port, path, cookies }: Contender): Promise<void> {
  const open = path.startsWith(OPEN_PATH)
  const seen = await ask({ port, path: open ? path : '/seen', cookie: cookies[0] ?? '' })
  const email = seen.headers['x-seen-email']
  const isForwarded = seen.status === 200 && seen.body.length === 1024
  if (isForwarded && (open || /@example\.com$/u.test(String(email)))) return
  throw new Error(
    `"${name}" does not forward: ${seen.status}, ${seen.body.length} bytes, e-mail ${String(email)}`,
  )
}
