/** The names that say who is signed in, in spellings that CGI, WSGI and their heirs read as the same. */
const SPELLINGS = [
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => name.replaceAll('-', '_'),
  (name: string) => name.replaceAll('-', '.'),
  (name: string) => name.replace(/-(?=[^-]+$)/u, '_'),
  (name: string) => name.replace(/-(?=[^-]+$)/u, '.'),
  (name: string) => name.replace('-', '_'),
  (name: string) => name.replace('-', '.'),
]
const CLAIMS = ['User', 'Email', 'Groups', 'Preferred-Username'] as const
/** Each header that an app is told, with the claim in it. */
export const TOLD = ['X-Forwarded', 'X-Auth-Request'].flatMap((family) =>
  CLAIMS.map((claim) => [`${family}-${claim}`, claim] as const),
)
const FORGED = [
  ...TOLD.map(([name]) => name),
  'X-Forwarded-Access-Token',
  'X-Auth-Request-Access-Token',
  'GAP-Auth',
]
/** Header lines of a client that claims an identity, in every spelling. */
export const SPOOFED = FORGED.flatMap((name) => SPELLINGS.flatMap((spell) => [spell(name), 'admin']))

const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['staff', 'ops'] }
/** What a gateway tells its app: the values for each claim, empty or absent alike where there is nothing to say. */
export const SITUATIONS = [
  {
    when: 'signed in',
    user: { ...ALICE, preferred_username: 'al' },
    target: '/',
    forged: [],
    told: { User: 'alice', Email: 'alice@example.com', Groups: 'staff,ops', 'Preferred-Username': 'al' },
  },
  {
    when: 'signed in, the client says something else',
    user: ALICE,
    target: '/',
    forged: SPOOFED,
    told: { User: 'alice', Email: 'alice@example.com', Groups: 'staff,ops', 'Preferred-Username': '' },
  },
  {
    when: 'a public route, without a session',
    user: undefined,
    target: '/public/a',
    forged: SPOOFED,
    told: { User: '', Email: '', Groups: '', 'Preferred-Username': '' },
  },
] as const
