import { type LoadInput, type LoadResult, loadConfig } from '../../src/config/load.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import type { Bindings } from './forward.ts'

/** The variable that holds a whole TOML configuration, for those who keep theirs in a file. */
const TOML = 'OAUTH2_PROXY_CONFIG_TOML'

/** The binding of the Durable Object that isolates share state through. */
export const STATE = 'SIDEGATE_STATE'

/** Reads the settings from variables and secrets, by the names that they have everywhere. */
export function readSettings(bindings: Bindings, version: string): LoadResult {
  const { texts, problems } = textsOf(bindings)
  const { [TOML]: toml, ...env } = texts
  const input: LoadInput = {
    args: toml === undefined ? [] : ['--config', TOML],
    env,
    readFile: toml === undefined ? undefined : readOnly(toml),
    runtime: 'workers',
    version,
  }
  const loaded = loadConfig(input, PROVIDER_KINDS)
  if (loaded.kind === 'config') problems.push(...missingBindings(loaded, bindings))
  return problems.length === 0 ? loaded : withProblems(loaded, problems)
}

/** Texts of the bindings: Wrangler lets variables be numbers, booleans and JSON; a setting is text. */
function textsOf(bindings: Bindings): { texts: Record<string, string>; problems: string[] } {
  const texts: Record<string, string> = {}
  const problems: string[] = []
  for (const [name, value] of Object.entries(bindings)) {
    if (typeof value === 'string') texts[name] = value
    else if (typeof value === 'boolean' || typeof value === 'number') texts[name] = String(value)
    else if (name.startsWith('OAUTH2_PROXY_'))
      problems.push(`${name}: write it as text, the entries of a list with commas between`)
  }
  return { texts, problems }
}

function readOnly(toml: string): (path: string) => string {
  return (path) => {
    if (path !== TOML) throw new Error('a Worker has no files')
    return toml
  }
}

function missingBindings({ config }: LoadResult & { kind: 'config' }, bindings: Bindings): readonly string[] {
  return config.upstreams
    .map(({ target }) => (target.kind === 'binding' ? target.name : undefined))
    .filter((name) => name !== undefined && !isFetcher(bindings[name]))
    .map((name) => `OAUTH2_PROXY_UPSTREAMS: add a service binding "${name}" to wrangler.toml, there is none`)
}

function isFetcher(binding: unknown): boolean {
  return typeof binding === 'object' && binding !== null && 'fetch' in binding
}

function withProblems(loaded: LoadResult, problems: readonly string[]): LoadResult {
  const text = loaded.kind === 'problems' ? loaded.text : 'Sidegate cannot start, fix the settings:\n'
  return { kind: 'problems', text: text + problems.map((line) => `  ${line}\n`).join(''), exitCode: 1 }
}
