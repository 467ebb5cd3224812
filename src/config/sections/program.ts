import { type OptionRows, SERVERS } from '../option.ts'
import type { Report } from '../report.ts'
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
    about:
      'Structured YAML file, with several providers, header lines and settings of each upstream (docs/structured-config.md). Options that have a place in it are refused beside it. On Workers its text stands in the variable OAUTH2_PROXY_CONFIG_YAML.',
  },
  'convert-config-to-alpha': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    runtimes: SERVERS,
    about:
      'Print flags, variables and the TOML file as a structured file that means the same, and exit. Secrets are printed as they were given, but for those of variables, which are named in their place.',
  },
  'config-schema': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    runtimes: SERVERS,
    about: 'Print the JSON Schema of structured files, for editors, and exit. Not in oauth2-proxy.',
  },
} as const satisfies OptionRows

/** Mode of the program, which the command line alone decides, before any other source is read. */
export interface Invocation {
  /** Text to print instead of starting. */
  readonly print: 'help' | 'schema' | 'structured' | 'version' | undefined
  /** TOML file to read; empty when there is none. */
  readonly configFile: string
  /** Structured file to read; empty when there is none. */
  readonly structuredFile: string
}

/** Reads the mode of the program from the flags. */
export function readInvocation(flags: OptionSource): Invocation {
  return {
    print: readPrint(flags),
    configFile: textOf(flags, 'config') ?? '',
    structuredFile: textOf(flags, 'alpha-config') ?? '',
  }
}

function readPrint(flags: OptionSource): Invocation['print'] {
  if (isOn(flags, 'help')) return 'help'
  if (isOn(flags, 'version')) return 'version'
  if (isOn(flags, 'config-schema')) return 'schema'
  return isOn(flags, 'convert-config-to-alpha') ? 'structured' : undefined
}

/** Reports modes that exclude each other, as in oauth2-proxy. */
export function checkInvocation(flags: OptionSource, report: Report): void {
  if (!isOn(flags, 'convert-config-to-alpha')) return
  for (const flag of ['alpha-config', 'config-test'] as const) {
    if (flags.has(flag)) {
      report.problem('--convert-config-to-alpha', `remove this or --${flag}, they cannot be used together`)
    }
  }
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

function textOf(flags: OptionSource, flag: keyof typeof PROGRAM_OPTIONS): string | undefined {
  const raw = flags.get(flag)?.raw
  return raw?.form === 'text' ? raw.text : undefined
}

function isOn(flags: OptionSource, flag: keyof typeof PROGRAM_OPTIONS): boolean {
  return isTrue(textOf(flags, flag) ?? '')
}

function isTrue(text: string): boolean {
  return /^(?:1|t|true)$/iu.test(text)
}
