/** Decides whether an e-mail address may sign in. */
export interface EmailRule {
  admits(email: string): boolean
}

/**
 * Compiles `email-domain`: `*` admits everyone, also people without an address, `example.com` exactly that domain, `.example.com` and
 * `*.example.com` its subdomains only.
 */
export function compileEmailDomains(domains: readonly string[]): EmailRule {
  const everyone = domains.includes('*')
  const exact = new Set<string>()
  const suffixes: string[] = []
  for (const domain of domains) {
    const lower = domain.toLowerCase().replace(/^\*\./u, '.')
    if (lower.startsWith('.')) suffixes.push(lower)
    else if (lower !== '*') exact.add(lower)
  }
  return {
    admits(email) {
      if (everyone) return true
      const domain = domainOf(email)
      return domain !== undefined && (exact.has(domain) || suffixes.some((suffix) => isBelow(domain, suffix)))
    },
  }
}

/** Reads the file behind `authenticated-emails-file`: CSV, first column is the address, `#` starts a comment. */
export function readEmailList(text: string): EmailRule {
  const addresses = new Set<string>()
  for (const line of text.split(/\r?\n/u)) {
    if (line.trimStart().startsWith('#')) continue
    const address = (line.split(',')[0] ?? '').replaceAll('"', '').trim().toLowerCase()
    if (address !== '') addresses.add(address)
  }
  return { admits: (email) => addresses.has(email.trim().toLowerCase()) }
}

/**
 * Domain of an address: the part behind the only `@`; two of them make an address that different programs read
 * differently.
 */
function domainOf(email: string): string | undefined {
  const parts = email.split('@')
  return parts.length === 2 && parts[0] !== '' ? parts[1]?.toLowerCase() : undefined
}

function isBelow(domain: string, suffix: string): boolean {
  return domain.length > suffix.length && domain.endsWith(suffix)
}
