import type { OwnPaths } from '../../config/own-paths.ts'
import type { Target } from '../../http/exchange.ts'
import { ok, type Result } from '../../result.ts'

/** A provider as far as its answers tell who they are from. */
interface Answering {
  readonly id: string
  readonly namesIssuer?: (() => Promise<Result<boolean>>) | undefined
}

/**
 * Reads whether the answers of a provider come back to a redirect URI of its own, which is its id then, or to the one
 * that is shared (undefined). With several providers only those share it whose every answer names the issuer (RFC 9207):
 * a code that another provider issued is recognised either by that name or by where it arrives (RFC 9700 §4.4.2).
 */
export async function readOwnCallback(
  providers: readonly Pick<Answering, 'id'>[],
  { id, namesIssuer }: Answering,
): Promise<Result<string | undefined>> {
  if (providers.length < 2) return ok(undefined)
  const named = namesIssuer === undefined ? ok(false) : await namesIssuer()
  if (!named.ok) return named
  return ok(named.value ? undefined : id)
}

/** Id of the provider that the redirect URI of a callback belongs to; undefined for the one that is shared. */
export function callbackOwner(
  { callback }: Pick<OwnPaths, 'callback'>,
  { path }: Target,
): string | undefined {
  return path.startsWith(`${callback}/`) ? path.slice(callback.length + 1) : undefined
}

/** Redirect URI of one provider alone: the shared one with the id as a further segment of its path. */
export function toOwnRedirectUri(shared: string, id: string | undefined): string {
  return id === undefined
    ? shared
    : shared.replace(/^([^?]*?)\/?(?=\?|$)/u, (_, path: string) => `${path}/${id}`)
}
