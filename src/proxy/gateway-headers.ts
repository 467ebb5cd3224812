import type { HeadersConfig } from '../config/sections/headers.ts'
import type { HeaderLines } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { IDENTITY_FAMILY } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** Headers that a gateway copies from its auth sub-request to the app. */
const COPIED = IDENTITY_FAMILY.filter((name) => name.startsWith('X-'))

/**
 * Builds the identity lines of an answer that lets a gateway's request pass (auth_request, forward auth, ext_authz). They
 * are those of any answer, and with set-xauthrequest the X-Forwarded family as the app would be told it. A name without
 * a value is sent empty then: many gateways replace only what the answer names, and leave the client's own line otherwise.
 */
export function createGatewayHeaders(
  { setXAuthRequest }: Pick<HeadersConfig, 'setXAuthRequest'>,
  { forRequest, forResponse }: IdentityHeaders,
): (session: Session | undefined) => HeaderLines {
  if (!setXAuthRequest) return (session) => (session === undefined ? [] : forResponse(session))
  const unsaid = withEmptyLines([])
  const made = new WeakMap<Session, HeaderLines>()
  return (session) => {
    if (session === undefined) return unsaid
    const known = made.get(session)
    if (known !== undefined) return known
    const lines = withEmptyLines([...forResponse(session), ...forwardedFamily(forRequest(session))])
    made.set(session, lines)
    return lines
  }
}

function forwardedFamily(lines: HeaderLines): HeaderLines {
  return lines.flatMap((name, at) =>
    at % 2 === 0 && name.startsWith('X-Forwarded-') ? [name, lines[at + 1] ?? ''] : [],
  )
}

function withEmptyLines(lines: HeaderLines): HeaderLines {
  const said = new Set(lines.filter((_, at) => at % 2 === 0))
  return [...lines, ...COPIED.flatMap((name) => (said.has(name) ? [] : [name, '']))]
}
