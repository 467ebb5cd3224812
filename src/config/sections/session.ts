import { isPublished, MAKE_SECRET, parseCookieSecrets } from '../../crypto/secrets.ts'
import type { SessionConfig } from '../config.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'

/** Lifetimes, secrets and limits of sessions. */
export function buildSession(settings: Settings, files: Files): SessionConfig {
  const expireMs = settings.value('cookie-expire')
  const refreshMs = settings.value('cookie-refresh')
  if (refreshMs > 0 && expireMs > 0 && refreshMs >= expireMs) {
    settings.problem('cookie-refresh', 'give a duration shorter than cookie-expire')
  }
  const minimal = settings.value('session-cookie-minimal')
  if (minimal) checkMinimal(settings)
  return {
    ...readSecrets(settings, files),
    expireMs,
    refreshMs,
    maxLifetimeMs: settings.value('session-max-lifetime'),
    idleTimeoutMs: settings.value('session-idle-timeout'),
    revalidateMs: settings.value('session-revalidate'),
    minIssuedAtMs: readMoment(settings),
    budgetBytes: settings.value('cookie-budget'),
    groups: settings.value('session-groups'),
    minimal,
    redisUrl: readRedisUrl(settings),
    redisLogin: { username: settings.value('redis-username'), password: settings.value('redis-password') },
  }
}

function readSecrets(settings: Settings, files: Files): Pick<SessionConfig, 'secrets' | 'secretFiles'> {
  const direct = settings.value('cookie-secret')
  const secretFiles = settings
    .value('cookie-secret-file')
    .split(',')
    .filter((path) => path !== '')
  if (direct !== '') {
    if (secretFiles.length > 0) {
      settings.warning('cookie-secret-file', 'this is not used, because cookie-secret is given')
    }
    const secrets = parseCookieSecrets(direct)
    if (!secrets.ok) settings.problem('cookie-secret', secrets.problem)
    warnIfPublished(settings, 'cookie-secret', direct)
    return { secrets: secrets.ok ? secrets.value : [], secretFiles: [] }
  }
  if (secretFiles.length === 0) {
    settings.problem('cookie-secret', `give the secret that seals sessions; make one with: ${MAKE_SECRET}`)
  }
  return { secrets: secretFiles.flatMap((path) => readSecretFile(settings, files, path)), secretFiles }
}

function readSecretFile(settings: Settings, files: Files, path: string): readonly Uint8Array[] {
  const text = readTextFile(files, path)
  const secrets = text.ok ? parseCookieSecrets(text.value) : text
  if (text.ok) warnIfPublished(settings, 'cookie-secret-file', text.value)
  if (secrets.ok) return secrets.value
  settings.problem('cookie-secret-file', text.ok ? `${quote(path)}: ${secrets.problem}` : secrets.problem)
  return []
}

function warnIfPublished(
  settings: Settings,
  flag: 'cookie-secret' | 'cookie-secret-file',
  text: string,
): void {
  if (!isPublished(text)) return
  settings.warning(
    flag,
    `replace this secret, it is published as an example and anybody can make sessions with it; ${MAKE_SECRET}`,
  )
}

/** A session without tokens cannot do what these ask for. */
function checkMinimal(settings: Settings): void {
  for (const flag of [
    'pass-access-token',
    'pass-authorization-header',
    'set-authorization-header',
  ] as const) {
    if (settings.value(flag)) {
      settings.problem('session-cookie-minimal', `remove this or ${flag}, which needs a token in the session`)
    }
  }
  if (settings.value('cookie-refresh') > 0) {
    settings.problem(
      'session-cookie-minimal',
      'remove this or cookie-refresh, which needs a token in the session',
    )
  }
}

/** RFC 3339 or Unix seconds to milliseconds; 0 when it is not set. */
function readMoment(settings: Settings): number {
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

function readRedisUrl(settings: Settings): string | undefined {
  const url = settings.value('redis-connection-url')
  const wanted = settings.value('session-store-type') === 'redis'
  if (url === '') {
    for (const flag of ['redis-username', 'redis-password'] as const) {
      if (settings.value(flag) !== '')
        settings.warning(flag, 'this has no effect without redis-connection-url')
    }
    if (wanted) {
      settings.problem('redis-connection-url', 'give the address of Redis, or leave session-store-type out')
    }
    return undefined
  }
  if (!/^(?:rediss?:\/\/|unix:\/\/?\/)\S+$/u.test(url) || (!url.startsWith('unix:') && !URL.canParse(url))) {
    settings.problem('redis-connection-url', 'give redis://host:port, rediss://host:port or unix:///path')
  }
  if (wanted) {
    settings.warning(
      'session-store-type',
      'sessions stay in cookies; Redis holds only the refresh relay and the sign-out denylist',
    )
  }
  return url
}
