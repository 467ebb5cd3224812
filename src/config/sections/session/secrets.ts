import { isPublished, MAKE_SECRET, parseCookieSecrets } from '../../../crypto/secrets.ts'
import { quote } from '../../../lib/text.ts'
import { type OptionRows, SERVERS } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { type Files, readTextFile } from '../../sources/files.ts'

/** Options of the secret that seals sessions. */
export const SECRET_OPTIONS = {
  'cookie-secret': {
    group: 'Cookies',
    after: 'cookie-name',
    kind: 'string',
    default: '',
    placeholders: 'meant',
    secret: true,
    about:
      'Secret that seals sessions: 16, 24 or 32 bytes, as base64url or as they are. Several, separated by commas: the first seals, all open, so a secret can be replaced without signing anybody out. Placeholders are refused; a secret that is published as an example works, with a warning at each start.',
  },
  'cookie-secret-file': {
    group: 'Cookies',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about:
      'File with the cookie secret, or several files separated by commas; one line break at the end is dropped. Watched.',
  },
} as const satisfies OptionRows

/** Secrets that seal sessions. */
export interface SecretsConfig {
  /** Decoded secrets: the first seals, all open. */
  readonly secrets: readonly Uint8Array[]
  /** Files the secrets came from, to be read again when they change; empty when they were given directly. */
  readonly secretFiles: readonly string[]
}

type SectionSettings = SettingsOf<typeof SECRET_OPTIONS>

/** Reads the secrets that seal sessions, from the option itself or else from files. */
export function buildSecrets(settings: SectionSettings, files: Files): SecretsConfig {
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

function readSecretFile(settings: SectionSettings, files: Files, path: string): readonly Uint8Array[] {
  const text = readTextFile(files, path)
  const secrets = text.ok ? parseCookieSecrets(text.value) : text
  if (text.ok) warnIfPublished(settings, 'cookie-secret-file', text.value)
  if (secrets.ok) return secrets.value
  settings.problem('cookie-secret-file', text.ok ? `${quote(path)}: ${secrets.problem}` : secrets.problem)
  return []
}

function warnIfPublished(
  settings: SectionSettings,
  flag: 'cookie-secret' | 'cookie-secret-file',
  text: string,
): void {
  if (!isPublished(text)) return
  settings.warning(
    flag,
    `replace this secret, it is published as an example and anybody can make sessions with it; ${MAKE_SECRET}`,
  )
}
