import { createDecipheriv } from 'node:crypto'
import type { Config } from '../../../src/config/config.ts'
import type { ProviderConfig } from '../../../src/config/sections/provider.ts'
import type { SessionConfig } from '../../../src/config/sections/session.ts'
import { createKeyRing, type KeyRing } from '../../../src/crypto/keys.ts'
import type { Cookie, CookieChange } from '../../../src/http/exchange.ts'
import type { Platform } from '../../../src/platform.ts'
import { toClientFingerprints } from '../../../src/session/clients.ts'
import { createCookieStore } from '../../../src/session/cookie/store.ts'
import { createDenylist, type Denylist } from '../../../src/session/denylist.ts'
import { createSessionJudge, type SessionJudge } from '../../../src/session/judge.ts'
import { compileProjection } from '../../../src/session/projection.ts'
import type { Loaded, Session } from '../../../src/session/session.ts'
import type { SessionStore } from '../../../src/session/store.ts'
import { headersOf } from '../../support/headers.ts'
import { NOW_MS } from '../../support/session.ts'

export const SECRET = new Uint8Array(32).fill(7)
export const OTHER_SECRET = new Uint8Array(32).map((_, at) => at)
export const NAME = '__Host-_oauth2_proxy'
/** What keys are bound to. */
export const DEPLOYMENT = NAME
/** `=; Path=/; Max-Age=9999999999; HttpOnly; Secure; SameSite=Lax` */
export const ATTRIBUTE_BYTES = 65

export const SESSION_CONFIG: SessionConfig = {
  secrets: [SECRET],
  secretFiles: [],
  expireMs: 7 * 86_400_000,
  refreshMs: 0,
  maxLifetimeMs: 0,
  idleTimeoutMs: 0,
  revalidateMs: 300_000,
  minIssuedAtMs: 0,
  budgetBytes: 7168,
  groups: 'all',
  minimal: false,
  store: 'cookie',
  redis: undefined,
}

/** What projections read of a configuration. */
export interface Wishes {
  readonly session?: Partial<SessionConfig>
  readonly headers?: Config['headers']
  readonly allowedGroups?: readonly string[]
  readonly backendLogoutUrl?: string
  readonly provider?: Partial<ProviderConfig>
  /** Instead of the one provider. */
  readonly providers?: readonly Partial<ProviderConfig>[]
  readonly cookieName?: string
}

/** The provider of `aSession`, as far as this room reads it. */
export const PROVIDER = {
  id: 'oidc',
  kind: 'oidc',
  issuer: 'https://op.example.com',
  clientId: 'client-1',
  validateUrl: undefined,
}

/** The slices of a configuration that this room reads; asking for another one fails in the test. */
export function aConfig(wishes: Wishes = {}): Config {
  const slices = {
    cookie: { name: wishes.cookieName ?? NAME },
    session: { ...SESSION_CONFIG, ...wishes.session },
    headers: wishes.headers ?? headersOf(),
    policy: { allowedGroups: wishes.allowedGroups ?? [] },
    providers: (wishes.providers ?? [wishes.provider]).map((provider) => ({
      ...PROVIDER,
      claims: { told: [] },
      backendLogoutUrl: wishes.backendLogoutUrl,
      ...provider,
    })),
  }
  // The rest of a Config has no meaning here.
  return slices as unknown as Config
}

/** One process with its store. */
export interface Gate {
  readonly store: SessionStore
  readonly ring: KeyRing
  readonly denylist: Denylist
  readonly judge: SessionJudge
  readonly config: Config
}

/** What a test decides about a process. */
export interface AGate extends Wishes {
  readonly secrets?: readonly Uint8Array[]
  readonly deployment?: string
  readonly attributeBytes?: number
  readonly processId?: string | undefined
  readonly hasAccount?: (session: Session) => boolean
  readonly platform?: { readonly now: () => number; readonly openAesGcm?: Platform['openAesGcm'] }
}

/** Builds a process whose clock stands still unless the test lends another one. */
export async function aGate(given: AGate = {}): Promise<Gate> {
  const config = aConfig(given)
  const platform = given.platform ?? { now: () => NOW_MS }
  const ring = await createKeyRing({
    secrets: given.secrets ?? [SECRET],
    deployment: given.deployment ?? DEPLOYMENT,
    purpose: 'session',
    openAesGcm: platform.openAesGcm,
  })
  const denylist = createDenylist({ log: { line() {} }, now: platform.now, config: config.session })
  const judge = createSessionJudge({
    config: config.session,
    clients: await toClientFingerprints(config.providers),
    hasAccount: given.hasAccount ?? (() => true),
    denylist,
    processId: given.processId,
    now: platform.now,
  })
  const { attributeBytes = ATTRIBUTE_BYTES } = given
  const projection = compileProjection(config)
  const store = createCookieStore(config, { attributeBytes, ring, judge, platform, projection })
  return { store, ring, denylist, judge, config }
}

/** The cookies of a freshly saved session. */
export async function cookiesOf({ store }: Gate, session: Session): Promise<readonly Cookie[]> {
  return applied([], await changesOf(store, session))
}

/** The changes of a save that must not fail. */
export async function changesOf(
  store: SessionStore,
  session: Session,
  carried: readonly Cookie[] = [],
): Promise<readonly CookieChange[]> {
  const saved = await store.save({ session, carried })
  if (!saved.ok) throw new Error(`not saved: ${saved.problem.reason}`)
  return saved.value.changes
}

/** What a browser holds after an answer. */
export function applied(cookies: readonly Cookie[], changes: readonly CookieChange[]): readonly Cookie[] {
  const jar = new Map(cookies.map(({ name, value }) => [name, value]))
  for (const { name, value, maxAgeSeconds } of changes) {
    if (maxAgeSeconds === 0) jar.delete(name)
    else jar.set(name, value)
  }
  return [...jar].map(([name, value]) => ({ name, value }))
}

/** Loads and says in one word what came out. */
export async function kindOf({ store }: Pick<Gate, 'store'>, cookies: readonly Cookie[]): Promise<string> {
  const loaded = await store.load(cookies)
  return loaded.kind === 'unreadable' ? loaded.why : loaded.kind
}

/** The session of a request that must have one. */
export async function sessionOf(
  { store }: Pick<Gate, 'store'>,
  cookies: readonly Cookie[],
): Promise<Extract<Loaded, { kind: 'active' }>> {
  const loaded = await store.load(cookies)
  if (loaded.kind !== 'active') throw new Error(`no session: ${JSON.stringify(loaded)}`)
  return loaded
}

/** AES-GCM as Node lends it. */
export const openAesGcm: NonNullable<Platform['openAesGcm']> = (key, iv, sealed, tag, aad) => {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  decipher.setAAD(aad)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    return undefined
  }
}

/** Text without any pattern that DEFLATE could use, like a real token. */
export function aToken(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return Buffer.from(bytes).toString('base64url').slice(0, length)
}

/** Groups as Entra names them: 36 characters each. */
export function someGroups(count: number): readonly string[] {
  return Array.from({ length: count }, () => crypto.randomUUID())
}
