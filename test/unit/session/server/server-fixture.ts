import { createKeyRing } from '../../../../src/crypto/keys.ts'
import type { SharedEntries } from '../../../../src/platform.ts'
import { compileProjection } from '../../../../src/session/projection.ts'
import { createServerStore, type ServerStoreDeps } from '../../../../src/session/server/store.ts'
import { type AGate, aConfig, aGate, DEPLOYMENT, NAME, SECRET } from '../refresh-fixture.ts'

/** What a test decides about a process that keeps its sessions in shared entries. */
export interface AServerProcess extends AGate {
  readonly now: () => number
  readonly entries: SharedEntries
  readonly onSeen?: ServerStoreDeps['onSeen']
}

/** One process of a deployment that keeps its sessions in shared entries; `former` is the cookie store that it had before. */
export async function aServerProcess({ now, entries, onSeen, ...given }: AServerProcess) {
  const { openAesGcm } = given.platform ?? {}
  const session = { ...given.session, store: 'redis' } as const
  const gate = await aGate({ platform: { now }, ...given, session })
  const config = aConfig({ ...given, session })
  const ring = await createKeyRing({
    secrets: given.secrets ?? [SECRET],
    deployment: DEPLOYMENT,
    purpose: 'ticket',
  })
  const store = createServerStore({
    cookieName: NAME,
    expireMs: config.session.expireMs,
    ring,
    entries,
    judge: gate.judge,
    projection: compileProjection(config),
    platform: openAesGcm === undefined ? { now } : { now, openAesGcm },
    former: gate.store,
    ...(onSeen === undefined ? {} : { onSeen }),
  })
  return { ...gate, ring, former: gate.store, store }
}
