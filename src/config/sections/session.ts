import { quote } from '../../lib/text.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import type { Files } from '../sources/files.ts'
import { isTokenName } from '../values/header-rows.ts'
import type { RawHeaders } from './headers/check-headers.ts'
import type { RawProvider } from './provider.ts'
import { buildRedis, type REDIS_OPTIONS, type RedisConfig } from './session/redis.ts'
import type { REDIS_TLS_OPTIONS } from './session/redis-tls.ts'
import { buildSecrets, type SECRET_OPTIONS, type SecretsConfig } from './session/secrets.ts'

/** Options of the life and the size of a session. */
export const SESSION_OPTIONS = {
  'cookie-expire': {
    group: 'Cookies',
    after: 'cookie-path',
    kind: 'duration',
    default: '168h',
    about: 'Lifetime of the session cookie from its last save; 0 ends with the browser and has no age check.',
  },
  'cookie-refresh': {
    group: 'Cookies',
    kind: 'duration',
    default: '0',
    about:
      'Age after which a session is refreshed at the provider, and again before each access token ends. With 0 a session lives for cookie-expire whatever the provider says, as in oauth2-proxy; only tokens that are passed on are then kept fresh. Shorter than cookie-expire.',
  },
  'cookie-budget': {
    group: 'Cookies',
    after: 'cookie-csrf-samesite',
    kind: 'integer',
    default: 7168,
    min: 2048,
    max: 24_576,
    about:
      'Most bytes that all parts of the session cookie may take together. What does not fit is left out in a documented order.',
  },
  'session-cookie-minimal': {
    group: 'Sessions',
    after: 'redis-insecure-skip-tls-verify',
    kind: 'boolean',
    default: false,
    about: 'Keep no tokens in sessions in cookies. Refused together with options that need one.',
  },
  'session-groups': {
    group: 'Sessions',
    kind: 'enum',
    values: ['all', 'named'],
    default: 'all',
    about:
      "Groups kept in the session: all, or only those that allowed-group and the provider's own rules name.",
  },
  'session-max-lifetime': {
    group: 'Sessions',
    kind: 'duration',
    default: '0',
    about:
      'Longest life of a session from its sign-in, whatever is refreshed; 0 is unbounded. `strict` makes it 168h.',
  },
  'session-idle-timeout': {
    group: 'Sessions',
    kind: 'duration',
    default: '0',
    about: 'Longest pause between two requests of a session; 0 is unbounded.',
  },
  'session-revalidate': {
    group: 'Sessions',
    kind: 'duration',
    default: '0',
    about:
      'Longest time that a session with a refresh token lives without asking the provider again; 0 is off. Without a refresh token it changes nothing. `strict` makes it 5m.',
  },
  'min-issued-at': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    about:
      'Sessions signed in before this moment are over: RFC 3339 time or Unix seconds. Signs everybody out without a new secret.',
  },
} as const satisfies OptionRows

type SectionSettings = SettingsOf<typeof SESSION_OPTIONS>

/** Lifetime, size and secrets of sessions; a duration of 0 sets no limit. */
export interface SessionConfig extends SecretsConfig, RedisConfig {
  /** Lifetime of the cookie from its last save; 0 is a browser session without an age check. */
  readonly expireMs: number
  readonly refreshMs: number
  /** Absolute lifetime from the sign-in; 0 is unbounded. */
  readonly maxLifetimeMs: number
  readonly idleTimeoutMs: number
  /** Longest time without asking the provider again, where there is a refresh token; 0 is off. */
  readonly revalidateMs: number
  /** Sessions signed in before this moment (ms since the epoch) are over. */
  readonly minIssuedAtMs: number
  /** Bytes over all chunks of a session in cookies. */
  readonly budgetBytes: number
  /** Keep all groups, or only those that a rule names. */
  readonly groups: 'all' | 'named'
  /** Drop all tokens of a session in cookies whatever the configuration could use (session-cookie-minimal). */
  readonly minimal: boolean
}

interface SessionDeps {
  readonly files: Files
  /** Headers and providers of any source, which may need tokens of the session. */
  readonly headers: RawHeaders
  readonly providers: readonly RawProvider[]
}

/** Lifetimes, secrets and limits of sessions. */
export function buildSession(
  settings: SettingsOf<
    typeof SESSION_OPTIONS & typeof SECRET_OPTIONS & typeof REDIS_OPTIONS & typeof REDIS_TLS_OPTIONS
  >,
  deps: SessionDeps,
): SessionConfig {
  const { files } = deps
  const expireMs = settings.value('cookie-expire')
  const refreshMs = settings.value('cookie-refresh')
  if (refreshMs > 0 && expireMs > 0 && refreshMs >= expireMs) {
    settings.problem('cookie-refresh', 'give a duration shorter than cookie-expire')
  }
  const minimal = settings.value('session-cookie-minimal')
  if (minimal) checkMinimal(settings, deps)
  if (settings.value('session-store-type') === 'redis') warnOfCookieOptions(settings)
  return {
    ...buildSecrets(settings, files),
    ...buildRedis(settings, files),
    expireMs,
    refreshMs,
    maxLifetimeMs: settings.value('session-max-lifetime'),
    idleTimeoutMs: settings.value('session-idle-timeout'),
    revalidateMs: settings.value('session-revalidate'),
    minIssuedAtMs: readMoment(settings),
    budgetBytes: settings.value('cookie-budget'),
    groups: settings.value('session-groups'),
    minimal,
  }
}

/** Warns of what is about sessions in cookies: one in Redis takes no room there, and keeps all tokens. */
function warnOfCookieOptions(settings: SectionSettings): void {
  for (const flag of ['cookie-budget', 'session-cookie-minimal'] as const) {
    if (settings.given(flag) && settings.value(flag) !== false)
      settings.warning(flag, 'this has no effect with session-store-type=redis, which keeps all tokens')
  }
}

/** A session without tokens cannot do what these ask for. */
function checkMinimal(settings: SectionSettings, { headers, providers }: SessionDeps): void {
  const values = [...headers.request, ...headers.response].flatMap((header) => header.values)
  const needing = [
    ...values.map(({ claim }) => claim).filter(({ value }) => value?.some(isTokenName)),
    ...providers
      .map((provider) => provider.settings.raw('backend-logout-url'))
      .filter(({ value }) => String(value).includes('{id_token}')),
    ...(settings.value('cookie-refresh') > 0 ? [settings.raw('cookie-refresh')] : []),
  ]
  for (const { label } of needing)
    settings.problem('session-cookie-minimal', `remove this or ${label}, which needs a token in the session`)
}

/** RFC 3339 or Unix seconds to milliseconds; 0 when it is not set. */
function readMoment(settings: SectionSettings): number {
  const text = settings.value('min-issued-at')
  if (text === '') return 0
  const isTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/u.test(text)
  const moment = /^\d{1,11}$/u.test(text)
    ? Number(text) * 1_000
    : isTime
      ? Date.parse(text.replace(' ', 'T'))
      : Number.NaN
  if (Number.isFinite(moment)) return moment
  settings.problem(
    'min-issued-at',
    `give a time such as 2026-01-31T12:00:00Z or Unix seconds, not ${quote(text)}`,
  )
  return 0
}
