import type { TestGate } from '../../support/gate.ts'
import type { Visitor } from '../../support/visitor.ts'

/** One way to use a kind of provider, and what the whole program makes of it. */
export interface ProviderFlow {
  /** The kind, and what is special about this use of it. */
  readonly name: string
  readonly kind: string
  /** Flags that an operator gives beside client-id and client-secret. */
  readonly args: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  /** What the app is told about the person. */
  readonly told: Told
  readonly rules: readonly FlowRule[]
  /**
   * What cookie-refresh does: uses the refresh token, asks the API that is there with the access token, asks the
   * validate-url, or nothing that the provider notices.
   */
  readonly refresh: 'token' | 'API' | 'validate-url' | 'nothing'
  /** Where sign-out-at-provider ends the session. */
  readonly signOut: 'there' | 'here'
  /** A sign-out revokes the refresh token (RFC 7009). */
  readonly revokes: boolean
  /** Groups come with each refresh, as claims. */
  readonly hasGroupClaims: boolean
  /** Starts the program in front of fakes. */
  start(args: readonly string[]): Promise<Run>
}

/** Headers about the person; a missing one is undefined. */
export interface Told {
  readonly user: string
  readonly email: string
  readonly groups?: string | undefined
  readonly name?: string | undefined
}

/** A restriction that lets the person in, and the same with which the person is a stranger. */
export interface FlowRule {
  readonly fits: readonly string[]
  readonly misses: readonly string[]
  /** The rule that the log names. */
  readonly rule: string
}

/** The program and its provider. */
export interface Run {
  readonly gate: TestGate
  /** The person has this address from now on. */
  moveTo(email: string): void
  /** The person is in no group any more, as far as claims tell. */
  leaveGroups(): void
  /** Takes the tokens of the person back. */
  takeBack(): void
  /** Goes to the authorization endpoint as the person; the callback's address. */
  approve(authorizationUrl: string): Promise<URL>
  /** How often the token endpoint was asked. */
  tokenRequests(): number
  /** How many tokens were revoked. */
  revoked(): number
  /** How often the session of the provider was ended. */
  loggedOut(): number
}

const FORM = ['Content-Type', 'application/x-www-form-urlencoded']

/** A rule on groups by a flag that is a list. */
export function groupRule(fits: string, misses: string, flag = 'allowed-group'): FlowRule {
  return { fits: [`--${flag}=${fits}`], misses: [`--${flag}=${misses}`], rule: 'group' }
}

/** Signs the person in by the answer mode that was asked for; the page that the browser ends on. */
export async function signIn({ gate, approve }: Run, visitor: Visitor = gate.visitor()) {
  const start = await visitor.visit('/oauth2/start?rd=%2Freports')
  if (start.location === undefined) throw new Error(`No sign-in, but ${start.status}: ${start.text}`)
  const leaving = new URL(start.location)
  const back = await approve(leaving.href)
  const query = back.search.slice(1)
  const isPosted = leaving.searchParams.get('response_mode') === 'form_post'
  const seen = isPosted
    ? await visitor.arrive('/oauth2/callback', { method: 'POST', headers: FORM, body: query })
    : await visitor.arrive(`/oauth2/callback?${query}`)
  return { visitor, seen }
}

/** What the app was told with the last request that reached it. */
export function lastTold({ platform }: TestGate): Told {
  const headers = platform.plans.at(-1)?.headers ?? []
  const read = (name: string) => {
    const at = headers.findIndex((each, index) => index % 2 === 0 && each === name)
    return at === -1 ? undefined : headers[at + 1]
  }
  return {
    user: read('X-Forwarded-User') ?? '',
    email: read('X-Forwarded-Email') ?? '',
    groups: read('X-Forwarded-Groups'),
    name: read('X-Forwarded-Preferred-Username'),
  }
}
