import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { LoginRequest } from '../provider.ts'

/**
 * Adds what the settings and this login say to the address of the authorization request; what the login says wins. An empty
 * value takes a parameter out of the address, and `taken` are names that neither may set.
 */
export function addLoginParameters(
  url: URL,
  {
    config: { loginParameters, loginUrlParameters },
    extra,
    isTaken = () => false,
  }: {
    readonly config: Pick<ProviderConfig, 'loginParameters' | 'loginUrlParameters'>
    readonly extra: LoginRequest['extra']
    readonly isTaken?: (name: string) => boolean
  },
): void {
  const listed = Object.fromEntries(loginUrlParameters.map(({ name, values }) => [name, values]))
  for (const [name, value] of Object.entries({ ...loginParameters, ...listed, ...extra })) {
    if (isTaken(name)) continue
    const values = typeof value === 'string' ? [value] : value
    if (values.length > 0) url.searchParams.delete(name)
    for (const each of values) if (each !== '') url.searchParams.append(name, each)
  }
}
