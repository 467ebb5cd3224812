import { PROBLEMS } from '../../problems.ts'
import type { EventFields, EventName, SessionLoad, Sink } from '../event.ts'
import type { Family } from './exposition.ts'
import { type Counter, createCounter, createHistogram } from './instruments.ts'

/** Families of sign-ins and sessions, and the receivers that fill them. */
export interface SignInFamilies {
  readonly families: readonly Family[]
  readonly sink: Required<Pick<Sink, 'event' | 'sessionLoaded'>>
}

/** Provider label of local users, and of attempts that end before it is known what they began with. */
const LOCAL = 'local'
const UNKNOWN = 'unknown'

/** Buckets of cookie sizes in bytes: browsers keep about 4 KiB a cookie, many servers 8 KiB a head. */
const BYTES = [512, 1024, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384]

/** Creates the families of sign-ins and sessions; `providers` are the ids of the configuration. */
export function createSignInFamilies(providers: readonly string[]): SignInFamilies {
  const counters = createCounters(providers)
  const { started, finished, restarted, refreshes, loads, signOuts, refusals, trimmed, streamsEnded } =
    counters
  const cookieBytes = createHistogram({
    name: 'sidegate_session_cookie_bytes',
    help: 'Size of the cookies of a session at sign-in, as the browser sends them with each request.',
    bounds: BYTES,
    from: [''],
  })
  const [active, none] = [loads.cell('active'), loads.cell('none')]
  const known = new Set(providers)
  const providerOf = ({ provider, source }: EventFields): string => {
    if (typeof provider === 'string' && known.has(provider)) return provider
    return source === 'local' ? LOCAL : UNKNOWN
  }

  /** Receivers of the events that are counted. */
  const receivers: Readonly<Partial<Record<EventName, (fields: EventFields) => void>>> = {
    sign_in_started: (fields) => add(started, providerOf(fields)),
    sign_in_restarted: (fields) => add(restarted, providerOf(fields), reasonOf(fields)),
    sign_in_succeeded: (fields) => {
      add(finished, providerOf(fields), 'succeeded')
      if (typeof fields['cookie_bytes'] === 'number') cookieBytes.cell().observe(fields['cookie_bytes'])
    },
    sign_in_failed: (fields) => add(finished, providerOf(fields), reasonOf(fields)),
    session_refreshed: (fields) => add(refreshes, providerOf(fields), 'renewed', ''),
    session_refresh_refused: (fields) => add(refreshes, providerOf(fields), 'refused', reasonOf(fields)),
    session_refresh_ended: (fields) => add(refreshes, providerOf(fields), 'ended', reasonOf(fields)),
    session_refresh_failed: (fields) => add(refreshes, providerOf(fields), 'failed', reasonOf(fields)),
    signed_out: () => add(signOuts, 'browser'),
    backchannel_logout: () => add(signOuts, 'backchannel'),
    basic_refused: (fields) => add(refusals, 'basic', reasonOf(fields)),
    bearer_refused: (fields) => add(refusals, 'bearer', reasonOf(fields)),
    session_trimmed: () => add(trimmed),
    stream_ended: () => add(streamsEnded),
  }

  return {
    families: [...Object.values(counters), cookieBytes],
    sink: {
      event: (event, _, fields) => receivers[event]?.(fields),
      // At each request, and nearly always one of two.
      sessionLoaded: (outcome) => {
        if (outcome === 'active') active.value += 1
        else if (outcome === 'none') none.value += 1
        else add(loads, outcome)
      },
    },
  }
}

function createCounters(providers: readonly string[]) {
  const usual: readonly SessionLoad[] = ['active', 'none']
  return {
    started: createCounter({
      name: 'sidegate_sign_ins_started_total',
      help: 'Redirects to a provider for a sign-in.',
      labels: ['provider'],
      from: providers.map((id) => [id]),
    }),
    finished: createCounter({
      name: 'sidegate_sign_ins_total',
      help: 'Sign-ins that came to an end, by provider and outcome: succeeded, or the code of the failure.',
      labels: ['provider', 'outcome'],
      from: providers.map((id) => [id, 'succeeded']),
    }),
    restarted: createCounter({
      name: 'sidegate_sign_ins_restarted_total',
      help: 'Sign-ins that were begun a second time without the person, by provider and reason.',
      labels: ['provider', 'reason'],
    }),
    refreshes: createCounter({
      name: 'sidegate_session_refreshes_total',
      help: 'Refreshes and validations of sessions at their provider, by outcome and the code of a failure.',
      labels: ['provider', 'outcome', 'code'],
      from: providers.map((id) => [id, 'renewed', '']),
    }),
    loads: createCounter({
      name: 'sidegate_session_loads_total',
      help: 'Looks for a session in the cookies of a request: active, none, or why the session does not count.',
      labels: ['outcome'],
      from: usual.map((outcome) => [outcome]),
    }),
    signOuts: createCounter({
      name: 'sidegate_sign_outs_total',
      help: 'Sign-outs by a person in the browser, or by a provider over the back channel.',
      labels: ['kind'],
      from: [['browser'], ['backchannel']],
    }),
    refusals: createCounter({
      name: 'sidegate_credentials_refused_total',
      help: 'Authorization headers that did not hold, by scheme and code.',
      labels: ['scheme', 'code'],
    }),
    trimmed: createCounter({
      name: 'sidegate_sessions_trimmed_total',
      help: 'Sign-ins of which a part had no room in the cookies.',
      from: [[]],
    }),
    streamsEnded: createCounter({
      name: 'sidegate_streams_ended_total',
      help: 'Open streams that were ended because their session no longer held.',
      from: [[]],
    }),
  } as const
}

function add(counter: Counter, ...labels: readonly string[]): void {
  counter.cell(...labels).value += 1
}

/** The code of a failure, which is a reason of this program. */
function reasonOf({ code }: EventFields): string {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code) ? code : UNKNOWN
}
