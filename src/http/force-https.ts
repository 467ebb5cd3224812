import type { ListenConfig } from '../config/sections/listen.ts'
import { isLoopback } from '../lib/loopback.ts'
import { type Problem, problem } from '../problems.ts'
import type { Exchange } from './exchange.ts'

/**
 * Redirect target of a plain request with force-https: the same address over https, on the port of Sidegate's own TLS
 * listener when the client named a port. Undefined when it is over https already.
 */
export function toHttps(
  { facts, target }: Exchange,
  { https }: Pick<ListenConfig, 'https'>,
): string | undefined {
  if (facts.scheme === 'https') return undefined
  const name = facts.host.replace(/:\d+$/u, '')
  const port = https?.address.kind === 'tcp' ? https.address.port : 443
  const keepsPort = name !== facts.host && port !== 443
  return `https://${name}${keepsPort ? `:${port}` : ''}${target.raw}`
}

/**
 * Says that the browser is on https already, and what stands in front did not tell: it would be sent here again for ever.
 * Browsers send fetch metadata to trustworthy addresses only (Fetch Metadata §2.1), which are https and this machine.
 */
export function checkSchemeTold({ facts }: Exchange): Problem | undefined {
  const { fetchSite, host, scheme } = facts
  if (scheme === 'https' || fetchSite === undefined || isLoopback(host.replace(/:\d+$/u, '')))
    return undefined
  const findings = [{ code: 'scheme_lost', values: { host } }] as const
  return { ...problem('misconfigured', { setting: 'reverse-proxy' }), findings }
}
