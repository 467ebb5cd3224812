import { type LoadInput, type LoadResult, loadConfiguration } from '../../src/config/load.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import type { Bindings } from './forward.ts'

/** The variables that hold the text of a configuration file, by the flag that names such a file elsewhere. */
const FILES: Readonly<Record<string, string>> = {
  '--config': 'OAUTH2_PROXY_CONFIG_TOML',
  '--alpha-config': 'OAUTH2_PROXY_CONFIG_YAML',
}

/** The binding of the Durable Object that isolates share state through. */
export const STATE = 'SIDEGATE_STATE'

/** Reads the settings from variables and secrets, by the names that they have everywhere. */
export async function readSettings(bindings: Bindings, version: string): Promise<LoadResult> {
  const { texts, problems } = textsOf(bindings)
  const files = new Map(Object.values(FILES).flatMap((name) => (texts[name] ? [[name, texts[name]]] : [])))
  const input: LoadInput = {
    args: Object.entries(FILES).flatMap(([flag, name]) => (files.has(name) ? [flag, name] : [])),
    env: Object.fromEntries(Object.entries(texts).filter(([name]) => !Object.values(FILES).includes(name))),
    readFile: files.size === 0 ? undefined : (path) => readOnly(files, path),
    runtime: 'workers',
    version,
  }
  const loaded = await loadConfiguration(input, PROVIDER_KINDS)
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

function readOnly(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path)
  if (text === undefined) throw new Error('a Worker has no files')
  return text
}

function missingBindings({ config }: LoadResult & { kind: 'config' }, bindings: Bindings): readonly string[] {
  return config.upstreams
    .map(({ target }) => (target.kind === 'binding' ? target.name : undefined))
    .filter((name) => name !== undefined && !isFetcher(bindings[name]))
    .map((name) => `${givenBy(bindings)}: add a service binding "${name}" to wrangler.toml, there is none`)
}

/** The variable that names the upstreams: that of a structured file alone, or their own before that of the TOML file. */
function givenBy(bindings: Bindings): string {
  const names = ['OAUTH2_PROXY_CONFIG_YAML', 'OAUTH2_PROXY_UPSTREAMS', 'OAUTH2_PROXY_CONFIG_TOML']
  return names.find((name) => bindings[name]) ?? 'OAUTH2_PROXY_UPSTREAMS'
}

function isFetcher(binding: unknown): boolean {
  return typeof binding === 'object' && binding !== null && 'fetch' in binding
}

function withProblems(loaded: LoadResult, problems: readonly string[]): LoadResult {
  const text = loaded.kind === 'problems' ? loaded.text : 'Sidegate cannot start, fix the settings:\n'
  return { kind: 'problems', text: text + problems.map((line) => `  ${line}\n`).join(''), exitCode: 1 }
}
