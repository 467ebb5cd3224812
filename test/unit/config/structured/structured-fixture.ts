import { stringify } from 'yaml'
import type { Config } from '../../../../src/config/config.ts'
import { type LoadInput, type LoadResult, loadConfig } from '../../../../src/config/load.ts'
import { readToml } from '../../../../src/config/sources/toml.ts'
import { structured } from '../../../../src/config/structured/all.ts'
import { PROVIDER_KINDS } from '../../../../src/providers/registry.ts'
import { SECRET } from '../config-fixture.ts'

/** A structured file, and what stands beside it. */
export interface GivenFile {
  /** The text, or what it says. */
  readonly file: string | object
  readonly args?: readonly string[]
  /** Variables beside the file. */
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly runtime?: LoadInput['runtime']
}

interface Built {
  /** The configuration; fails the test when there is none. */
  readonly config: Config
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Name of the file in messages. */
export const FILE_NAME = 'gate.yaml'

const CORE = { OAUTH2_PROXY_COOKIE_SECRET: SECRET, OAUTH2_PROXY_EMAIL_DOMAINS: '*' }

/** Loads a structured file with the least that it needs beside it. */
export function loadStructured({
  file,
  args = [],
  env = {},
  files = {},
  runtime = 'node',
}: GivenFile): LoadResult {
  const text = typeof file === 'string' ? file : stringify(file)
  const all: Readonly<Record<string, string>> = { ...files, [FILE_NAME]: text }
  const readFile = (path: string) => {
    const found = all[path]
    if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return found
  }
  const input = {
    args: [`--alpha-config=${FILE_NAME}`, ...args],
    env: { ...CORE, ...env },
    readFile,
    readBinaryFile: (path: string) => new TextEncoder().encode(readFile(path)),
    runtime,
    version: '1.2.3',
  }
  return loadConfig(input, PROVIDER_KINDS, { readToml, structured })
}

/** Builds a configuration of a structured file in the shape of oauth2-proxy's, and of the options beside it. */
export function buildStructured(given: GivenFile): Built {
  const loaded = loadStructured(given)
  const lines =
    loaded.kind === 'problems'
      ? loaded.text
          .split('\n')
          .slice(1, -1)
          .map((line) => line.trim())
      : []
  const isWarning = (line: string) => line.startsWith('warning: ')
  return {
    get config() {
      if (loaded.kind !== 'config') throw new Error(loaded.text)
      return loaded.config
    },
    problems: lines.filter((line) => !isWarning(line)),
    warnings:
      loaded.kind === 'config'
        ? loaded.warnings
        : lines.filter(isWarning).map((line) => line.slice('warning: '.length)),
  }
}
