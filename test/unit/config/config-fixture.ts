import type { Config } from '../../../src/config/config.ts'
import { type LoadInput, type LoadResult, loadConfig } from '../../../src/config/load.ts'
import type { ProviderKinds } from '../../../src/config/provider-kind.ts'
import { readToml } from '../../../src/config/sources/toml.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'

/** A secret that is random enough and belongs to nobody. */
export const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

/** The least that a configuration needs, as variables. */
export const BASE: Readonly<Record<string, string>> = {
  OAUTH2_PROXY_PROVIDER: 'oidc',
  OAUTH2_PROXY_OIDC_ISSUER_URL: 'https://issuer.example',
  OAUTH2_PROXY_CLIENT_ID: 'gate',
  OAUTH2_PROXY_CLIENT_SECRET: 'client-secret',
  OAUTH2_PROXY_COOKIE_SECRET: SECRET,
  OAUTH2_PROXY_EMAIL_DOMAINS: '*',
  OAUTH2_PROXY_UPSTREAMS: 'http://app.internal:8080/',
}

/** What a test changes; `files` are the only ones that there are. */
export interface Given {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly files?: Readonly<Record<string, string>>
  readonly runtime?: LoadInput['runtime']
}

/** Loads on top of the base settings. */
export function load(given: Given = {}, kinds?: ProviderKinds): LoadResult {
  return loadBare({ ...given, env: { ...BASE, ...given.env } }, kinds)
}

/** Loads what is given and nothing else. */
export function loadBare(
  { args = [], env = {}, files = {}, runtime = 'node' }: Given,
  kinds: ProviderKinds = PROVIDER_KINDS,
): LoadResult {
  const readFile = (path: string) => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  const lent = runtime === 'workers' ? undefined : readFile
  const readBinaryFile = lent && ((path: string) => new TextEncoder().encode(lent(path)))
  const input = { args, env, readFile: lent, readBinaryFile, runtime, version: '1.2.3' }
  return loadConfig(input, kinds, { readToml })
}

/** The configuration, or the problems as the error of the test. */
export function configOf(given: Given = {}): Config {
  return accept(load(given)).config
}

/** The warnings of a configuration that loads. */
export function warningsOf(given: Given = {}, kinds?: ProviderKinds): readonly string[] {
  return accept(load(given, kinds)).warnings
}

/** The lines that say what is wrong; fails when nothing is. */
export function problemsOf(given: Given, kinds?: ProviderKinds): readonly string[] {
  return linesOf(load(given, kinds))
}

/** The problems of a configuration that does not load, one a line, without the warnings behind them. */
export function linesOf(loaded: LoadResult): readonly string[] {
  if (loaded.kind !== 'problems') throw new Error(`this was accepted: ${loaded.kind}`)
  return loaded.text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('warning: '))
}

function accept(loaded: LoadResult): Extract<LoadResult, { kind: 'config' }> {
  if (loaded.kind !== 'config') throw new Error(loaded.text)
  return loaded
}
