import * as v from 'valibot'
import { utf8 } from '../lib/bytes.ts'
import { deflate, inflate } from '../lib/deflate.ts'
import { failed, ok, type Result } from '../result.ts'
import type { Session, SessionSource } from './session.ts'

/**
 * First byte of a payload: version 3 in the high half; the low half says how the JSON behind it is packed.
 */
const PLAIN = 0x30
const DEFLATED = 0x31

/** First bytes of version 2, which is the same without `rby`. */
const PLAIN_2 = 0x20
const DEFLATED_2 = 0x21

/** Most bytes of JSON in a payload. Anything longer would never fit a cookie budget. */
const MAX_JSON_BYTES = 65_536

/** Size below which DEFLATE saves nothing worth its time. */
const WORTH_DEFLATING_BYTES = 384

/** End of the year 9999: the last second that every date library can tell. */
const LAST_SECOND = 253_402_300_799

/** Text that is not empty; its length is bounded by that of the whole. */
const text = v.pipe(v.string(), v.minLength(1))
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LAST_SECOND))

/** Payload of version 3. Times are whole seconds; what is empty or follows from something else is left out. */
const Payload = v.strictObject({
  jti: text,
  /** Id of the provider, and fingerprint of the client there. */
  idp: v.optional(text),
  cli: v.optional(text),
  /** Fingerprint of a local user's record, in place of both. */
  rec: v.optional(text),
  /** Issuer; absent for people without one: local users. */
  iss: v.optional(text),
  sub: text,
  /** User, only when it is not the `sub`. */
  usr: v.optional(text),
  eml: v.optional(text),
  pun: v.optional(text),
  grp: v.optional(v.array(text)),
  sid: v.optional(text),
  /** Further claims that header rows name. */
  clm: v.optional(v.record(text, v.union([v.string(), v.array(v.string())]))),
  at: v.optional(text),
  it: v.optional(text),
  rt: v.optional(text),
  /** End of the access token. */
  atx: v.optional(seconds),
  /** Moment of the sign-in. */
  iat: seconds,
  /** Moment of the last answer of the provider. */
  ref: seconds,
  /** Process that got that answer. */
  rby: v.optional(text),
  /** Moment of the last request that was written down. */
  see: seconds,
  exp: seconds,
})

/** Reason why a session cannot be written: too long, or without what every session has. */
export type PayloadProblem = 'session_too_large' | 'identity_incomplete'

/** Encodes a session as the bytes that are sealed. Refuses whatever `decodeSession` would refuse later. */
export async function encodeSession(
  session: Session,
): Promise<Result<Uint8Array<ArrayBuffer>, PayloadProblem>> {
  const payload = v.safeParse(Payload, toPayload(session))
  if (!payload.success || toSource(payload.output) === undefined) return failed('identity_incomplete')
  const json = utf8(JSON.stringify(payload.output))
  if (json.length > MAX_JSON_BYTES) return failed('session_too_large')
  if (json.length < WORTH_DEFLATING_BYTES) return ok(led(PLAIN, json))
  const deflated = await deflate(json)
  return ok(deflated.length < json.length ? led(DEFLATED, deflated) : led(PLAIN, json))
}

/** Decodes the session in a payload; undefined for another version or for anything that is not a whole session. */
export async function decodeSession(bytes: Uint8Array): Promise<Session | undefined> {
  const packed = new Uint8Array(bytes.subarray(1))
  const json = await unpack(bytes[0], packed)
  if (json === undefined) return undefined
  const payload = v.safeParse(Payload, parseJson(json))
  const source = payload.success ? toSource(payload.output) : undefined
  return payload.success && source !== undefined ? toSession(payload.output, source) : undefined
}

async function unpack(
  lead: number | undefined,
  packed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array | undefined> {
  if (packed.length > MAX_JSON_BYTES) return undefined
  if (lead === PLAIN || lead === PLAIN_2) return packed
  return lead === DEFLATED || lead === DEFLATED_2 ? inflate(packed, MAX_JSON_BYTES) : undefined
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}

function toPayload(session: Session): Record<string, unknown> {
  const { tokens } = session
  const groups = session.groups.filter((group) => group !== '')
  return {
    jti: session.id,
    ...fromSource(session),
    iss: session.issuer || undefined,
    sub: session.subject,
    usr: session.user === session.subject ? undefined : session.user || undefined,
    eml: session.email || undefined,
    pun: session.preferredUsername || undefined,
    grp: groups.length === 0 ? undefined : groups,
    sid: session.sid || undefined,
    clm:
      session.claims === undefined || Object.keys(session.claims).length === 0 ? undefined : session.claims,
    at: tokens.access || undefined,
    it: tokens.id || undefined,
    rt: tokens.refresh || undefined,
    atx: tokens.accessExpiresAtMs === undefined ? undefined : toSeconds(tokens.accessExpiresAtMs),
    iat: toSeconds(session.signedInAtMs),
    ref: toSeconds(session.refreshedAtMs),
    // It counts for refreshes alone.
    rby: (tokens.refresh && session.refreshedBy) || undefined,
    see: toSeconds(session.seenAtMs),
    exp: toSeconds(session.expiresAtMs),
  }
}

/**
 * Members for the source of a session. One of a bearer token has neither provider nor record: it belongs to one request
 * and is never written.
 */
function fromSource({ source, client }: Session): { idp?: string; cli?: string | undefined; rec?: string } {
  switch (source.kind) {
    case 'provider':
      return { idp: source.id, cli: client }
    case 'local':
      return { rec: source.record }
    case 'bearer':
      return {}
  }
}

function toSource({ idp, cli, rec }: v.InferOutput<typeof Payload>): SessionSource | undefined {
  if (idp !== undefined) return rec === undefined ? { kind: 'provider', id: idp } : undefined
  return rec === undefined || cli !== undefined ? undefined : { kind: 'local', record: rec }
}

function toSession(payload: v.InferOutput<typeof Payload>, source: SessionSource): Session {
  return {
    id: payload.jti,
    source,
    client: payload.cli,
    issuer: payload.iss ?? '',
    subject: payload.sub,
    user: payload.usr ?? payload.sub,
    email: payload.eml,
    preferredUsername: payload.pun,
    groups: payload.grp ?? [],
    sid: payload.sid,
    ...(payload.clm === undefined ? {} : { claims: payload.clm }),
    tokens: {
      access: payload.at,
      id: payload.it,
      refresh: payload.rt,
      accessExpiresAtMs: payload.atx === undefined ? undefined : payload.atx * 1000,
    },
    signedInAtMs: payload.iat * 1000,
    refreshedAtMs: payload.ref * 1000,
    ...(payload.rby === undefined ? {} : { refreshedBy: payload.rby }),
    seenAtMs: payload.see * 1000,
    expiresAtMs: payload.exp * 1000,
  }
}

/** Converts to seconds. Infinity is "never", which is the last second there is. */
function toSeconds(milliseconds: number): number {
  return Math.min(Math.floor(milliseconds / 1000), LAST_SECOND)
}

function led(lead: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + 1)
  whole[0] = lead
  whole.set(bytes, 1)
  return whole
}
