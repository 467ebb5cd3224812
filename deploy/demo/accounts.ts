/** Somebody who can sign in at the demo provider. */
export interface Account {
  readonly user: string
  readonly password: string
  readonly name: string
  readonly groups: readonly string[]
  readonly about: string
}

/** The group that may use the demo app. */
export const STAFF = 'staff'

/** Alice and Bob may enter, Carol may not. */
export const ACCOUNTS: readonly Account[] = [
  { user: 'alice', password: 'demo', name: 'Alice Archer', groups: [STAFF, 'admins'], about: 'staff, admin' },
  { user: 'bob', password: 'demo', name: 'Bob Baker', groups: [STAFF], about: 'staff' },
  {
    user: 'carol',
    password: 'demo',
    name: 'Carol Carter',
    groups: ['guests'],
    about: 'a guest, who may not enter',
  },
]

/** The claims of an account by their standard names (OpenID Connect Core §5.1), and `groups`. */
export function toClaims({ groups, name, user }: Account): Readonly<Record<string, unknown>> {
  const email = `${user}@example.com`
  return { sub: user, name, preferred_username: user, email, email_verified: true, groups }
}
