import type { Random } from '../../support/mutator.ts'
import { createVisitor, type Network, type Visitor } from '../../support/visitor.ts'
import type { Stream } from './streams.ts'

/** One person with a browser, and what must be true of them at this moment. */
export interface Person {
  /** Subject at the provider, or name in htpasswd; what the app must be told. */
  readonly name: string
  readonly kind: 'provider' | 'local'
  /** Loopback address of their own. */
  readonly address: string
  readonly browser: Visitor
  /**
   * `in`: each request must be served as them. `out`: none may be. `lapsed`: they were refused while a fault allowed that,
   * with the cookie left, so that either may come. `unknown`: an answer that would have changed it was lost.
   */
  state: 'in' | 'out' | 'lapsed' | 'unknown'
  /** Session id at the provider. */
  sid: string
  /** Last answer that knew them, or the sign-in: performance.now(). */
  goodAtMs: number
  /** Streams that are open as them. */
  readonly streams: Set<Stream>
}

/** A cookie of a session that was ended; it must never be served again. */
export interface EndedCookie {
  readonly name: string
  readonly cookie: string
}

/** Everybody who uses the app, each by one player at a time, so that what must come is known. */
export interface People {
  readonly all: readonly Person[]
  readonly ended: EndedCookie[]
  /** Takes a person who is free and fits; undefined when none is. */
  take(random: Random, fits: (person: Person) => boolean): Person | undefined
  /** Waits until a person of this name is free, and takes them. */
  hold(name: string): Promise<Person>
  release(person: Person): void
  /** Sign-ins so far, which give each session its own id at the provider. */
  nextSid(): string
}

/** How many of each kind there are. */
export const CROWD = { provider: 40, local: 6 }

/** Name in the cookie header. */
export const SESSION_COOKIE = '__Host-_oauth2_proxy'

/** Origin that browsers believe to be on. */
export const ORIGIN = 'https://app.example.com'

/** Password of a local user. */
export function passwordOf(name: string): string {
  return `password of ${name}`
}

/** Cookie header value of a browser as it is now. */
export function cookieOf({ jar }: Visitor): string {
  return [...jar].map((pair) => pair.join('=')).join('; ')
}

/** Makes the crowd; `networkOf` gives each their own way to the gate and to the provider. */
export function createPeople(
  networkOf: (person: Pick<Person, 'name' | 'address'> & { sid(): string }) => Network,
): People {
  const busy = new Set<Person>()
  const waiting = new Set<() => void>()
  let sids = 0

  const create = (kind: Person['kind'], number: number): Person => {
    const name = `${kind === 'local' ? 'local' : 'user'}-${number}`
    const address = `127.${kind === 'local' ? 2 : 1}.0.${number + 1}`
    const person: Person = {
      name,
      kind,
      address,
      browser: createVisitor(networkOf({ name, address, sid: () => person.sid })),
      state: 'out',
      sid: '',
      goodAtMs: 0,
      streams: new Set(),
    }
    return person
  }
  const all = (['provider', 'local'] as const).flatMap((kind) =>
    Array.from({ length: CROWD[kind] }, (_, number) => create(kind, number)),
  )

  return {
    all,
    ended: [],
    take(random, fits) {
      const free = all.filter((person) => !busy.has(person) && fits(person))
      if (free.length === 0) return undefined
      const person = random.pick(free)
      busy.add(person)
      return person
    },
    async hold(name) {
      const person = all.find((one) => one.name === name)
      if (person === undefined) throw new Error(`There is no ${name}`)
      while (busy.has(person)) await new Promise<void>((resolve) => waiting.add(resolve))
      busy.add(person)
      return person
    },
    release(person) {
      busy.delete(person)
      for (const wake of [...waiting]) wake()
      waiting.clear()
    },
    nextSid() {
      sids += 1
      return `sid-${sids}`
    },
  }
}

/** Takes over what an answer sets, where no Visitor does; a deletion is left to the judge of the answer. */
export function keepCookies({ browser }: Pick<Person, 'browser'>, setCookies: readonly string[]): void {
  for (const line of setCookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? []
    if (!/max-age=0\b/iu.test(line)) browser.jar.set(name, value)
  }
}
