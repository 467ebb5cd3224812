import type { Random } from '../../support/mutator.ts'
import type { Seen } from '../../support/visitor.ts'
import { Deviation } from '../judge.ts'
import type { Stage } from '../stage.ts'
import { APP_HEADER, type Echo } from '../world/app.ts'
import { type Person, SESSION_COOKIE } from '../world/people.ts'

/** Parts of an answer that are judged. */
export type Judged = Pick<Seen, 'status' | 'headers' | 'text' | 'setCookies'>

/** Takes a person, plays, and lets them go. False when none fits. */
export async function withPerson(
  { world: { people }, random }: Pick<Stage, 'world' | 'random'>,
  fits: (person: Person) => boolean,
  play: (person: Person) => Promise<void>,
): Promise<boolean> {
  const person = people.take(random, fits)
  if (person === undefined) return false
  try {
    await play(person)
  } finally {
    people.release(person)
  }
  return true
}

/** A target below `/app/`, new each time, so that no circle of sign-ins is seen where there is none. */
export function someTarget(random: Random): string {
  return `/app/${random.int(2 ** 32).toString(36)}?n=${random.int(1000)}`
}

/** Judges an answer to a request for the app that carried a person's cookies, and notes what it says about their session. */
export function judgeApp(person: Person, answer: Judged, what: string): Echo | undefined {
  const { status, text } = answer
  const where = `${what} of ${person.name} (${person.state})`
  judgeCookies(person, answer, where)
  if (answer.headers.get(APP_HEADER) !== null) {
    if (status !== 200) throw new Deviation(`${where}: the app's answer came as ${status}`)
    if (person.state === 'out') throw new Deviation(`${where}: served without a session`)
    person.state = 'in'
    person.goodAtMs = performance.now()
    if (answer.headers.get('content-type') !== 'application/json') return undefined
    const echo: Echo = JSON.parse(text)
    if (echo.user !== person.name) throw new Deviation(`${where}: served as "${echo.user}"`)
    return echo
  }
  judgeTrouble(answer, where)
  if (!asksToSignIn(answer)) throw new Deviation(`${where}: ${status} ${text.slice(0, 300)}`)
  if (person.state !== 'in') return undefined
  person.state = 'lapsed'
  throw new Deviation(`${where}: asked to sign in, ${describeAge(person)}`, 'refused', person.goodAtMs)
}

/** The session cookie of a person who is signed in is never taken away. */
export function judgeCookies(person: Person, { setCookies }: Pick<Seen, 'setCookies'>, where: string): void {
  if (person.state === 'out' || person.state === 'unknown') return
  const taken = setCookies.find((line) => line.startsWith(`${SESSION_COOKIE}=`) && /max-age=0\b/iu.test(line))
  if (taken !== undefined)
    throw new Deviation(`${where}: the session cookie was deleted, ${describeAge(person)}`)
}

/** Throws for answers that tell of trouble which some fault may cause. */
export function judgeTrouble({ status, headers }: Pick<Seen, 'status' | 'headers'>, where: string): void {
  if (status === 502 || status === 504) throw new Deviation(`${where}: ${status}`, 'no app')
  if (status === 503 && headers.has('retry-after')) throw new Deviation(`${where}: 503`, 'overload')
}

/** True for the two answers that a request without a session gets: 401, or the sign-in page. */
export function asksToSignIn({ status, headers, text }: Pick<Seen, 'status' | 'headers' | 'text'>): boolean {
  if (headers.get(APP_HEADER) !== null) return false
  return status === 401 || (status === 200 && text.includes('/oauth2/start'))
}

function describeAge({ goodAtMs }: Person): string {
  return `${Math.round((performance.now() - goodAtMs) / 100) / 10} s after their last good answer`
}
