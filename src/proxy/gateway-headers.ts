import type { HeadersConfig } from '../config/sections/headers.ts'
import type { HeaderLines } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { IDENTITY_FAMILY } from './header-rules.ts'
import type { IdentityHeaders } from './identity-headers.ts'

/** Families of identity headers: an answer that has one of a family names all of it. */
const FAMILIES = ['x-auth-request-', 'x-forwarded-']

/** Header that oauth2-proxy does not have; gateways send it too. It is named where a row sends it. */
const PROVIDER = 'X-Auth-Request-Provider'

/**
 * Builds the identity lines of an answer that lets a gateway's request pass (auth_request, forward auth, ext_authz): those
 * of any answer, and the names of rows and of their families that have no value, empty. Many gateways replace only what
 * the answer names, and would leave the client's own line otherwise.
 */
export function createGatewayHeaders(
  config: Pick<HeadersConfig, 'response'>,
  { forResponse }: IdentityHeaders,
): (session: Session | undefined) => HeaderLines {
  const names = namesOf(config)
  // The lines of a session are one array for as long as they hold.
  const made = new WeakMap<HeaderLines, HeaderLines>()
  return (session) => {
    const said = forResponse(session)
    const known = made.get(said)
    if (known !== undefined) return known
    const lines = withEmptyLines(said, names)
    made.set(said, lines)
    return lines
  }
}

function namesOf({ response }: Pick<HeadersConfig, 'response'>): readonly string[] {
  const rows = response.map(({ name }) => name).filter((name) => name.toLowerCase() !== 'authorization')
  const families = FAMILIES.filter((family) => rows.some((name) => name.toLowerCase().startsWith(family)))
  const others = IDENTITY_FAMILY.filter(
    (name) => name !== PROVIDER && families.some((family) => name.toLowerCase().startsWith(family)),
  )
  const known = new Set(others.map((name) => name.toLowerCase()))
  return [...others, ...rows.filter((name) => !known.has(name.toLowerCase()))]
}

function withEmptyLines(lines: HeaderLines, names: readonly string[]): HeaderLines {
  const said = new Set(lines.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  return [...lines, ...names.flatMap((name) => (said.has(name.toLowerCase()) ? [] : [name, '']))]
}
