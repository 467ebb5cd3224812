import * as v from 'valibot'
import { parseJson } from '../../../lib/json.ts'
import { failed, ok, type Result } from '../../../result.ts'
import { readRsaPem } from '../../http/pem.ts'

/** The key of a service account. */
export interface ServiceAccountKey {
  readonly kind: 'service-account'
  readonly email: string
  readonly pkcs8: string
  readonly tokenUrl: string
}

/** A person's credentials, as `gcloud auth application-default login` writes them. */
export interface UserCredentials {
  readonly kind: 'user'
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
}

/** The metadata server of a machine in Google Cloud. */
export interface MetadataCredentials {
  readonly kind: 'metadata'
  readonly metadataOrigin: string
}

/** Credentials that have a key of their own sign for themselves; others ask IAM to sign for a service account. */
export type GoogleCredentials =
  | ServiceAccountKey
  | {
      readonly kind: 'impersonated'
      /** Empty is the account that the base credentials belong to. */
      readonly targetPrincipal: string
      readonly base: ServiceAccountKey | UserCredentials | MetadataCredentials
    }

/** Token endpoint of Google for service accounts and refresh tokens. */
export const TOKEN_URL = 'https://oauth2.googleapis.com/token'

/** IAM, which signs for accounts whose key is not at hand. */
export const IAM_URL = 'https://iamcredentials.googleapis.com'

/** Directory API of Google Workspace. */
export const DIRECTORY_URL = 'https://admin.googleapis.com'

const Text = v.pipe(v.string(), v.minLength(1))

/** Files with credentials (https://google.aip.dev/auth/4112, https://google.aip.dev/auth/4113). */
const KeyFile = v.union([
  v.object({
    type: v.literal('service_account'),
    client_email: Text,
    private_key: Text,
    token_uri: v.optional(v.pipe(v.string(), v.regex(/^https:\/\//u)), TOKEN_URL),
  }),
  v.object({ type: v.literal('authorized_user'), client_id: Text, client_secret: Text, refresh_token: Text }),
])

/** Reads a file with credentials. */
export function readCredentials(text: string): Result<ServiceAccountKey | UserCredentials, string> {
  const json = parseJson(text)
  const parsed = v.safeParse(KeyFile, json)
  if (!parsed.success) {
    const { type } = v.is(v.object({ type: v.string() }), json) ? json : { type: undefined }
    return failed(
      type === undefined || type === 'service_account' || type === 'authorized_user'
        ? 'give the JSON file that Google Cloud made for the key, this is none'
        : `give the key of a service account, credentials of the type ${type.slice(0, 40)} are not supported`,
    )
  }
  const file = parsed.output
  if (file.type === 'authorized_user') {
    const { client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken } = file
    return ok({ kind: 'user', clientId, clientSecret, refreshToken })
  }
  const key = readRsaPem(file.private_key)
  if (!key.ok) return failed('give a key file with an RSA private key in `private_key`')
  return ok({ kind: 'service-account', email: file.client_email, pkcs8: key.value, tokenUrl: file.token_uri })
}

/** The metadata server of a machine speaks plain http, and nothing else here does. */
export function plainAddressesOf(credentials: GoogleCredentials): readonly string[] {
  return credentials.kind === 'impersonated' && credentials.base.kind === 'metadata'
    ? [credentials.base.metadataOrigin]
    : []
}

/** Addresses that the directory is asked at, and tokens for it are got from. */
export function addressesOf(credentials: GoogleCredentials): readonly string[] {
  const iam = credentials.kind === 'impersonated' ? [IAM_URL] : []
  return [DIRECTORY_URL, ...iam, ...plainAddressesOf(credentials)]
}
