import { OPEN_PATH } from '../doors/deployment.ts'
import type { Door } from '../doors/door.ts'
import { imageFlags } from '../doors/gate.ts'
import { startNginxProxy } from '../doors/nginx.ts'
import { startPlain } from '../doors/plain.ts'
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
  const plain = await startPlain(input, imageFlags())
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
  const plainInput = { upstreamPort: app.port, accessLog: '/dev/null' }
  const routes = await gates.start({ ...plainInput, flags: manyRoutes(500) })
  const upstreams = await gates.start({ ...plainInput, flags: manyUpstreams(500, app.port) })
  const logged = world.quick ? { contenders: [], doors: [] } : await startLogged(world)
  // Without the check: a route that is open to all, with a cookie of the app that is as long as the session was.
  const appCookie = `app=${cookies.alice.slice(4)}`
  return {
    contenders: [
      ...three.contenders,
      ...logged.contenders,
      { ...contender('gate, unchecked', gate, appCookie), path: `${OPEN_PATH}a` },
      { ...contender('gate, 5,000 users', gate, ''), cookies: cookies.users },
      contender('gate, 3.5 KiB cookie', gate, cookies.long),
      contender('gate, 500 routes', routes, cookies.alice),
      contender('gate, 500 upstreams', upstreams, cookies.alice),
    ],
    doors: [...three.doors, ...logged.doors, routes, upstreams],
  }
}

async function startLogged({ app, gates, cookies }: World): Promise<Field> {
  const folder = newFolder('access')
  const input = (name: string) => ({ upstreamPort: app.port, accessLog: `${folder}/${name}` })
  const nginx = await startNginxProxy(input('nginx'))
  const plain = await startPlain(input('plain'), imageFlags())
  const gate = await gates.start(input('gate'))
  return {
    contenders: [
      contender('nginx, log file', nginx, cookies.alice),
      contender('plain Node, log file', plain, cookies.alice),
      contender('gate, log file', gate, cookies.alice),
    ],
    doors: [nginx, plain, gate],
  }
}

function contender(name: string, { port, pid }: Door, cookie: string): Contender {
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
