/** Decides whether a host may be named; the port as written, undefined when absent. */
export type AllowsHost = (host: string, port: string | undefined) => boolean

/** Compiles whitelist-domain, one rule an entry: `host`, `.host` or `*.host` (the host and all below it), each with `:port` or `:*`. */
export function compileHostRules(entries: readonly string[]): readonly AllowsHost[] {
  return entries.map((entry) => {
    const [, wildcard, name = '', only] = /^(\*?\.)?([^:]*)(?::(.*))?$/u.exec(entry) ?? []
    return (host, port) =>
      (host === name || (wildcard !== undefined && host.endsWith(`.${name}`))) &&
      (only === '*' || only === port)
  })
}

/** Compiles whitelist-domain into one rule. */
export function compileAllowedHosts(entries: readonly string[]): AllowsHost {
  const rules = compileHostRules(entries)
  return (host, port) => rules.some((allows) => allows(host, port))
}
