import type { Session } from '../../src/session/session.ts'

/** Monday morning, in ms since the epoch: the moment at which tests happen. */
export const NOW_MS = Date.UTC(2026, 0, 5, 8)

/** Fingerprint of the client `client-1` at `https://op.example.com`. */
export const CLIENT = 'IU3htHksM4ddXufe'

/** Alice, signed in just now for a week. */
export function aSession(given: Partial<Session> = {}): Session {
  return {
    id: 'c2Vzc2lvbi1vZi1hbGljZQ',
    source: { kind: 'provider', id: 'oidc' },
    client: CLIENT,
    issuer: 'https://op.example.com',
    subject: 'alice-1',
    user: 'alice-1',
    email: 'alice@example.com',
    preferredUsername: 'alice',
    groups: ['users'],
    sid: undefined,
    tokens: { access: undefined, id: undefined, refresh: undefined, accessExpiresAtMs: undefined },
    signedInAtMs: NOW_MS,
    refreshedAtMs: NOW_MS,
    seenAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 7 * 86_400_000,
    ...given,
  }
}
