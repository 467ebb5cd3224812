import { type OptionRows, SERVERS } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import type { Given, OptionSource } from '../sources/source.ts'

/** Options that choose what the program does. */
export const PROGRAM_OPTIONS = {
  config: {
    group: 'Program',
    kind: 'file',
    default: '',
    key: null,
    about:
      'TOML file with settings. Keys are case-insensitive; a key that is not known stops the start. On Workers its text stands in the variable OAUTH2_PROXY_CONFIG_TOML.',
  },
  'config-test': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    runtimes: SERVERS,
    about:
      'Check the configuration, say what is wrong with it and exit: 0 when it is good, 1 or 2 when it is not.',
  },
  strict: {
    group: 'Program',
    kind: 'boolean',
    default: false,
    about:
      'Be stricter than oauth2-proxy in everything that docs/migrating.md lists under this word. Each of those settings can also be given singly, and then wins.',
  },
  help: {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    about: 'Print all options and exit.',
  },
  version: {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    about: 'Print the version and exit.',
  },
  'alpha-config': {
    group: 'Program',
    kind: 'file',
    default: '',
    key: null,
    supported: false,
    instead: 'write the settings as flags, variables or TOML',
    about: 'Structured YAML configuration.',
  },
  'convert-config-to-alpha': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    supported: false,
    about: 'Print the settings as structured YAML.',
  },
} as const satisfies OptionRows

/** Mode of the program, which the command line alone decides, before any other source is read. */
export interface Invocation {
  /** Text to print instead of starting. */
  readonly print: 'help' | 'version' | undefined
  /** TOML file to read; empty when there is none. */
  readonly configFile: string
}

/** Reads the mode of the program from the flags. */
export function readInvocation(flags: OptionSource): Invocation {
  const print = isOn(flags, 'help') ? 'help' : isOn(flags, 'version') ? 'version' : undefined
  return { print, configFile: textOf(flags, 'config') ?? '' }
}

/** Only checks the configuration: `--config-test`. */
export function isTestOnly(settings: SettingsOf<typeof PROGRAM_OPTIONS>): boolean {
  return settings.value('config-test')
}

/** The source that switches `strict` on, the first that gives it; undefined where it is off. */
export function findStrict(sources: readonly OptionSource[]): Given | undefined {
  const given = sources.map((source) => source.get('strict')).find((one) => one !== undefined)
  return given?.raw.form === 'text' && isTrue(given.raw.text) ? given : undefined
}

function textOf(flags: OptionSource, flag: 'config' | 'help' | 'version'): string | undefined {
  const raw = flags.get(flag)?.raw
  return raw?.form === 'text' ? raw.text : undefined
}

function isOn(flags: OptionSource, flag: 'help' | 'version'): boolean {
  return isTrue(textOf(flags, flag) ?? '')
}

function isTrue(text: string): boolean {
  return /^(?:1|t|true)$/iu.test(text)
}
