import { createKeyRing, type KeyRing, lengthPrefixed } from '../../crypto/keys.ts'
import { open, seal } from '../../crypto/seal.ts'
import { sha256, toBase64Url, utf8 } from '../../lib/bytes.ts'
import type { SharedState } from '../../platform.ts'
import type { Session } from '../session.ts'

/** Time that a successor waits for requests that still carry the old cookie. */
export const SUCCESSOR_MS = 60_000

/** Longest time for which one process keeps the others from refreshing. */
const CLAIM_MS = 15_000

/** Identifies one refresh: of this session, with this refresh token. */
export interface RefreshKey {
  /** Key that is the same in all processes that see the same old cookie, and gives no way back to the token. */
  readonly key: string
  readonly refreshToken: string
}

/**
 * Hands the successor of a session from the process that refreshed to those that still see the old cookie. What is
 * stored can be read with the old refresh token only.
 */
export interface RefreshExchange {
  /** Reference of the session that another process stored; undefined while there is none. */
  take(refreshKey: RefreshKey): Promise<string | undefined>
  put(refreshKey: RefreshKey, reference: string): Promise<void>
  /** Claims the refresh for one process; the others look again with `take`. */
  claim(refreshKey: RefreshKey): Promise<boolean>
  release(refreshKey: RefreshKey): Promise<void>
}

/** Exchange of a process that is alone, or believes so. */
export const NO_PEERS: RefreshExchange = {
  take: async () => undefined,
  put: async () => {},
  claim: async () => true,
  release: async () => {},
}

/** Creates the exchange over the state that processes share. */
export function createRefreshExchange(shared: SharedState, deployment: string): RefreshExchange {
  const ringOf = ({ refreshToken }: RefreshKey): Promise<KeyRing> =>
    createKeyRing({ secrets: [utf8(refreshToken)], deployment, purpose: 'relay' })
  return {
    async take(refreshKey) {
      const sealed = await shared.get(successorKey(refreshKey))
      if (sealed === undefined) return undefined
      const opened = await open(await ringOf(refreshKey), sealed)
      return opened.ok ? new TextDecoder().decode(opened.value.bytes) : undefined
    },
    async put(refreshKey, reference) {
      await shared.set(
        successorKey(refreshKey),
        await seal(await ringOf(refreshKey), utf8(reference)),
        SUCCESSOR_MS,
      )
    },
    claim: (refreshKey) => shared.claim(claimKey(refreshKey), CLAIM_MS),
    release: (refreshKey) => shared.release(claimKey(refreshKey)),
  }
}

/**
 * Key of a session's next refresh. The time of the last one is part of it, because a provider that does not rotate
 * gives the same token for every refresh.
 */
export async function toRefreshKey(
  { client = '', id, refreshedAtMs }: Session,
  refreshToken: string,
): Promise<RefreshKey> {
  const refreshedAt = String(Math.floor(refreshedAtMs / 1000))
  const names = lengthPrefixed(['refresh', client, id, refreshedAt, refreshToken])
  return { key: toBase64Url(await sha256(names)), refreshToken }
}

function successorKey({ key }: RefreshKey): string {
  return `next:${key}`
}

function claimKey({ key }: RefreshKey): string {
  return `claim:${key}`
}
