import type { HeadersConfig } from '../../src/config/sections/headers.ts'
import { configOf } from '../unit/config/config-fixture.ts'

const loaded = new Map<string, HeadersConfig>()

/** The header rows that these flags of oauth2-proxy are read as. */
export function headersOf(...flags: readonly string[]): HeadersConfig {
  const key = JSON.stringify(flags)
  const known = loaded.get(key) ?? configOf({ args: flags }).headers
  loaded.set(key, known)
  return known
}
