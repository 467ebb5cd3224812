import { Agent } from 'node:http'
import { ask, toResponse } from '../client.ts'
import { Deviation } from '../judge.ts'
import type { TrafficKind } from '../stage.ts'
import type { Echo } from '../world/app.ts'
import { cookieOf, keepCookies } from '../world/people.ts'
import { asksToSignIn, judgeApp, judgeCookies, judgeTrouble, someTarget, withPerson } from './answers.ts'

const anybody = (): boolean => true
const ownPage = ['Origin', 'https://app.example.com'] as const

/** A page load, of people with and without a session. */
const page: TrafficKind = {
  weight: 20,
  play: (stage) =>
    withPerson(stage, anybody, async (person) => {
      const target = someTarget(stage.random)
      const echo = judgeApp(person, await person.browser.visit(target), 'page')
      if (echo !== undefined && echo.url !== target) throw new Deviation(`${target} came as ${echo.url}`)
    }),
}

/** Requests of a page that come at once, with one cookie. */
const fetches: TrafficKind = {
  weight: 20,
  play: (stage) =>
    withPerson(stage, anybody, async (person) => {
      const asking = Array.from({ length: 2 + stage.random.int(4) }, () =>
        person.browser.fetch(someTarget(stage.random)),
      )
      // All are read before one is judged, or the next player would meet those that are under way.
      for (const answer of await allOf(asking)) judgeApp(person, answer, 'fetch')
    }),
}

/** Several requests one after another on a connection that is kept. */
const kept: TrafficKind = {
  weight: 6,
  play: (stage) =>
    withPerson(
      stage,
      ({ state }) => state === 'in',
      async (person) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        try {
          for (let turn = 0; turn < 3; turn += 1) {
            const headers = ['Host', 'app.example.com', 'Cookie', cookieOf(person.browser)]
            const wanted = { target: someTarget(stage.random), headers, localAddress: person.address, agent }
            const answer = toResponse(await ask(stage.world.gate().port, wanted))
            const text = await answer.text()
            const setCookies = answer.headers.getSetCookie()
            keepCookies(person, setCookies)
            judgeApp(
              person,
              { status: answer.status, headers: answer.headers, text, setCookies },
              'kept connection',
            )
          }
        } finally {
          agent.destroy()
        }
      },
    ),
}

/** The question of a gateway. */
const auth: TrafficKind = {
  weight: 12,
  play: (stage) =>
    withPerson(stage, anybody, async (person) => {
      const answer = await person.browser.fetch('/oauth2/auth')
      judgeCookies(person, answer, `auth of ${person.name}`)
      if (answer.status !== 202) return void judgeApp(person, answer, 'auth')
      const user = answer.headers.get('x-auth-request-user')
      if (person.state === 'out') throw new Deviation(`auth: 202 for ${person.name}, who is signed out`)
      if (user !== person.name) throw new Deviation(`auth: ${person.name} is told to be "${user}"`)
      person.state = 'in'
      person.goodAtMs = performance.now()
    }),
}

/** A route without sign-in, asked by strangers who say that they are somebody. */
const open: TrafficKind = {
  weight: 12,
  async play({ world, random }) {
    const target = `/public/${random.int(1000)}`
    const claimed = [
      'X-Forwarded-User',
      'user-1',
      'x_forwarded_email',
      'user-1@example.com',
      'X-Auth-Request-User',
      'user-1',
    ]
    const wanted = {
      target,
      headers: ['Host', 'app.example.com', ...claimed],
      localAddress: addressOf(random.int(200)),
    }
    const answer = await ask(world.gate().port, wanted)
    judgeTrouble(toResponse(answer), `open route`)
    if (answer.status !== 200) throw new Deviation(`${target}: ${answer.status} ${answer.text.slice(0, 200)}`)
    const echo: Echo = JSON.parse(answer.text)
    if (echo.identity.length > 0)
      throw new Deviation(`${target}: a stranger's ${echo.identity.join()} reached the app`)
    return true
  },
}

/** The button "stay signed in". */
const refresh: TrafficKind = {
  weight: 4,
  play: (stage) =>
    withPerson(
      stage,
      ({ state, kind }) => state === 'in' && kind === 'provider',
      async (person) => {
        const answer = await person.browser.fetch('/oauth2/session/refresh', {
          method: 'POST',
          headers: ownPage,
          body: '',
        })
        judgeCookies(person, answer, `refresh of ${person.name}`)
        judgeTrouble(answer, 'refresh')
        if (answer.status === 401) return void judgeApp(person, answer, 'refresh')
        if (answer.status !== 200)
          throw new Deviation(`refresh: ${answer.status} ${answer.text.slice(0, 300)}`, 'no sign-in')
        const { user } = JSON.parse(answer.text) as { user?: string }
        if (user !== person.name) throw new Deviation(`refresh: ${person.name} is told to be "${user}"`)
        person.goodAtMs = performance.now()
      },
    ),
}

/** A cookie of a session that was ended, shown again. */
const endedCookie: TrafficKind = {
  weight: 8,
  async play({ world, random }) {
    const { ended } = world.people
    if (ended.length === 0) return false
    const { name, cookie } = random.pick(ended)
    const headers = ['Host', 'app.example.com', 'Cookie', cookie]
    const answer = toResponse(await ask(world.gate().port, { target: someTarget(random), headers }))
    const seen = { status: answer.status, headers: answer.headers, text: await answer.text() }
    judgeTrouble(seen, 'ended cookie')
    if (!asksToSignIn(seen))
      throw new Deviation(`The ended session of ${name} was answered with ${seen.status}`)
    return true
  },
}

/** Health checks, which are answered whatever happens. */
const health: TrafficKind = {
  weight: 8,
  async play({ world }) {
    for (const target of ['/ping', '/ready']) {
      const { status, text } = await ask(world.gate().port, { target, headers: ['Host', 'probe'] })
      if (status !== 200) throw new Deviation(`${target}: ${status} ${text}`)
    }
    return true
  },
}

export const PAGES = { page, fetches, kept, auth, open, refresh, 'ended cookie': endedCookie, health }

/** One of two hundred strangers. */
export function addressOf(number: number): string {
  return `127.3.0.${number + 1}`
}

/** All results, or the first that failed, once all are there. */
async function allOf<Value>(work: readonly Promise<Value>[]): Promise<readonly Value[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
