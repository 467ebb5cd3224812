import { quote } from '../../../lib/text.ts'
import { compileRewrite } from '../../../re2/rewrite.ts'
import type { RawUpstream } from '../../sections/upstreams.ts'
import type { AnySettings } from '../../settings.ts'
import type { Section } from '../section.ts'
import { readSectionSettings, type SettingsDeps } from '../section-settings.ts'
import { givenText } from './given.ts'

/** Settings of an upstream that say nothing about a fixed answer; oauth2-proxy drops them without a word. */
const OF_APPS = [
  'uri',
  'insecureSkipTLSVerify',
  'passHostHeader',
  'proxyWebSockets',
  'disableKeepAlives',
  'getBody',
] as const

/** Reads an entry of `upstreamConfig.upstreams`. */
export function readUpstream(section: Section, deps: SettingsDeps): RawUpstream {
  const settings = readSectionSettings(section, deps)
  checkPattern(settings)
  return {
    id: givenText(settings, 'id'),
    path: givenText(settings, 'path'),
    uri: settings.value('static') === true ? staticUri(settings) : appUri(settings),
    rewriteTarget: givenText(settings, 'rewriteTarget'),
    passHostHeader: booleanOf(settings, 'passHostHeader'),
    proxyWebSockets: booleanOf(settings, 'proxyWebSockets'),
    getBody: booleanOf(settings, 'getBody'),
    timeout: { value: Number(settings.value('timeout')), label: settings.raw('timeout').label },
    insecureSkipTLSVerify: booleanOf(settings, 'insecureSkipTLSVerify'),
    disableKeepAlives: booleanOf(settings, 'disableKeepAlives'),
  }
}

/** A pattern that cannot be compiled is a problem, one that fits in the middle of a path is a warning. */
function checkPattern(settings: AnySettings): void {
  const [path, target] = [String(settings.value('path')), String(settings.value('rewriteTarget'))]
  if (path === '' || target === '') return
  const compiled = compileRewrite(path, target)
  if (!compiled.ok) settings.problem('path', `${compiled.problem}, not ${quote(path)}`)
  else if (!/^(?:\^|\\A)/u.test(path)) {
    settings.warning('path', 'start the pattern with ^, it matches in the middle of a path too')
  }
}

function appUri(settings: AnySettings): RawUpstream['uri'] {
  if (settings.given('staticCode')) {
    settings.problem(
      'staticCode',
      'set static: true beside it, or remove it; only a fixed answer has a status',
    )
  }
  const uri = givenText(settings, 'uri')
  const [, path] = /^https?:\/\/[^/?#]+(\/.+)$/u.exec(uri.value ?? '') ?? []
  if (path !== undefined) {
    settings.warning(
      'uri',
      'leave out the path behind the host, it has no effect; rewriteTarget changes the path that the app is asked for',
    )
  }
  return uri
}

function staticUri(settings: AnySettings): RawUpstream['uri'] {
  for (const key of OF_APPS) {
    if (settings.given(key) && settings.value(key) !== false && settings.value(key) !== '') {
      settings.warning(key, 'remove this, it has no effect on a fixed answer (static: true)')
    }
  }
  const { label } = settings.raw('staticCode')
  return { value: `static://${String(settings.value('staticCode'))}`, label }
}

function booleanOf(settings: AnySettings, key: string): RawUpstream['getBody'] {
  return { value: settings.value(key) === true, label: settings.raw(key).label }
}
