import { lowerAscii } from '../lib/text.ts'

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
    const lower = lowerAscii(domain).replace(/^\*\./u, '.')
    if (lower.startsWith('.')) suffixes.push(lower)
    else if (lower !== '*') exact.add(lower)
  }
  return {
    admits(email) {
      if (!isPlain(email)) return false
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
    const address = lowerAscii((line.split(',')[0] ?? '').replaceAll('"', '').trim())
    if (address !== '') addresses.add(address)
  }
  return { admits: (email) => isPlain(email) && addresses.has(lowerAscii(email)) }
}

/**
 * Domain of an address: the part behind the only `@`; two of them make an address that different programs read
 * differently.
 */
function domainOf(email: string): string | undefined {
  const parts = email.split('@')
  return parts.length === 2 && parts[0] !== '' ? lowerAscii(parts[1] ?? '') : undefined
}

/**
 * False for an address that another program may read as a different one: its compatibility form (NFKC, and the dots of
 * UTS #46) has other dots or another number of `@`.
 */
function isPlain(email: string): boolean {
  if (/^[\0-\x7f]*$/u.test(email)) return true
  const form = email.normalize('NFKC').replace(/[\u3002\uff61]/gu, '.')
  return form.replace(/[^.@]/gu, '') === email.replace(/[^.@]/gu, '')
}

function isBelow(domain: string, suffix: string): boolean {
  return domain.length > suffix.length && domain.endsWith(suffix)
}
