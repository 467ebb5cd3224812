import { describe, expect, it } from 'vitest'
import { type LoadInput, type LoadResult, loadConfig } from '../../../src/config/load.ts'
import { keyOf, variableOf } from '../../../src/config/option.ts'
import { optionTable } from '../../../src/config/options.ts'
import { readToml } from '../../../src/config/sources/toml.ts'
import { structured } from '../../../src/config/structured/all.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'
import { SECRET } from '../../unit/config/config-fixture.ts'
import { FLOWS } from './flows.ts'

const SECRETS = { OAUTH2_PROXY_CLIENT_SECRET: 'client-secret', OAUTH2_PROXY_COOKIE_SECRET: SECRET }
const LEAST = ['--client-id=gate', '--upstream=http://app.internal:8080/', '--email-domain=example.com']
const TABLE = optionTable(PROVIDER_KINDS)

const NONE: readonly string[] = []

/** The flags of each run, alone and with each of its rules. */
const SETTINGS = FLOWS.flatMap(({ name, kind, args, files = {}, rules }) =>
  [{ name, beside: NONE }, ...rules.map(({ fits }) => ({ name, beside: fits }))].map(({ beside }) => ({
    name: [name, ...beside.filter((flag) => !flag.startsWith('--google-service'))].join(' '),
    flags: [`--provider=${kind}`, ...LEAST, ...args, ...beside],
    files,
  })),
)

interface Given extends Pick<LoadInput, 'args' | 'env'> {
  readonly files?: Readonly<Record<string, string>>
  readonly runtime?: LoadInput['runtime']
}

function load({ args, env, files = {}, runtime = 'node' }: Given): LoadResult {
  const readFile = (path: string): string => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  const input = {
    args,
    env,
    readFile: runtime === 'workers' ? undefined : readFile,
    runtime,
    version: '1.2.3',
  }
  return loadConfig(input, PROVIDER_KINDS, { readToml, structured })
}

function configOf(loaded: LoadResult) {
  if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded))
  return loaded.config
}

/** The same settings as variables, which are all that a Worker has; a list is a CSV record. */
function toVariables(flags: readonly string[]): Record<string, string> {
  const env: Record<string, string> = { ...SECRETS }
  for (const flag of flags) {
    const [, name = '', value = ''] = /^--([^=]+)=([\s\S]*)$/u.exec(flag) ?? []
    const option = TABLE.get(name)
    const key = option === undefined ? undefined : keyOf(name, option)
    if (key === undefined) throw new Error(`No variable of ${flag}`)
    env[variableOf(key)] = value
  }
  return env
}

describe.each(SETTINGS)('settings of $name', ({ flags, files }) => {
  it('settings in a structured file mean what the flags mean', () => {
    const text = load({ args: [...flags, '--convert-config-to-alpha'], env: SECRETS, files })
    if (text.kind !== 'text') throw new Error(JSON.stringify(text))
    const fromFile = load({
      args: ['--alpha-config=/gate.yaml'],
      env: SECRETS,
      files: { ...files, '/gate.yaml': text.text },
    })
    expect(configOf(fromFile)).toEqual(configOf(load({ args: flags, env: SECRETS, files })))
  })

  it('settings in variables are accepted on Workers and mean the same there, unless they name a file', () => {
    const onWorkers = load({ args: [], env: toVariables(flags), runtime: 'workers' })
    const named = Object.keys(files).filter((path) => flags.some((flag) => flag.endsWith(`=${path}`)))
    if (named.length > 0) return expect(onWorkers.kind).toBe('problems')
    const { providers, policy } = configOf(onWorkers)
    const onNode = configOf(load({ args: flags, env: SECRETS, files }))
    expect({ providers, policy }).toEqual({ providers: onNode.providers, policy: onNode.policy })
  })
})
