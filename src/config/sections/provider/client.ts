import { quote } from '../../../lib/text.ts'
import { type OptionRows, SERVERS } from '../../option.ts'
import type { Settings, SettingsOf } from '../../settings.ts'
import { type Files, readTextFile } from '../../sources/files.ts'
import type { Secret } from '../../values/header-rows.ts'

/** Options of the OAuth client (RFC 6749 section 2). */
export const CLIENT_OPTIONS = {
  'client-id': {
    group: 'Provider',
    after: 'provider-display-name',
    kind: 'string',
    structured: 'providers[].clientID',
    default: '',
    about: 'OAuth client id. Required.',
  },
  'client-secret': {
    group: 'Provider',
    kind: 'string',
    structured: 'providers[].clientSecret',
    default: '',
    secret: true,
    about:
      'OAuth client secret. Required, or client-secret-file; a public OpenID client says so with an explicitly empty value (`--client-secret=`).',
  },
  'client-secret-file': {
    group: 'Provider',
    kind: 'file',
    structured: 'providers[].clientSecretFile',
    default: '',
    runtimes: SERVERS,
    about: 'File with the client secret, read again at each use, so it can be replaced while running.',
  },
} as const satisfies OptionRows

/** The client that the provider registered. */
export interface ClientConfig {
  readonly clientId: string
  /** The secret itself, or the file to read it from at each use; undefined for a public client. */
  readonly clientSecret: Secret | undefined
}

type SectionSettings = SettingsOf<typeof CLIENT_OPTIONS>

interface ClientDeps {
  readonly files: Files
  /** Allows a client without a secret (RFC 6749 §2.1). */
  readonly publicClient: boolean
  /** The client shows who it is in another way. */
  readonly ownCredentials: boolean
}

/** Reads the client id and its secret. */
export function buildClient(settings: SectionSettings, deps: ClientDeps): ClientConfig {
  const clientId = readTrimmed(settings, 'client-id')
  if (clientId === '') settings.problem('client-id', 'give the client id that the provider issued')
  return { clientId, clientSecret: readSecret(settings, deps) }
}

/** RFC 6749 §A.1 and §A.2 allow blanks around both, and no provider issues such. */
export function readTrimmed<Flag extends string>(settings: TextSettings<Flag>, flag: Flag): string {
  const value = settings.value(flag)
  const trimmed = value.trim()
  if (trimmed !== value) settings.warning(flag, 'remove the blanks around the value; it counts without them')
  return trimmed
}

function readSecret(
  settings: SectionSettings,
  { files, publicClient, ownCredentials }: ClientDeps,
): ClientConfig['clientSecret'] {
  if (ownCredentials) {
    for (const flag of ['client-secret', 'client-secret-file'] as const)
      if (settings.value(flag) !== '')
        settings.warning(
          flag,
          'leave this out, the client shows who it is in another way and this is not used',
        )
    return undefined
  }
  const secret = readClientSecret(settings, { value: 'client-secret', file: 'client-secret-file' }, files)
  if (secret !== undefined) return secret
  // Blanks alone are a gap that was not filled in rather than the wish to have none.
  if (!settings.given('client-secret') || settings.value('client-secret') !== '' || !publicClient) {
    const hint = publicClient ? '; a public client gives an explicitly empty one (--client-secret=)' : ''
    settings.problem(
      'client-secret',
      `give the client secret that the provider issued, or client-secret-file${hint}`,
    )
  }
  return undefined
}

/** Settings in which these options are texts. */
type TextSettings<Flag extends string> = Settings<Readonly<Record<Flag, string>>>

/** Reads a client secret from one of two options, the text or the file that holds it; undefined when neither is given. */
export function readClientSecret<Flag extends string>(
  settings: TextSettings<Flag>,
  flags: { readonly value: Flag; readonly file: Flag },
  files: Files,
): Secret | undefined {
  const value = readTrimmed(settings, flags.value)
  const file = settings.value(flags.file)
  if (value !== '') {
    if (file !== '') settings.warning(flags.file, `this is not used, because ${flags.value} is given`)
    return { value }
  }
  if (file === '') return undefined
  const text = readTextFile(files, file)
  if (!text.ok) settings.problem(flags.file, text.problem)
  else if (text.value.trim() === '') {
    settings.problem(flags.file, `put the secret into ${quote(file)}, it is empty`)
  } else if (text.value.trim() !== text.value.replace(/\r?\n$/u, '')) {
    settings.warning(
      flags.file,
      `remove the blanks around the secret in ${quote(file)}; it counts without them`,
    )
  }
  return { file }
}
