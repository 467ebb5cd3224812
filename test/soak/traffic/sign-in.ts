import type { Seen } from '../../support/visitor.ts'
import { ask, toResponse } from '../client.ts'
import { Deviation } from '../judge.ts'
import type { Stage, TrafficKind } from '../stage.ts'
import { APP_HEADER } from '../world/app.ts'
import { cookieOf, ORIGIN, type Person, passwordOf, SESSION_COOKIE } from '../world/people.ts'
import { asksToSignIn, judgeApp, judgeTrouble, someTarget, withPerson } from './answers.ts'

/** Time in which the streams of a session must end with it, in ms; on a quiet machine it is a quarter of a second. */
const STREAMS_END_MS = 10_000

const FORM = ['Origin', ORIGIN, 'Content-Type', 'application/x-www-form-urlencoded'] as const

const isOut = ({ state }: Person): boolean => state !== 'in'

/** Signs a person of the provider in by the whole code flow, and judges where they land. */
export async function signInAtProvider(
  { world, random }: Pick<Stage, 'world' | 'random'>,
  person: Person,
): Promise<void> {
  const { jar } = person.browser
  const before = { sid: person.sid, cookie: jar.get(SESSION_COOKIE) }
  beginSignIn(person)
  person.sid = world.people.nextSid()
  const target = someTarget(random)
  try {
    const landed = await person.browser.browse(`/oauth2/start?rd=${encodeURIComponent(target)}`)
    landedWell(person, landed, 'sign-in')
    if (!landed.url.endsWith(target))
      throw new Deviation(`sign-in: led to ${landed.url} in place of ${target}`)
  } finally {
    // The session of before is the one that counts where there is no new one.
    if (jar.get(SESSION_COOKIE) === before.cookie) person.sid = before.sid
  }
}

/** Signs a local user in by the form. */
export async function signInByForm({ random }: Pick<Stage, 'random'>, person: Person): Promise<void> {
  const target = someTarget(random)
  beginSignIn(person)
  const fields = { username: person.name, password: passwordOf(person.name), rd: target }
  const body = new URLSearchParams(fields).toString()
  const sent = await person.browser.visit('/oauth2/sign_in', { method: 'POST', headers: FORM, body })
  judgeTrouble(sent, `form of ${person.name}`)
  if (sent.status !== 302)
    throw new Deviation(`form of ${person.name}: ${sent.status} ${sent.text.slice(0, 300)}`)
  const url = new URL(sent.location ?? '/', ORIGIN).href
  landedWell(person, { ...(await person.browser.visit(sent.location ?? '/')), url }, 'form')
}

/** Ends a session at the gate, as a page of the app does, and everything that hangs on it. */
export async function signOut({ world: { people } }: Pick<Stage, 'world'>, person: Person): Promise<void> {
  const cookie = cookieOf(person.browser)
  // From here on its streams may end.
  person.state = 'unknown'
  const answer = await person.browser.visit('/oauth2/sign_out', {
    method: 'POST',
    headers: ['Origin', ORIGIN],
    body: '',
  })
  judgeTrouble(answer, `sign-out of ${person.name}`)
  // It leads to the start page; nothing says that the provider's own session is to be left.
  if (answer.status !== 302) throw new Deviation(`sign-out: ${answer.status} ${textOf(answer)}`)
  if (person.browser.jar.has(SESSION_COOKIE))
    throw new Deviation(`sign-out of ${person.name}: the cookie stays`)
  person.state = 'out'
  people.ended.push({ name: person.name, cookie })
  if (people.ended.length > 300) people.ended.shift()
  await untilStreamsEnd(person)
}

const signIn: TrafficKind = {
  weight: 12,
  play: (stage) =>
    withPerson(
      stage,
      (person) => isOut(person) && person.kind === 'provider',
      (person) => signInAtProvider(stage, person),
    ),
}

const localSignIn: TrafficKind = {
  weight: 3,
  play: (stage) =>
    withPerson(
      stage,
      (person) => isOut(person) && person.kind === 'local',
      (person) => signInByForm(stage, person),
    ),
}

const signOutKind: TrafficKind = {
  weight: 4,
  play: (stage) =>
    withPerson(
      stage,
      ({ state }) => state === 'in',
      (person) => signOut(stage, person),
    ),
}

/** The provider says that a session of its own is over (Back-Channel Logout 1.0). */
const backChannel: TrafficKind = {
  weight: 2,
  play: (stage) =>
    withPerson(
      stage,
      ({ state, kind }) => state === 'in' && kind === 'provider',
      async (person) => {
        const { world } = stage
        const cookie = cookieOf(person.browser)
        const token = await world.provider.logoutToken({ sub: person.name, sid: person.sid })
        person.state = 'unknown'
        const answer = await ask(world.gate().port, {
          method: 'POST',
          target: '/oauth2/backchannel_logout',
          headers: ['Host', 'app.example.com', 'Content-Type', 'application/x-www-form-urlencoded'],
          body: new URLSearchParams({ logout_token: token }).toString(),
        })
        judgeTrouble(toResponse(answer), 'back-channel')
        if (answer.status !== 200)
          throw new Deviation(`back-channel: ${answer.status} ${answer.text}`, 'no back-channel')
        world.people.ended.push({ name: person.name, cookie })
        person.state = 'out'
        await untilStreamsEnd(person)
        const after = await person.browser.fetch(someTarget(stage.random))
        judgeTrouble(after, 'after back-channel')
        if (!asksToSignIn(after))
          throw new Deviation(`back-channel: ${person.name} is served after it, ${after.status}`)
      },
    ),
}

/** Wrong passwords, from strangers' addresses: never a session, and never trouble for the one whose name it is. */
const guess: TrafficKind = {
  weight: 2,
  async play({ world, random }) {
    const name = `local-${random.int(8)}`
    const answer = await ask(world.gate().port, {
      method: 'POST',
      target: '/oauth2/sign_in',
      headers: ['Host', 'app.example.com', ...FORM],
      body: new URLSearchParams({
        username: name,
        password: `guess ${random.int(1000)}`,
        rd: '/',
      }).toString(),
      localAddress: `127.4.${random.int(250)}.${1 + random.int(250)}`,
    })
    const headers = new Headers(answer.all('retry-after').map((value) => ['retry-after', value]))
    judgeTrouble({ status: answer.status, headers }, 'guess')
    if (
      answer
        .all('set-cookie')
        .some((line) => line.startsWith(`${SESSION_COOKIE}=`) && !/max-age=0/iu.test(line))
    )
      throw new Deviation(`guess: a session for a wrong password of ${name}`)
    if (answer.status !== 401 && answer.status !== 429) throw new Deviation(`guess: ${answer.status}`)
    return true
  },
}

export const SIGN_INS = {
  'sign-in': signIn,
  'local sign-in': localSignIn,
  'sign-out': signOutKind,
  'back-channel': backChannel,
  guess,
}

/** A session that was only refused goes on without its person, and so would its streams. */
function beginSignIn(person: Person): void {
  person.state = 'unknown'
  for (const stream of person.streams) stream.close()
}

function landedWell(person: Person, landed: Seen & { readonly url: string }, what: string): void {
  // What ends at a page of ours failed on the way; the rest is the app's.
  if (!new URL(landed.url).pathname.startsWith('/oauth2/')) judgeTrouble(landed, `${what} of ${person.name}`)
  if (landed.headers.get(APP_HEADER) === null)
    throw new Deviation(`${what} of ${person.name}: ${landed.status} ${textOf(landed)}`, 'no sign-in')
  person.state = 'in'
  judgeApp(person, landed, what)
}

async function untilStreamsEnd(person: Person): Promise<void> {
  const untilMs = performance.now() + STREAMS_END_MS
  while (person.streams.size > 0) {
    if (performance.now() > untilMs) {
      const left = [...person.streams].map(({ what }) => what).join()
      for (const stream of person.streams) stream.close()
      throw new Deviation(`${left} of ${person.name} goes on after the sign-out`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What a page of ours says, without its markup. */
function textOf({ text }: Seen): string {
  return text
    .replace(/<style[\s\S]*?<\/style>|<[^>]+>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 300)
}
