import type { ListenConfig } from '../config/sections/listen.ts'
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
