import { keysOf, variableOf } from '../../src/config/option.ts'
import { optionTable } from '../../src/config/options.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'

/**
 * Reads the variables that Deno allows. With permission for all of them misspelt names are noticed too, and log lines
 * carry the name of the pod; with `--allow-env=OAUTH2_PROXY_*` only the names in the option table can be asked for.
 */
export function readEnvironment(
  warn: (sentence: string) => void,
): Readonly<Record<string, string | undefined>> {
  if (isGranted({ name: 'env' })) return Deno.env.toObject()
  const names = [...optionTable(PROVIDER_KINDS)].flatMap(([flag, option]) =>
    keysOf(flag, option).map(variableOf),
  )
  const allowed = names.filter((variable) => isGranted({ name: 'env', variable }))
  if (allowed.length === 0)
    warn('Deno allows no variables, so none is read: --allow-env=OAUTH2_PROXY_* allows them')
  return Object.fromEntries(allowed.map((name) => [name, Deno.env.get(name)]))
}

/** Creates a reader of any variable, which a structured file may name; a permission that is missing is told once. */
export function createReadVariable(warn: (sentence: string) => void): (name: string) => string | undefined {
  const told = new Set<string>()
  return (name) => {
    if (isGranted({ name: 'env', variable: name })) return Deno.env.get(name)
    if (!told.has(name))
      warn(`Run Deno with --allow-env=${name} as well: the file of --alpha-config names it`)
    told.add(name)
    return undefined
  }
}

function isGranted(what: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(what).state === 'granted'
}
