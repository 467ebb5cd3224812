import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { ClaimValue, Identity } from '../../session/session.ts'

/** The settings with further claims to be read into `Identity.claims`, which a kind needs for itself. */
export function withMoreClaims(config: ProviderConfig, names: readonly string[]): ProviderConfig {
  const { claims } = config
  return { ...config, claims: { ...claims, additional: [...new Set([...claims.additional, ...names])] } }
}

/** A claim that was read so, as one text; undefined when it is missing or a list. */
export function claimOf({ claims }: Identity, name: string): string | undefined {
  const value = claims?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The identity with the claims that header rows name, and without those that were read for the kind alone. */
export function withoutMoreClaims(identity: Identity, { claims: { additional } }: ProviderConfig): Identity {
  const { claims = {} } = identity
  if (additional.length === 0) return { ...identity, claims: undefined }
  const kept: Record<string, ClaimValue> = {}
  for (const [name, value] of Object.entries(claims)) if (additional.includes(name)) kept[name] = value
  return { ...identity, claims: kept }
}
