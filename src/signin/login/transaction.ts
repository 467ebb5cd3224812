import type { CookieConfig } from '../../config/sections/cookie.ts'
import type { KeyRing } from '../../crypto/keys.ts'
import { open, seal } from '../../crypto/seal.ts'
import type { Cookie, CookieChange } from '../../http/exchange.ts'
import { equalBytes, fromBase64Url, hmacSha256, randomBytes, toBase64Url } from '../../lib/bytes.ts'
import type { ClientFingerprints } from '../../session/clients.ts'
import { createBinding } from './csrf-cookie.ts'
import { decodeLoginState, encodeLoginState, type LoginState } from './state.ts'

/** Parameters of a new login. */
export interface NewLogin {
  readonly provider: string
  readonly returnTo: string
  readonly redirectUri: string
  /** Number of times that this login was started over already. */
  readonly restarts: number
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
  readonly changes: readonly CookieChange[]
}

/** A login that came back. */
export interface ReturnedLogin {
  readonly loginState: LoginState
  readonly expired: boolean
  /** Secrets; undefined when the login was not started in this browser, or for another redirect URI. */
  readonly secrets: LoginSecrets | undefined
  /** Ends the cookie of this login alone; empty where all logins share one. */
  readonly cleanUp: readonly CookieChange[]
}

/** Logins under way. Everything about one travels sealed in `state`; nothing is kept here. */
export interface Transactions {
  start(login: NewLogin): Promise<StartedLogin>
  /** Opens a state; undefined for one that was not sealed here, was changed, or belongs to another client. */
  open(request: {
    readonly state: string
    readonly redirectUri: string
    readonly cookies: readonly Cookie[]
  }): Promise<ReturnedLogin | undefined>
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

/**
 * Creates transactions. A random secret in one small cookie binds every login of a browser; verifier, nonce and the
 * proof of the binding are HMACs of it over the random id of the flow, so that parallel tabs need no cookies of their
 * own.
 */
export function createTransactions({ ring, cookie, clients, now }: TransactionDeps): Transactions {
  const csrfCookie = createBinding(cookie)
  return {
    clear: csrfCookie.clear,
    async start({ cookies, redirectUri, ...login }) {
      const id = randomBytes(FLOW_ID_BYTES)
      const { secret, changes } = csrfCookie.take(toBase64Url(id), cookies)
      const proof = await prove(secret, { id, redirectUri })
      const expiresAtMs = now() + cookie.csrf.expireMs
      const client = fromBase64Url(clients.get(login.provider) ?? '') ?? new Uint8Array()
      const state = await seal(ring, encodeLoginState({ ...login, id, proof, expiresAtMs, client }))
      return { state, changes, ...(await deriveSecrets(secret, id)) }
    },
    async open({ state, redirectUri, cookies }) {
      const opened = await open(ring, state)
      const loginState = opened.ok ? decodeLoginState(opened.value.bytes) : undefined
      // The code would be redeemed at another provider than the one that issued it (RFC 9700 §4.4).
      if (loginState === undefined || clients.get(loginState.provider) !== toBase64Url(loginState.client))
        return undefined
      const flowId = toBase64Url(loginState.id)
      const secret = await findSecret(csrfCookie.find(flowId, cookies), loginState, redirectUri)
      return {
        loginState,
        expired: now() >= loginState.expiresAtMs,
        secrets: secret === undefined ? undefined : await deriveSecrets(secret, loginState.id),
        cleanUp: csrfCookie.release(flowId, cookies),
      }
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
