import * as v from 'valibot'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'

/** A text that is not empty, and bounded. */
export const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(2_048))
/** A name that can stand in a header and an address as it is. */
export const Name = v.pipe(v.string(), v.regex(/^[\w.-]{1,255}$/u))
/** An e-mail address without spaces and control characters. */
export const Email = v.pipe(v.string(), v.maxLength(320), v.regex(/^[^\s\p{C}]+$/u))
/** The same where an account may have none: null and the empty text say so. */
export const OptionalEmail = v.pipe(
  v.nullish(v.union([v.literal(''), Email])),
  v.transform((email) => email || undefined),
)
const Words = v.pipe(
  v.array(v.unknown()),
  v.maxLength(256),
  v.transform((words) => words.filter((word) => typeof word === 'string')),
)

/** Schema of an optional member: null, empty and of a wrong type are absent. */
function spare<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.fallback(v.optional(schema), undefined)
}

/** Members that are read of a discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9207 §3). */
export const DiscoveryDocument = v.object({
  issuer: Text,
  authorization_endpoint: Text,
  token_endpoint: Text,
  jwks_uri: Text,
  userinfo_endpoint: spare(Text),
  end_session_endpoint: spare(Text),
  revocation_endpoint: spare(Text),
  id_token_signing_alg_values_supported: spare(Words),
  token_endpoint_auth_methods_supported: spare(Words),
  authorization_response_iss_parameter_supported: spare(v.boolean()),
})

/** A discovery document of the right shape. */
export type DiscoveryDocument = v.InferOutput<typeof DiscoveryDocument>

/**
 * A JWK Set (RFC 7517 §5). Members that are no objects are dropped: a key that cannot be read must not hide those that
 * can.
 */
export const JwkSet = v.object({
  keys: v.pipe(
    v.array(v.unknown()),
    v.maxLength(256),
    v.transform((keys) => keys.filter((key) => v.is(v.object({ kty: v.string() }), key))),
  ),
})

/** Members that a verifier of bearer tokens needs of a discovery document; not every issuer of tokens has a sign-in. */
export const IssuerDocument = v.object({
  issuer: Text,
  jwks_uri: Text,
  id_token_signing_alg_values_supported: spare(Words),
})

/** Checks a provider's answer against its shape; the values themselves never reach the problem. */
export function parseSchema<const Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
): Result<v.InferOutput<Schema>> {
  const parsed = v.safeParse(schema, input)
  if (parsed.success) return ok(parsed.output)
  const field = v.getDotPath(parsed.issues[0])
  return failed(problem('provider_misbehaved', { why: 'shape', field: field ?? '' }))
}
