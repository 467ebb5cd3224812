import type { HeadersConfig } from '../config/sections/headers.ts'
import type { HeaderLines } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { IDENTITY_FAMILY } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/**
 * Builds the identity lines of an answer that lets a gateway's request pass (auth_request, forward auth, ext_authz): those
 * of any answer, and of each family that is configured the names without a value, empty. Many gateways replace only what
 * the answer names, and would leave the client's own line otherwise.
 */
export function createGatewayHeaders(
  config: Pick<HeadersConfig, 'setXAuthRequest' | 'setXForwarded'>,
  { forResponse }: IdentityHeaders,
): (session: Session | undefined) => HeaderLines {
  const names = namesOf(config)
  const unsaid = withEmptyLines([], names)
  const made = new WeakMap<Session, HeaderLines>()
  return (session) => {
    if (session === undefined) return unsaid
    const known = made.get(session)
    if (known !== undefined) return known
    const lines = withEmptyLines(forResponse(session), names)
    made.set(session, lines)
    return lines
  }
}

function namesOf({
  setXAuthRequest,
  setXForwarded,
}: Pick<HeadersConfig, 'setXAuthRequest' | 'setXForwarded'>) {
  return IDENTITY_FAMILY.filter(
    (name) =>
      (setXAuthRequest && name.startsWith('X-Auth-Request-')) ||
      (setXForwarded && name.startsWith('X-Forwarded-')),
  )
}

function withEmptyLines(lines: HeaderLines, names: readonly string[]): HeaderLines {
  const said = new Set(lines.filter((_, at) => at % 2 === 0))
  return [...lines, ...names.flatMap((name) => (said.has(name) ? [] : [name, '']))]
}
