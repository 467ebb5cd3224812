import type { ClaimValue, Session } from './session.ts'

/** Bytes of a string beside its characters, with the place that refers to it. */
const TEXT_BYTES = 40

/**
 * Memory that the texts of a session take, in bytes by estimate. The length of a token says little of it: a list of groups
 * compresses well, and each of its names is a string of its own.
 */
export function memoryOf({
  claims = {},
  groups,
  email,
  preferredUsername,
  issuer,
  subject,
  user,
  sid,
  tokens,
}: Session): number {
  const names = [issuer, subject, user, email, preferredUsername, sid, ...Object.values(claims).flat()]
  return memoryOfNames(names) + memoryOfNames(groups) + memoryOfTokens(tokens)
}

/** Twice their length: names need not be Latin, and header lines are made of them that are kept as well. */
function memoryOfNames(names: readonly (ClaimValue | undefined)[]): number {
  return names.reduce((sum, name) => sum + (name === undefined ? 0 : TEXT_BYTES + 2 * name.length), 0)
}

/** Tokens are ASCII, at one byte a character. */
function memoryOfTokens({ access = '', id = '', refresh = '' }: Session['tokens']): number {
  return 3 * TEXT_BYTES + access.length + id.length + refresh.length
}
