import type { Result } from '../../result.ts'
import type { Grant, Session, SessionSource } from '../../session/session.ts'

/** A name and a password, and the client that sent them. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** Client address; undefined when no trusted peer tells it. */
  readonly client: string | undefined
}

/** Grant for the right password of a local user. */
export interface LocalGrant extends Grant {
  /** Fingerprint of the user's record, which the session carries. */
  readonly localRecord: string
}

/** Local users of an htpasswd file. */
export interface LocalUsers {
  /** Verifies a password: `credentials_missing`, `credentials_wrong` or `too_many_attempts`. */
  verify(credentials: Credentials): Promise<Result<LocalGrant>>
  /** Verifies `Basic` credentials in an Authorization header; undefined for another scheme. */
  readBasic(authorization: string, client: string | undefined): Promise<Result<LocalGrant> | undefined>
  /** The user name of `Basic` credentials; empty where there is none. */
  nameIn(authorization: string): string
  /** True while the user of a session is in the file, with the record and the groups of the sign-in. */
  holds(user: { readonly subject: string; readonly record: string }): boolean
}

/** The source of a local user's session. */
export function toLocalSource({ localRecord }: LocalGrant): SessionSource {
  return { kind: 'local', record: localRecord }
}

/** Judges whether the account behind a session is still there: a question about local users only, which are kept here. */
export function createAccountCheck(users: LocalUsers | undefined): (session: Session) => boolean {
  return ({ source, subject }) =>
    source.kind !== 'local' || (users?.holds({ subject, record: source.record }) ?? false)
}
