import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open, type SealProblem, seal } from '../../crypto/seal.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import { equalBytes, fromBase64Url, hmacSha256, randomBytes, toBase64Url, utf8 } from '../../lib/bytes.ts'
import { deflate, inflate } from '../../lib/deflate.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { ClientFingerprints } from '../../session/clients.ts'
import { createBinding } from './csrf-cookie.ts'
import { MAX_RETURN_TO } from './return-to.ts'
import { decodeLoginState, encodeLoginState, type LoginState } from './state.ts'
import { createTargetCookies } from './target-cookie.ts'

/** Parameters of a new login. */
export interface NewLogin extends Pick<LoginState, 'provider' | 'restarts' | 'turns' | 'session' | 'host'> {
  readonly returnTo: string
  /** Target in place of one that cannot be kept. */
  readonly fallback: string
  readonly redirectUri: string
  readonly cookies: readonly Cookie[]
}

/** Secrets of one login, derived and never stored. */
export interface LoginSecrets {
  /** 43 characters (RFC 7636 §4.1). */
  readonly codeVerifier: string
  readonly nonce: string
}

/** A login that was started. */
export interface StartedLogin extends LoginSecrets {
  readonly state: string
  /** False when the fallback took the place of the return target. */
  readonly keptTarget: boolean
  readonly changes: readonly CookieChange[]
}

/** A login that came back. */
export interface ReturnedLogin {
  readonly loginState: LoginState
  /** Return target as it was when the login began; undefined when the browser did not bring it back. */
  readonly returnTo: string | undefined
  readonly expired: boolean
  /** Secrets; undefined when the login was not started in this browser, or for another redirect URI. */
  readonly secrets: LoginSecrets | undefined
  /** Ends the cookies of this login alone; empty where it has none. */
  readonly cleanUp: readonly CookieChange[]
}

/** Logins under way. Everything about one travels sealed in `state`; nothing is kept here. */
export interface Transactions {
  start(login: NewLogin): Promise<StartedLogin>
  /**
   * Opens a state. Fails for one that was not sealed here or was changed (see `SealProblem`), or belongs to another
   * client.
   */
  open(request: {
    readonly state: string
    readonly redirectUri: string
    readonly cookies: readonly Cookie[]
  }): Promise<Result<ReturnedLogin, SealProblem>>
  /** True when a cookie of any login came with the request. */
  carries(cookies: readonly Cookie[]): boolean
  /** Ends the cookies of all logins that this browser has under way. */
  clear(cookies: readonly Cookie[]): readonly CookieChange[]
}

export interface TransactionDeps {
  /** Keys of purpose `transaction`. */
  readonly ring: KeyRing
  readonly cookie: Pick<CookieConfig, 'name' | 'csrf'>
  readonly clients: ClientFingerprints
  readonly now: () => number
}

const FLOW_ID_BYTES = 16
const PROOF_BYTES = 16
/** Bytes of a return target that travel in `state`: some providers cut or refuse a longer one. */
const MAX_STATE_TARGET = 1_800

interface KeptTarget extends Pick<LoginState, 'target'> {
  readonly changes: readonly CookieChange[]
  readonly lost?: true
}

/**
 * Creates transactions. A random secret in one small cookie binds every login of a browser; verifier, nonce and the
 * proof of the binding are HMACs of it over the random id of the flow, so that parallel tabs need no cookies of their
 * own.
 */
export function createTransactions({ ring, cookie, clients, now }: TransactionDeps): Transactions {
  const csrfCookie = createBinding(cookie)
  const targetCookies = createTargetCookies(ring, cookie)

  /**
   * Keeps a target: a short one travels as it is; a longer one compressed, in `state` as long as it fits and in a
   * cookie otherwise.
   */
  async function keepTarget(id: Uint8Array, { returnTo, fallback, cookies }: NewLogin): Promise<KeptTarget> {
    const plain = utf8(returnTo)
    if (plain.length <= MAX_STATE_TARGET) return { target: { form: 'plain', bytes: plain }, changes: [] }
    const bytes = await deflate(plain)
    if (bytes.length <= MAX_STATE_TARGET) return { target: { form: 'deflated', bytes }, changes: [] }
    const kept = await targetCookies.keep({ id, bytes }, cookies)
    return kept === undefined
      ? { target: { form: 'plain', bytes: utf8(fallback) }, changes: [], lost: true }
      : { target: { form: 'cookie', bytes: new Uint8Array(0) }, changes: [kept] }
  }

  async function findTarget(
    { id, target: { form, bytes } }: LoginState,
    cookies: readonly Cookie[],
  ): Promise<Pick<ReturnedLogin, 'returnTo' | 'cleanUp'>> {
    if (form === 'plain') return { returnTo: new TextDecoder().decode(bytes), cleanUp: [] }
    if (form === 'deflated') return { returnTo: await inflateText(bytes), cleanUp: [] }
    const kept = await targetCookies.find(id, cookies)
    return kept === undefined
      ? { returnTo: undefined, cleanUp: [] }
      : { returnTo: await inflateText(kept.bytes), cleanUp: [kept.cleanUp] }
  }

  return {
    carries: csrfCookie.carries,
    clear: (cookies) => [...csrfCookie.clear(cookies), ...targetCookies.clear(cookies)],
    async start(login) {
      const { cookies, redirectUri } = login
      const id = randomBytes(FLOW_ID_BYTES)
      const { secret, changes } = csrfCookie.take(toBase64Url(id), cookies)
      const proof = await prove(secret, { id, redirectUri })
      const startedAtMs = now()
      const expiresAtMs = startedAtMs + cookie.csrf.expireMs
      const client = fromBase64Url(clients.get(login.provider) ?? '') ?? new Uint8Array()
      const { target, lost = false, ...kept } = await keepTarget(id, login)
      const state = await seal(
        ring,
        encodeLoginState({ ...login, id, proof, startedAtMs, expiresAtMs, client, target }),
      )
      const secrets = await deriveSecrets(secret, id)
      return { state, keptTarget: !lost, changes: [...changes, ...kept.changes], ...secrets }
    },
    async open({ state, redirectUri, cookies }) {
      const opened = await open(ring, state)
      if (!opened.ok) return opened
      const loginState = decodeLoginState(opened.value.bytes)
      // The code would be redeemed at another provider than the one that issued it (RFC 9700 §4.4).
      if (loginState === undefined || clients.get(loginState.provider) !== toBase64Url(loginState.client))
        return failed('format')
      const flowId = toBase64Url(loginState.id)
      const secret = await findSecret(csrfCookie.find(flowId, cookies), loginState, redirectUri)
      const { returnTo, cleanUp } = await findTarget(loginState, cookies)
      return ok({
        loginState,
        returnTo,
        expired: now() >= loginState.expiresAtMs,
        secrets: secret === undefined ? undefined : await deriveSecrets(secret, loginState.id),
        cleanUp: [...csrfCookie.release(flowId, cookies), ...cleanUp],
      })
    },
  }
}

/**
 * Finds the secret of a login. Cookies of one name can come from several domains and paths: the one that proves the
 * binding counts.
 */
async function findSecret(
  candidates: readonly Uint8Array<ArrayBuffer>[],
  { id, proof }: LoginState,
  redirectUri: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const secret of candidates) {
    if (equalBytes(proof, await prove(secret, { id, redirectUri }))) return secret
  }
  return undefined
}

/**
 * Computes the proof of a login. The redirect URI is part of it: a login that began on one host cannot end on another.
 */
async function prove(
  secret: Uint8Array<ArrayBuffer>,
  { id, redirectUri }: { readonly id: Uint8Array; readonly redirectUri: string },
): Promise<Uint8Array> {
  const mac = await hmacSha256(secret, `proof ${toBase64Url(id)} ${redirectUri}`)
  return mac.subarray(0, PROOF_BYTES)
}

async function deriveSecrets(secret: Uint8Array<ArrayBuffer>, id: Uint8Array): Promise<LoginSecrets> {
  const [verifier, nonce] = await Promise.all([
    hmacSha256(secret, `verifier ${toBase64Url(id)}`),
    hmacSha256(secret, `nonce ${toBase64Url(id)}`),
  ])
  return { codeVerifier: toBase64Url(verifier), nonce: toBase64Url(nonce) }
}

/** Inflates a target. Only what this program compressed comes here, and it was no longer than this. */
async function inflateText(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const text = await inflate(bytes, MAX_RETURN_TO)
  return text === undefined ? undefined : new TextDecoder().decode(text)
}
