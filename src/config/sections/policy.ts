import { compilePattern } from '../../re2/compile.ts'
import { ok, type Result } from '../../result.ts'
import type { PolicyConfig } from '../config.ts'
import type { Settings } from '../settings.ts'
import { type Files, readTextFile } from '../sources/files.ts'
import { isVeryWide } from '../values/cidr.ts'
import { parseEmailDomain } from '../values/domains.ts'
import { readCidrs, readEach } from '../values/lists.ts'
import { type ParsedRoute, parseRoute } from './route.ts'

/** Who may pass, and what needs no sign-in. */
export function buildPolicy(settings: Settings, files: Files): PolicyConfig {
  checkSomebodyMayPass(settings)
  const trustedIps = readCidrs(settings, 'trusted-ip')
  if (trustedIps.some(isVeryWide)) {
    settings.warning('trusted-ip', 'a range this wide lets strangers in without a sign-in')
  }
  return {
    emailDomains: readEmailDomains(settings),
    authenticatedEmailsFile: readEmailsFile(settings, files),
    allowedGroups: [...readGroups(settings, 'allowed-group'), ...readRoles(settings)],
    skipAuthRoutes: [
      ...readRoutes(settings, 'skip-auth-route', parseRoute),
      ...readRoutes(settings, 'skip-auth-regex', parseAnyMethod),
    ],
    skipAuthPreflight: settings.value('skip-auth-preflight'),
    apiRoutes: readEach(settings, 'api-route', parsePattern),
    trustedIps,
  }
}

function checkSomebodyMayPass(settings: Settings): void {
  const some =
    settings.value('email-domain').length > 0 ||
    settings.value('authenticated-emails-file') !== '' ||
    settings.value('htpasswd-file') !== ''
  if (!some) {
    settings.problem(
      'email-domain',
      'say who may sign in: domains here, authenticated-emails-file or htpasswd-file; * is everybody whom the provider knows',
    )
  }
}

function readEmailDomains(settings: Settings): readonly string[] {
  const domains = [...new Set(readEach(settings, 'email-domain', parseEmailDomain))]
  if (domains.includes('*') && domains.length > 1) {
    settings.problem('email-domain', 'remove the * or all the others, * alone lets everybody in')
  }
  return domains
}

function readEmailsFile(settings: Settings, files: Files): string | undefined {
  const path = settings.value('authenticated-emails-file')
  if (path === '') return undefined
  const text = readTextFile(files, path)
  if (!text.ok) settings.problem('authenticated-emails-file', text.problem)
  return path
}

/** A flag such as `--allowed-group=$GROUP` with nothing in it would open the door instead of guarding it. */
function readGroups(settings: Settings, flag: 'allowed-group' | 'allowed-role'): readonly string[] {
  const groups = settings.value(flag)
  if (groups.length === 0 && settings.source(flag) === 'flag') {
    const what = flag === 'allowed-group' ? 'group' : 'role'
    settings.problem(flag, `give a ${what} or leave the flag out, without one everybody is allowed`)
  }
  if (groups.some((group) => group.trim() === '')) settings.problem(flag, 'remove the blank entry')
  return groups
}

function readRoles(settings: Settings): readonly string[] {
  const roles = readGroups(settings, 'allowed-role')
  const kind = settings.value('provider')
  if (roles.length > 0 && kind !== 'keycloak-oidc') {
    settings.problem('allowed-role', `remove this, there are no roles with --provider=${kind}`)
  }
  return roles.map((role) => `role:${role}`)
}

function readRoutes(
  settings: Settings,
  flag: 'skip-auth-route' | 'skip-auth-regex',
  parse: (text: string) => Result<ParsedRoute, string>,
): PolicyConfig['skipAuthRoutes'] {
  const routes = readEach(settings, flag, parse)
  for (const { text, anchored, rule } of routes) {
    if (!anchored && !rule.negate) {
      settings.warning(flag, `start the pattern ${text} with ^, it matches in the middle of a path too`)
    }
    if (!anchored && rule.negate) {
      settings.warning(
        flag,
        `start the pattern ${text} with ^, so that it is clear what still needs a sign-in`,
      )
    }
  }
  return routes.map(({ rule }) => rule)
}

function parseAnyMethod(text: string): Result<ParsedRoute, string> {
  return parseRoute(`=${text}`)
}

function parsePattern(text: string): Result<string, string> {
  const compiled = compilePattern(text)
  return compiled.ok ? ok(text) : compiled
}
