import { failed, ok, type Result } from '../../result.ts'
import type { BearerConfig } from '../config.ts'
import type { Settings } from '../settings.ts'
import { readEach } from '../values/lists.ts'
import { checkUrl } from '../values/url.ts'

/** Sessions from bearer tokens. */
export function buildBearer(settings: Settings): BearerConfig {
  const enabled = settings.value('skip-jwt-bearer-tokens')
  const loginFallback = settings.value('bearer-token-login-fallback')
  const extraIssuers = enabled ? readEach(settings, 'extra-jwt-issuers', parseIssuer) : []
  if (!enabled && settings.value('extra-jwt-issuers').length > 0) {
    warnOfNoEffect(settings, 'extra-jwt-issuers')
  }
  if (!enabled && !loginFallback) warnOfNoEffect(settings, 'bearer-token-login-fallback')
  return { enabled, loginFallback, extraIssuers }
}

/** `issuer=audience`; only the audience may hold an equals sign. */
function parseIssuer(text: string): Result<BearerConfig['extraIssuers'][number], string> {
  const [, issuer = '', audience] = /^([^=]*)=(.+)$/su.exec(text) ?? []
  const checked = checkUrl(issuer)
  if (audience === undefined || !checked.ok) return failed('give https://issuer=audience')
  return ok({ issuer, audience })
}

function warnOfNoEffect(settings: Settings, flag: 'extra-jwt-issuers' | 'bearer-token-login-fallback'): void {
  settings.warning(flag, 'this has no effect without --skip-jwt-bearer-tokens')
}
