import type { Config } from '../config/config.ts'
import { createKeyRing, type KeyPurpose, type KeyRing } from '../crypto/keys.ts'
import { parseCookieSecrets } from '../crypto/secrets.ts'
import { randomToken } from '../lib/bytes.ts'
import type { Log } from '../observe/log.ts'
import type { Platform } from '../platform.ts'
import { type ClientFingerprints, toClientFingerprints } from './clients.ts'
import { createCookieStore } from './cookie/store.ts'
import { createDenylist, type Denylist } from './denylist.ts'
import { createSessionJudge } from './judge.ts'
import type { LiveStreams } from './live-streams.ts'
import { compileProjection } from './projection.ts'
import { createRefreshExchange } from './refresh/exchange.ts'
import { createRefresher, type Refresher } from './refresh/refresh.ts'
import type { ServerStoreDeps } from './server/store.ts'
import type { Session, SessionProvider } from './session.ts'
import type { SessionStore } from './store.ts'

/** Store, refresher and keys that keep people signed in. */
export interface SessionServices {
  readonly sessions: SessionStore
  readonly refresher: Refresher
  readonly denylist: Denylist
  /** Keys of sign-in transactions. */
  readonly ring: KeyRing
  readonly clients: ClientFingerprints
}

export interface SessionsDeps {
  readonly platform: Platform
  readonly log: Log
  readonly providers: readonly SessionProvider[]
  /** Bytes that the attributes of a session cookie take in Set-Cookie. */
  readonly attributeBytes: number
  /** True while the account behind a session exists, as far as this deployment keeps accounts itself. */
  readonly hasAccount: (session: Session) => boolean
  /** Open streams, which hear of everything that changes or ends a session. */
  readonly streams: Pick<LiveStreams, 'denied' | 'renewed' | 'ended'>
}

/**
 * Creates the session services of one deployment. Keys belong to the cookie's name and no provider, and each session to
 * its own provider, so that adding, removing or reordering providers ends no session of the others.
 */
export async function createSessions(
  config: Config,
  { platform, log, providers, attributeBytes, hasAccount, streams }: SessionsDeps,
): Promise<SessionServices> {
  const deployment = config.cookie.name
  const toRing = (purpose: KeyPurpose) =>
    createKeyRing({ secrets: config.session.secrets, deployment, purpose, openAesGcm: platform.openAesGcm })
  const [sessionRing, ring] = await Promise.all([toRing('session'), toRing('transaction')])
  const ticketRing = platform.entries && (await toRing('ticket'))
  followSecrets({ config, platform, log, rings: [sessionRing, ring, ...(ticketRing ? [ticketRing] : [])] })

  const denylist = createDenylist({
    now: platform.now,
    log,
    config: config.session,
    shared: platform.shared,
    onDenied: streams.denied,
  })
  // Processes that share state refresh each session once, whichever of them is asked.
  const processId = platform.shared === undefined ? randomToken(4) : undefined
  const clients = await toClientFingerprints(config.providers)
  const judge = createSessionJudge({
    config: config.session,
    clients,
    hasAccount,
    denylist,
    processId,
    now: platform.now,
  })
  const projection = compileProjection(config)
  for (const warning of projection.warnings) log.line('warn', warning)
  const shared = { projection, judge, platform, onSeen: streams.renewed }
  const inCookies = createCookieStore(config, { ...shared, attributeBytes, ring: sessionRing })
  const sessions =
    ticketRing === undefined
      ? inCookies
      : await createInEntries(config, { ...shared, ring: ticketRing, former: inCookies })
  const peers =
    platform.shared === undefined ? {} : { peers: createRefreshExchange(platform.shared, deployment) }
  const refresher = createRefresher({
    config: config.session,
    providers,
    store: sessions,
    platform,
    log,
    onEnded: streams.ended,
    processId,
    ...peers,
  })
  return { sessions, refresher, denylist, ring, clients }
}

/** Creates the store over the entries of the platform, which is loaded where there are any. */
async function createInEntries(
  { cookie, session }: Config,
  deps: Omit<ServerStoreDeps, 'cookieName' | 'expireMs' | 'entries'> & { readonly platform: Platform },
): Promise<SessionStore> {
  const { entries } = deps.platform
  if (entries === undefined) return deps.former
  const { createServerStore } = await import('./server/store.ts')
  return createServerStore({ ...deps, entries, cookieName: cookie.name, expireMs: session.expireMs })
}

interface Following {
  readonly config: Config
  readonly platform: Platform
  readonly log: Log
  readonly rings: readonly KeyRing[]
}

/**
 * Reads cookie-secret-file again when one of them changes; a file that cannot be read or is too weak changes nothing.
 */
function followSecrets({ config, platform, log, rings }: Following): void {
  const { secretFiles } = config.session
  const reread = async () => {
    const read = secretFiles.map((path) => parseCookieSecrets(platform.readFile?.(path) ?? ''))
    const bad = read.find((secrets) => !secrets.ok)
    if (bad !== undefined && !bad.ok) throw new Error(bad.problem)
    const secrets = read.flatMap((one) => (one.ok ? one.value : []))
    await Promise.all(rings.map((ring) => ring.replace(secrets)))
    log.line('info', 'Cookie secrets were read again', { secrets: secrets.length })
  }
  for (const path of secretFiles) {
    const onChange = () =>
      reread().catch((error: unknown) =>
        log.line('error', 'Cookie secrets stay as they were', { why: String(error) }),
      )
    platform.watch?.({ path, onChange })
  }
}
