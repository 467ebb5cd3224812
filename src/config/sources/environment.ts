import { nearestName } from '../../lib/text.ts'
import { keysOf, variableOf } from '../option.ts'
import type { OptionTable } from '../options.ts'
import type { Report } from '../report.ts'
import { type Given, type OptionSource, splitRaw } from './source.ts'

/** Variables that Kubernetes puts into every pod when a Service is called `oauth2-proxy`. */
const SERVICE_LINK =
  /^OAUTH2_PROXY_(?:SERVICE_(?:HOST|PORT\w*)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/u

/** Reads `OAUTH2_PROXY_*` variables. An empty one counts as not set; an unknown one is a warning with the nearest name. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  table: OptionTable,
  report: Report,
): OptionSource {
  const given = new Map<string, Given>()
  const known = new Set<string>()
  for (const [flag, option] of table) {
    // The old name comes last and wins, as in oauth2-proxy.
    for (const label of keysOf(flag, option).map(variableOf)) {
      known.add(label)
      const text = Object.hasOwn(env, label) ? env[label] : undefined
      if (text) given.set(flag, { source: 'variable', label, raw: splitRaw(option, text) })
    }
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('OAUTH2_PROXY_') || known.has(name) || SERVICE_LINK.test(name)) continue
    report.warning(name, `nothing reads this variable; ${hintFor(name, known, table)}`)
  }
  return given
}

function hintFor(name: string, known: ReadonlySet<string>, table: OptionTable): string {
  const flagOnly = [...table].find(
    ([flag, option]) => option.key === null && variableOf(flag.replaceAll('-', '_')) === name,
  )
  if (flagOnly !== undefined) return `use the flag --${flagOnly[0]}`
  const nearest = nearestName(name, known)
  return nearest === undefined ? 'see docs/options.md for all names' : `did you mean ${nearest}?`
}
