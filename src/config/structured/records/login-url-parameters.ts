import { quote } from '../../../lib/text.ts'
import { compilePattern } from '../../../re2/compile.ts'
import type { LoginUrlParameter, LoginUrlRule } from '../../sections/provider/login-url-parameters.ts'
import type { Section } from '../section.ts'
import { readSectionSettings, type SettingsDeps } from '../section-settings.ts'

/** Parameters of the protocol, which no setting may change (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1, §6). */
const OF_THE_PROTOCOL =
  /^(?:client_id|client_secret|code_challenge|code_challenge_method|nonce|redirect_uri|registration|request|request_uri|response_type|state)$/u

/** Settings that have a key of their own, by the parameter. */
const OTHER_KEYS: Readonly<Record<string, string>> = {
  scope: 'scope',
  response_mode: 'authRequestResponseMode',
}

/** Reads the list `loginURLParameters` of a provider. */
export function readLoginUrlParameters(provider: Section, deps: SettingsDeps): readonly LoginUrlParameter[] {
  const names = new Set<string>()
  return (provider.lists.get('loginURLParameters') ?? []).map((section) => {
    const settings = readSectionSettings(section, deps)
    const name = String(settings.value('name'))
    const values = settings.value('default')
    const own = Object.hasOwn(OTHER_KEYS, name) ? OTHER_KEYS[name] : undefined
    if (name === '') settings.problem('name', 'give the name of the parameter')
    else if (names.has(name)) settings.problem('name', `give each parameter once, two are ${quote(name)}`)
    else if (own !== undefined)
      settings.problem('name', `remove this, the key ${quote(own)} of the provider sets it`)
    else if (OF_THE_PROTOCOL.test(name))
      settings.problem('name', `remove this, the sign-in itself sets ${quote(name)}`)
    names.add(name)
    const allow = (section.lists.get('allow') ?? []).flatMap((rule) => readRule(rule, deps))
    return { name, values: Array.isArray(values) ? values : [], allow }
  })
}

function readRule(section: Section, deps: SettingsDeps): readonly LoginUrlRule[] {
  const settings = readSectionSettings(section, deps)
  const hasPattern = settings.given('pattern')
  if (settings.given('value') === hasPattern) {
    settings.problem(hasPattern ? 'pattern' : 'value', 'give one of value and pattern')
    return []
  }
  if (!hasPattern) return [{ value: String(settings.value('value')) }]
  const pattern = String(settings.value('pattern'))
  const compiled = compilePattern(pattern)
  if (!compiled.ok) {
    settings.problem('pattern', `${compiled.problem}, not ${quote(pattern)}`)
    return []
  }
  if (!compiled.value.anchored || !/(?:\$|\\z)$/u.test(pattern)) {
    settings.warning(
      'pattern',
      'begin the pattern with ^ and end it with $, it fits values that only contain it',
    )
  }
  return [{ pattern }]
}
