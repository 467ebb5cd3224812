import type { Option, RuntimeName } from './option.ts'

/** Where there are files, sockets and a TLS stack of our own: everywhere but on Workers. */
const SERVERS = ['node', 'deno'] as const satisfies readonly RuntimeName[]

/**
 * Every option, ours and oauth2-proxy's. Flags, environment variables, TOML keys, `--help` and docs/options.md all come
 * from this table; the reader of a value is in the file that builds the slice of the configuration it belongs to.
 */
export const OPTIONS = {
  // Program
  config: {
    group: 'Program',
    kind: 'file',
    default: '',
    key: null,
    about:
      'TOML file with settings. Keys are case-insensitive; a key that is not known stops the start. On Workers its text stands in the variable OAUTH2_PROXY_CONFIG_TOML.',
  },
  'config-test': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    runtimes: SERVERS,
    about:
      'Check the configuration, say what is wrong with it and exit: 0 when it is good, 1 or 2 when it is not.',
  },
  help: {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    about: 'Print all options and exit.',
  },
  version: {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    about: 'Print the version and exit.',
  },
  'alpha-config': {
    group: 'Program',
    kind: 'file',
    default: '',
    key: null,
    supported: false,
    instead: 'write the settings as flags, variables or TOML',
    about: 'Structured YAML configuration.',
  },
  'convert-config-to-alpha': {
    group: 'Program',
    kind: 'boolean',
    default: false,
    key: null,
    supported: false,
    about: 'Print the settings as structured YAML.',
  },

  // Listeners
  'http-address': {
    group: 'Listeners',
    kind: 'string',
    default: '127.0.0.1:4180',
    runtimes: SERVERS,
    about:
      'Plain listener: `[http://]host:port`, `unix:///path[,mode=0660]` or `fd:N` (systemd); `-` or empty switches it off. With TLS files it is off unless it is given explicitly; oauth2-proxy cannot serve both at once.',
  },
  'https-address': {
    group: 'Listeners',
    kind: 'string',
    default: ':443',
    runtimes: SERVERS,
    about: 'TLS listener, `[https://]host:port`. Listens only when tls-cert-file and tls-key-file are given.',
  },
  'tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'PEM certificate chain of the TLS listener.',
  },
  'tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'PEM private key of the TLS listener.',
  },
  'tls-min-version': {
    group: 'Listeners',
    kind: 'enum',
    values: ['', 'TLS1.2', 'TLS1.3'],
    default: '',
    runtimes: SERVERS,
    about: 'Lowest TLS version that is accepted; empty is TLS1.2.',
  },
  'tls-cipher-suite': {
    group: 'Listeners',
    kind: 'list',
    default: [],
    key: 'tls_cipher_suites',
    supported: false,
    instead: 'tls-min-version is honoured',
    about: 'Cipher suites of the TLS listener.',
  },
  'force-https': {
    group: 'Listeners',
    kind: 'boolean',
    default: false,
    about:
      'Answer plain requests with 308 to https. Unlike oauth2-proxy it needs no TLS files where a trusted proxy in front ends TLS and says so in X-Forwarded-Proto.',
  },
  'metrics-address': {
    group: 'Listeners',
    kind: 'string',
    default: '',
    supported: false,
    off: ['-'],
    instead:
      'status and duration of each request are in the log (the Helm chart of oauth2-proxy gives it unless metrics.enabled=false)',
    about: 'Plain listener for Prometheus.',
  },
  'metrics-secure-address': {
    group: 'Listeners',
    kind: 'string',
    default: '',
    supported: false,
    off: ['-'],
    instead: 'status and duration of each request are in the log',
    about: 'TLS listener for Prometheus.',
  },
  'metrics-tls-cert-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Certificate of the TLS listener for Prometheus.',
  },
  'metrics-tls-key-file': {
    group: 'Listeners',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Key of the TLS listener for Prometheus.',
  },

  // Paths and forwarded headers
  'proxy-prefix': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/oauth2',
    about: 'Path under which our own pages live. A slash at the end is dropped; `/` alone is refused.',
  },
  'ping-path': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/ping',
    about: 'Exact path of the liveness answer; empty switches it off.',
  },
  'ping-user-agent': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '',
    about: 'When set, ping-path answers only to this User-Agent; it never answers on another path.',
  },
  'ready-path': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: '/ready',
    about: 'Exact path of the readiness answer; empty switches it off.',
  },
  'gcp-healthchecks': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    about:
      'Answer `/liveness_check` and `/readiness_check` as ping-path to the User-Agent `GoogleHC/1.0` (deprecated in oauth2-proxy). Unlike there, ping-path goes on to answer everybody.',
  },
  'reverse-proxy': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    about:
      'A proxy stands in front: believe X-Forwarded-*, X-Auth-Request-Redirect and the client address header, but only from trusted-proxy-ip.',
  },
  'trusted-proxy-ip': {
    group: 'Paths and forwarded headers',
    kind: 'list',
    default: [],
    key: 'trusted_proxy_ips',
    about:
      'Addresses and CIDR ranges of the proxies in front. Empty with reverse-proxy means loopback, private ranges and Unix sockets, with a warning; in oauth2-proxy it means everybody.',
  },
  'real-client-ip-header': {
    group: 'Paths and forwarded headers',
    kind: 'string',
    default: 'X-Real-IP',
    about:
      'Header with the client address: X-Forwarded-For, X-Real-IP, X-ProxyUser-IP, X-Envoy-External-Address or CF-Connecting-IP. Read from trusted proxies only; a list is walked from the right past trusted proxies, where oauth2-proxy takes the left end.',
  },
  'allow-query-semicolons': {
    group: 'Paths and forwarded headers',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'queries reach the app as they are, and our own parameters are separated by &',
    about: 'Read `;` in query strings as `&`.',
  },

  // Provider
  provider: {
    group: 'Provider',
    kind: 'string',
    default: 'google',
    about:
      'Where people sign in: `oidc` (any OpenID Connect issuer), `keycloak-oidc` (the same, and the roles in its access tokens are groups `role:realm-role` and `role:client:role`), `google` or `github`.',
  },
  'provider-display-name': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about: 'Name on the sign-in button; empty is the name of the provider.',
  },
  'client-id': { group: 'Provider', kind: 'string', default: '', about: 'OAuth client id. Required.' },
  'client-secret': {
    group: 'Provider',
    kind: 'string',
    default: '',
    secret: true,
    about:
      'OAuth client secret. Required, or client-secret-file; a public OpenID client says so with an explicitly empty value (`--client-secret=`).',
  },
  'client-secret-file': {
    group: 'Provider',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about: 'File with the client secret, read again at each use, so it can be replaced while running.',
  },
  'login-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Authorization endpoint; discovery overrides it.',
  },
  'redeem-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Token endpoint; discovery overrides it.',
  },
  'profile-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'User-info endpoint; discovery overrides it.',
  },
  'validate-url': {
    group: 'Provider',
    kind: 'url',
    default: '',
    about: 'Endpoint that answers 200 to a valid access token. Never taken from discovery.',
  },
  scope: {
    group: 'Provider',
    kind: 'string',
    default: '',
    about:
      'Scopes, separated by spaces; empty leaves the choice to the provider: `openid email profile`, and `groups` when allowed-group is set, for oidc. Providers without a scope of that name (Keycloak, GitLab) need it spelt out.',
  },
  prompt: { group: 'Provider', kind: 'string', default: '', about: 'Sent as `prompt` when people sign in.' },
  'approval-prompt': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about:
      'Sent as `approval_prompt` when it is set and prompt is not. oauth2-proxy sends `force` to every provider unless prompt is set.',
  },
  'acr-values': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about: 'Sent as `acr_values` when people sign in.',
  },
  'code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'PKCE method (RFC 7636). Empty is S256, always on; in oauth2-proxy PKCE is off by default.',
  },
  'skip-claims-from-profile-url': {
    group: 'Provider',
    kind: 'boolean',
    default: false,
    about: 'Never ask the user-info endpoint for claims that the ID token lacks.',
  },
  'ssl-insecure-skip-verify': {
    group: 'Provider',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about:
      'Do not verify TLS certificates of the provider. Upstreams are not affected, unlike in oauth2-proxy. For tests only.',
  },
  'provider-ca-file': {
    group: 'Provider',
    kind: 'list',
    default: [],
    key: 'provider_ca_files',
    supported: false,
    instead: 'name the file in the variable NODE_EXTRA_CA_CERTS, or DENO_CERT on Deno',
    about: 'PEM files with certificate authorities for the provider.',
  },
  'use-system-trust-store': {
    group: 'Provider',
    kind: 'boolean',
    default: false,
    supported: false,
    instead:
      'name the file of the system in the variable NODE_EXTRA_CA_CERTS, or say DENO_TLS_CA_STORE=system on Deno',
    about: 'Add provider-ca-file to the authorities of the system instead of replacing them.',
  },
  'auth-request-response-mode': {
    group: 'Provider',
    kind: 'string',
    default: '',
    about:
      'Sent as `response_mode` when people sign in. With `form_post` the provider answers by a POST from its own site, which brings the sign-in cookie only with `--cookie-csrf-samesite=none`.',
  },
  'force-code-challenge-method': {
    group: 'Provider',
    kind: 'enum',
    values: ['', 'S256', 'plain'],
    default: '',
    about: 'Deprecated name of code-challenge-method, which wins when both are given.',
  },
  resource: {
    group: 'Provider',
    kind: 'string',
    default: '',
    supported: false,
    about: 'Sent as `resource` (azure, adfs).',
  },

  // OpenID Connect
  'oidc-issuer-url': {
    group: 'OpenID Connect',
    kind: 'url',
    default: '',
    about:
      'Issuer. Must equal the `issuer` of the discovery document byte for byte. Required for oidc; google has its own. Discovery happens at the first sign-in and not at the start, so a provider that is down stops nobody who is signed in.',
  },
  'skip-oidc-discovery': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Do not read the discovery document; login-url, redeem-url and oidc-jwks-url are needed then.',
  },
  'oidc-jwks-url': {
    group: 'OpenID Connect',
    kind: 'url',
    default: '',
    about: 'Keys of the issuer when discovery is skipped.',
  },
  'oidc-public-key-file': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_public_key_files',
    supported: false,
    instead: 'give oidc-jwks-url',
    about: 'PEM files with public keys of the issuer.',
  },
  'oidc-email-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'email',
    about:
      'Claim with the e-mail address; dots walk into objects. Any other than `email` switches the email_verified check off.',
  },
  'oidc-groups-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'groups',
    about: 'Claim with the groups, a text or a list; dots walk into objects.',
  },
  'oidc-audience-claim': {
    group: 'OpenID Connect',
    kind: 'list',
    default: ['aud'],
    key: 'oidc_audience_claims',
    about: 'Claims looked up in order; the first one present must hold client-id or an oidc-extra-audience.',
  },
  'oidc-extra-audience': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_extra_audiences',
    about:
      'Further audiences to accept beside client-id. A bearer token needs one of them; an ID token may name no others.',
  },
  'oidc-enabled-signing-alg': {
    group: 'OpenID Connect',
    kind: 'list',
    default: [],
    key: 'oidc_enabled_signing_algs',
    about:
      'Signature algorithms to accept: EdDSA, ES256/384/512, RS256/384/512, PS256/384/512, HS256/384/512. Empty takes the asymmetric ones that discovery names, else RS256.',
  },
  'insecure-oidc-allow-unverified-email': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Accept e-mail addresses that the issuer has not verified.',
  },
  'insecure-oidc-skip-issuer-verification': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about: 'Do not compare the issuer in discovery and in tokens.',
  },
  'insecure-oidc-skip-nonce': {
    group: 'OpenID Connect',
    kind: 'boolean',
    default: false,
    about:
      'Neither send nor check a nonce. Off here, so the nonce is checked; oauth2-proxy skips it by default.',
  },
  'user-id-claim': {
    group: 'OpenID Connect',
    kind: 'string',
    default: 'email',
    about:
      'Deprecated name of oidc-email-claim, which wins when it is not `email`. As in oauth2-proxy it does not choose the user name.',
  },

  // GitHub
  'github-org': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about: 'Organisation that people must be a member of.',
  },
  'github-team': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about:
      'Team slugs, separated by commas, one of which is needed; without github-org each is written `org:team`.',
  },
  'github-repo': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    about: 'Repository `owner/name` whose collaborators may sign in. Not together with github-org.',
  },
  'github-token': {
    group: 'GitHub',
    kind: 'string',
    default: '',
    secret: true,
    about: 'Token with push access to github-repo, for the collaborator check.',
  },
  'github-user': {
    group: 'GitHub',
    kind: 'list',
    default: [],
    key: 'github_users',
    about:
      'Logins that are allowed whatever github-org, github-team and github-repo say; alone, nobody else is.',
  },

  // Other providers
  'azure-tenant': {
    group: 'Other providers',
    kind: 'string',
    default: 'common',
    supported: false,
    instead: 'give provider=oidc with the tenant in oidc-issuer-url',
    about: 'azure: tenant.',
  },
  'azure-graph-group-field': {
    group: 'Other providers',
    kind: 'string',
    default: 'id',
    supported: false,
    about: 'azure: field of a Graph group that names it.',
  },
  'entra-id-allowed-tenant': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'entra_id_allowed_tenants',
    supported: false,
    instead: 'give provider=oidc with the one tenant in oidc-issuer-url',
    about: 'entra-id: tenants to accept.',
  },
  'entra-id-federated-token-auth': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'entra-id: workload identity in place of a client secret.',
  },
  'bitbucket-team': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'bitbucket: required team.',
  },
  'bitbucket-repository': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'bitbucket: required repository.',
  },
  'gitlab-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'gitlab_groups',
    supported: false,
    instead: 'give provider=oidc with allowed-group',
    about: 'gitlab: allowed groups.',
  },
  'gitlab-project': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'gitlab_projects',
    supported: false,
    about: 'gitlab: allowed projects.',
  },
  'google-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'google_groups',
    oldKeys: ['google_group'],
    supported: false,
    about: 'google: allowed groups of the directory.',
  },
  'google-admin-email': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: administrator to act as.',
  },
  'google-service-account-json': {
    group: 'Other providers',
    kind: 'file',
    default: '',
    supported: false,
    about: 'google: key of a service account.',
  },
  'google-use-application-default-credentials': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: use the credentials of the machine.',
  },
  'google-target-principal': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'google: service account to act as.',
  },
  'google-use-organization-id': {
    group: 'Other providers',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'google: organisation id as preferred user name.',
  },
  'google-admin-api-user-scope': {
    group: 'Other providers',
    kind: 'string',
    default: 'readonly',
    supported: false,
    about: 'google: scope of that lookup.',
  },
  'keycloak-group': {
    group: 'Other providers',
    kind: 'list',
    default: [],
    key: 'keycloak_groups',
    supported: false,
    instead: 'give allowed-group',
    about: 'keycloak: allowed groups.',
  },
  'allowed-role': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'allowed_roles',
    about:
      'Roles of keycloak-oidc of which one is needed: `role` of the realm or `client:role`. The same as `role:…` in allowed-group. An explicitly empty flag is refused.',
  },
  'jwt-key': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    about: 'login.gov: private key.',
  },
  'jwt-key-file': {
    group: 'Other providers',
    kind: 'file',
    default: '',
    supported: false,
    about: 'login.gov: file with the private key.',
  },
  'pubjwk-url': {
    group: 'Other providers',
    kind: 'string',
    default: '',
    supported: false,
    about: 'login.gov: keys of the issuer.',
  },

  // Who may sign in
  'email-domain': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'email_domains',
    about:
      'E-mail domains that may sign in: `example.com` exactly, `.example.com` or `*.example.com` its sub-domains, `*` alone everybody whom the provider knows. One of this, authenticated-emails-file and htpasswd-file is required.',
  },
  'authenticated-emails-file': {
    group: 'Who may sign in',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about:
      'File with allowed e-mail addresses, one a line (the first CSV column), `#` starts a comment. Watched. An address in it is allowed whatever email-domain says.',
  },
  'allowed-group': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'allowed_groups',
    about:
      'Groups of which one is needed, checked on every request. Always enforced, whatever the provider. An explicitly empty flag is refused.',
  },
  'htpasswd-file': {
    group: 'Who may sign in',
    kind: 'file',
    default: '',
    runtimes: SERVERS,
    about:
      'Local users, `user:hash` lines with bcrypt or {SHA}: HTTP Basic and a form on the sign-in page. Watched.',
  },
  'htpasswd-user-group': {
    group: 'Who may sign in',
    kind: 'list',
    default: [],
    key: 'htpasswd_user_groups',
    about: 'Groups that every local user has.',
  },

  // Sign-in
  'redirect-url': {
    group: 'Sign-in',
    kind: 'string',
    default: '',
    about:
      'Redirect URI registered at the provider, sent byte for byte; an empty path becomes `<proxy-prefix>/callback`. Empty derives it from the request.',
  },
  'relative-redirect-url': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'leave redirect-url out to have it made from the request',
    about: 'Send a redirect URI without a host as it is.',
  },
  'skip-provider-button': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    about: 'Go straight to the provider instead of showing the sign-in page.',
  },
  'sign-in-status': {
    group: 'Sign-in',
    kind: 'enum',
    values: ['200', '403'],
    default: '200',
    about: 'Status of the sign-in page for a visit without a session. oauth2-proxy answers 403.',
  },
  'whitelist-domain': {
    group: 'Sign-in',
    kind: 'list',
    default: [],
    key: 'whitelist_domains',
    about:
      'Other hosts that may be return targets after sign-in and sign-out: `host`, or `.host` and `*.host` for the host and its sub-domains, each with `:port` or `:*`. A whole top-level domain is refused.',
  },
  'encode-state': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change: the `state` parameter is base64url in any case.',
  },
  'force-json-errors': {
    group: 'Sign-in',
    kind: 'boolean',
    default: false,
    about: 'Answer every request without a session with 401 and JSON, never with a page or a redirect.',
  },
  'display-htpasswd-form': {
    group: 'Sign-in',
    kind: 'boolean',
    default: true,
    about: 'Show the form for local users on the sign-in page when htpasswd-file is set.',
  },
  'backend-logout-url': {
    group: 'Sign-in',
    kind: 'string',
    default: '',
    about: 'Called with GET when somebody signs out; `{id_token}` is replaced.',
  },

  'form-replay-limit': {
    group: 'Sign-in',
    kind: 'integer',
    default: 16_384,
    max: 262_144,
    about:
      'Longest form (bytes of `application/x-www-form-urlencoded`) that is kept when a page of the same site posts it without a session: the answer is a page that holds the fields, offers a sign-in in a new tab, and sends the form again at the press of a button. Longer forms, uploads and forms of other sites are answered with a page that says that nothing was sent; 0 does so for all.',
  },

  // Requests without a sign-in
  'skip-auth-route': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'skip_auth_routes',
    about:
      'Requests that need no sign-in: `METHOD=regex`, `METHOD!=regex` (all others), `=regex` or `regex`. Matched against the path as it arrived and as it decodes. A path that programs may read differently never matches: dot segments, `//`, `;`, encoded slashes, blanks or dots at the end of a segment, characters that are invisible or not in normal form (NFKC). Patterns are RE2 syntax; those that can be made to run very long are refused, those that do not start with `^` warned about.',
  },
  'skip-auth-regex': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'skip_auth_regex',
    about: 'The same for all methods (deprecated in oauth2-proxy; use skip-auth-route).',
  },
  'skip-auth-preflight': {
    group: 'Requests without a sign-in',
    kind: 'boolean',
    default: false,
    about:
      'CORS preflights need no sign-in: OPTIONS with Origin and Access-Control-Request-Method. oauth2-proxy lets every OPTIONS request pass.',
  },
  'api-route': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    exact: true,
    key: 'api_routes',
    about:
      'Patterns of request targets that are answered with 401 JSON instead of a page or a redirect. They still need a sign-in.',
  },
  'trusted-ip': {
    group: 'Requests without a sign-in',
    kind: 'list',
    default: [],
    key: 'trusted_ips',
    about:
      'Addresses and CIDR ranges of clients that need no sign-in. With reverse-proxy only an address that a trusted proxy vouches for counts.',
  },

  // Bearer tokens
  'skip-jwt-bearer-tokens': {
    group: 'Bearer tokens',
    kind: 'boolean',
    default: false,
    about:
      'Accept a verified JWT in Authorization as a session, from the provider itself or from extra-jwt-issuers. The header goes on to the app, unless one of ours takes its place.',
  },
  'bearer-token-login-fallback': {
    group: 'Bearer tokens',
    kind: 'boolean',
    default: true,
    about: 'A bad token is ignored and the sign-in goes on; false answers 403.',
  },
  'extra-jwt-issuers': {
    group: 'Bearer tokens',
    kind: 'list',
    default: [],
    about: 'Further issuers of bearer tokens, `issuer=audience` each.',
  },

  // Cookies
  'cookie-name': {
    group: 'Cookies',
    kind: 'string',
    default: '_oauth2_proxy',
    about:
      'Name of the session cookie. When it is not given and cookie-secure, path `/` and no cookie-domain allow it, the name is `__Host-_oauth2_proxy`.',
  },
  'cookie-secret': {
    group: 'Cookies',
    kind: 'string',
    default: '',
    secret: true,
    about:
      'Secret that seals sessions: 16, 24 or 32 bytes, as base64url or as they are. Several, separated by commas: the first seals, all open, so a secret can be replaced without signing anybody out. Placeholders are refused; a secret that is published as an example works, with a warning at each start.',
  },
  'cookie-secret-file': {
    group: 'Cookies',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about:
      'File with the cookie secret, or several files separated by commas; one line break at the end is dropped. Watched.',
  },
  'cookie-domain': {
    group: 'Cookies',
    kind: 'list',
    default: [],
    key: 'cookie_domains',
    about:
      'Domain attribute; of several the longest that fits the host. Empty keeps cookies to the host that set them.',
  },
  'cookie-path': { group: 'Cookies', kind: 'string', default: '/', about: 'Path attribute of our cookies.' },
  'cookie-expire': {
    group: 'Cookies',
    kind: 'duration',
    default: '168h',
    about: 'Lifetime of the session cookie from its last save; 0 ends with the browser and has no age check.',
  },
  'cookie-refresh': {
    group: 'Cookies',
    kind: 'duration',
    default: '0',
    about:
      'Age after which a session is refreshed at the provider; 0 leaves it to the expiry of the access token. Shorter than cookie-expire.',
  },
  'cookie-secure': {
    group: 'Cookies',
    kind: 'boolean',
    default: true,
    about: 'Secure attribute of our cookies.',
  },
  'cookie-httponly': {
    group: 'Cookies',
    kind: 'boolean',
    default: true,
    about: 'HttpOnly attribute of our cookies.',
  },
  'cookie-samesite': {
    group: 'Cookies',
    kind: 'enum',
    values: ['', 'lax', 'strict', 'none'],
    default: '',
    about:
      'SameSite attribute of the session cookie; empty is lax, as browsers would read it without the attribute.',
  },
  'cookie-csrf-per-request': {
    group: 'Cookies',
    kind: 'boolean',
    default: false,
    about:
      'Give each sign-in a cookie of its own. Not needed for parallel sign-ins here: all tabs share one small cookie.',
  },
  'cookie-csrf-per-request-limit': {
    group: 'Cookies',
    kind: 'integer',
    default: 0,
    max: 100,
    about:
      'How many of those cookies may exist at once before the oldest is deleted. 0, which is no limit in oauth2-proxy, is 20 here: abandoned sign-ins must not fill the headers of every request.',
  },
  'cookie-csrf-expire': {
    group: 'Cookies',
    kind: 'duration',
    default: '15m',
    about: 'How long a sign-in may take. 0, which has no limit in oauth2-proxy, is refused.',
  },
  'cookie-csrf-samesite': {
    group: 'Cookies',
    kind: 'enum',
    values: ['', 'lax', 'strict', 'none'],
    default: '',
    about:
      'SameSite attribute of the sign-in cookie; empty is that of the session cookie, or lax where that is strict, because a strict cookie does not come back from the provider.',
  },
  'cookie-budget': {
    group: 'Cookies',
    kind: 'integer',
    default: 7168,
    min: 2048,
    max: 24_576,
    about:
      'Most bytes that all parts of the session cookie may take together. What does not fit is left out in a documented order.',
  },

  // Sessions
  'session-store-type': {
    group: 'Sessions',
    kind: 'enum',
    values: ['cookie', 'redis'],
    default: 'cookie',
    runtimes: SERVERS,
    about:
      'Sessions always stay in cookies. `redis` needs redis-connection-url; Redis holds only the short-lived refresh relay and the sign-out denylist.',
  },
  'redis-connection-url': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about:
      '`redis://`, `rediss://` or `unix://` address of a Redis that replicas share. Sessions always stay in cookies; Redis holds only the short-lived refresh relay and the sign-out denylist.',
  },
  'session-cookie-minimal': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    about: 'Keep no tokens in the session. Refused together with options that need one.',
  },
  'session-groups': {
    group: 'Sessions',
    kind: 'enum',
    values: ['all', 'named'],
    default: 'all',
    about: 'Groups kept in the session: all, or only those that allowed-group names.',
  },
  'session-max-lifetime': {
    group: 'Sessions',
    kind: 'duration',
    default: '0',
    about: 'Longest life of a session from its sign-in, whatever is refreshed; 0 is unbounded.',
  },
  'session-idle-timeout': {
    group: 'Sessions',
    kind: 'duration',
    default: '0',
    about: 'Longest pause between two requests of a session; 0 is unbounded.',
  },
  'session-revalidate': {
    group: 'Sessions',
    kind: 'duration',
    default: '5m',
    about:
      'Longest time that a session with a refresh token lives without asking the provider again; 0 is off. Without a refresh token it changes nothing.',
  },
  'min-issued-at': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    about:
      'Sessions signed in before this moment are over: RFC 3339 time or Unix seconds. Signs everybody out without a new secret.',
  },
  'redis-username': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    runtimes: SERVERS,
    about: 'User at Redis; wins over the one in redis-connection-url.',
  },
  'redis-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    runtimes: SERVERS,
    about: 'Password at Redis; wins over the one in redis-connection-url.',
  },
  'redis-use-sentinel': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Find Redis through sentinels.',
  },
  'redis-sentinel-password': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    about: 'Password at the sentinels.',
  },
  'redis-sentinel-master-name': {
    group: 'Sessions',
    kind: 'string',
    default: '',
    supported: false,
    about: 'Name of the master at the sentinels.',
  },
  'redis-sentinel-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Addresses of the sentinels.',
  },
  'redis-use-cluster': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Redis is a cluster.',
  },
  'redis-cluster-connection-urls': {
    group: 'Sessions',
    kind: 'list',
    default: [],
    secret: true,
    supported: false,
    instead: 'sessions need no Redis here: leave it out, or give one address in redis-connection-url',
    about: 'Addresses of cluster nodes.',
  },
  'redis-ca-path': {
    group: 'Sessions',
    kind: 'file',
    default: '',
    supported: false,
    about: 'Certificate authority of Redis.',
  },
  'redis-insecure-skip-tls-verify': {
    group: 'Sessions',
    kind: 'boolean',
    default: false,
    supported: false,
    about: 'Do not verify the certificate of Redis.',
  },
  'redis-connection-idle-timeout': {
    group: 'Sessions',
    kind: 'integer',
    default: 0,
    inert: true,
    about: 'Accepted, and nothing to change: one connection is kept, and made anew when Redis closes it.',
  },

  // Upstreams
  upstream: {
    group: 'Upstreams',
    kind: 'list',
    default: [],
    key: 'upstreams',
    about:
      'Where requests go: `http://host[:port][/path]`, `https://…`, `unix:///path`, `file:///directory/#/path/`, `static://status`, or `binding:NAME[/path]` on Workers. The path is only the match: `/x/` takes everything below, `/x` only itself. Without any, everything is 404.',
  },
  'pass-host-header': {
    group: 'Upstreams',
    kind: 'boolean',
    default: true,
    about:
      "Send the client's Host upstream; false sends the upstream's own. On Workers this is so for bindings only: an upstream URL always gets its own Host, and the client's in X-Forwarded-Host.",
  },
  'proxy-websockets': {
    group: 'Upstreams',
    kind: 'boolean',
    default: true,
    about:
      'Carry WebSocket connections. With a session cookie their Origin header must name this site; programs send it too, or a bearer token.',
  },
  'upstream-timeout': {
    group: 'Upstreams',
    kind: 'duration',
    default: '30s',
    max: '576h',
    about:
      'Longest wait for the response headers of an upstream; 0 waits for ever. Running out answers 504, where oauth2-proxy answers 502.',
  },
  'ssl-upstream-insecure-skip-verify': {
    group: 'Upstreams',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about: 'Do not verify TLS certificates of upstreams.',
  },
  'disable-keep-alives': {
    group: 'Upstreams',
    kind: 'boolean',
    default: false,
    runtimes: SERVERS,
    about: 'Use a new connection for each request to an upstream.',
  },
  'flush-interval': {
    group: 'Upstreams',
    kind: 'duration',
    default: '1s',
    negative: true,
    inert: true,
    about: 'Accepted, and nothing to change: every byte of an upstream is sent on at once.',
  },

  // Headers
  'pass-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about:
      'With basic-auth-password, send the user upstream as HTTP Basic. As in oauth2-proxy the X-Forwarded-User family stays on unless this and pass-user-headers are both false.',
  },
  'pass-user-headers': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about: 'Send X-Forwarded-User, -Email, -Groups and -Preferred-Username upstream.',
  },
  'pass-access-token': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Send X-Forwarded-Access-Token upstream, and X-Auth-Request-Access-Token in answers with set-xauthrequest.',
  },
  'pass-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Send `Authorization: Bearer <ID token>` upstream.',
  },
  'set-xauthrequest': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about:
      'Set X-Auth-Request-User, -Email, -Preferred-Username and -Groups in answers, for gateways that only ask.',
  },
  'set-authorization-header': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Set `Authorization: Bearer <ID token>` in answers.',
  },
  'set-basic-auth': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'Set `Authorization: Basic …` in answers. Needs basic-auth-password.',
  },
  'prefer-email-to-user': {
    group: 'Headers',
    kind: 'boolean',
    default: false,
    about: 'The e-mail address stands where the user name would, and X-Forwarded-Email is not sent.',
  },
  'basic-auth-password': {
    group: 'Headers',
    kind: 'string',
    default: '',
    secret: true,
    about: 'Password in the HTTP Basic headers that we make.',
  },
  'skip-auth-strip-headers': {
    group: 'Headers',
    kind: 'boolean',
    default: true,
    about:
      'Delete identity headers that clients send, in any spelling. False keeps them and appends ours: dangerous.',
  },
  'request-id-header': {
    group: 'Headers',
    kind: 'string',
    default: 'X-Request-Id',
    about: 'Header with the request id, taken from the request when well formed, and sent upstream.',
  },
  'signature-key': {
    group: 'Headers',
    kind: 'string',
    default: '',
    secret: true,
    supported: false,
    instead: 'with pass-authorization-header apps can verify the ID token',
    about: 'Signs upstream requests with GAP-Signature (deprecated in oauth2-proxy).',
  },

  // Pages
  banner: {
    group: 'Pages',
    kind: 'string',
    default: '',
    about: 'HTML above the sign-in button, yours and not escaped; `-` hides it, empty is a default text.',
  },
  footer: {
    group: 'Pages',
    kind: 'string',
    default: '',
    about: 'HTML at the end of our pages, yours and not escaped; `-` hides it, empty is a default text.',
  },
  'custom-sign-in-logo': {
    group: 'Pages',
    kind: 'string',
    default: '',
    about:
      'Logo of the sign-in page: a .svg (inlined), .png, .jpg or .jpeg file, an `https://` address, which adds its origin to `img-src` of the page, or `-` for none. Files need Node or Deno.',
  },
  'show-debug-on-error': {
    group: 'Pages',
    kind: 'boolean',
    default: false,
    about: 'Show the reason and its details on error pages. Never tokens or secrets.',
  },
  'custom-templates-dir': {
    group: 'Pages',
    kind: 'file',
    default: '',
    supported: false,
    instead: 'banner, footer and custom-sign-in-logo change our pages',
    about: 'Directory with own pages.',
  },

  // Logging
  'request-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    about: 'Write a line for each request.',
  },
  'auth-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    about: 'Write a line for each sign-in event.',
  },
  'standard-logging': { group: 'Logging', kind: 'boolean', default: true, about: 'Write all other lines.' },
  'silence-ping-logging': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    about: 'Leave ping-path and ready-path out of the request log.',
  },
  'exclude-logging-path': {
    group: 'Logging',
    kind: 'list',
    default: [],
    key: 'exclude_logging_paths',
    about: 'Exact paths to leave out of the request log.',
  },
  'log-format': {
    group: 'Logging',
    kind: 'enum',
    values: ['auto', 'json', 'text'],
    default: 'auto',
    about:
      'Lines of JSON, or lines that a person reads with ease. `auto` is text where standard output is a terminal, else JSON. Text leaves out the user agent, the bytes and the names of pod and host.',
  },
  'standard-logging-format': {
    group: 'Logging',
    kind: 'string',
    default: '[{{.Timestamp}}] [{{.File}}] {{.Message}}',
    supported: false,
    instead: 'lines are JSON',
    about: 'Template of a line; ours are JSON.',
  },
  'auth-logging-format': {
    group: 'Logging',
    kind: 'string',
    default: '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}',
    supported: false,
    instead: 'lines are JSON',
    about: 'Template of a line; ours are JSON.',
  },
  'request-logging-format': {
    group: 'Logging',
    kind: 'string',
    default:
      '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}',
    supported: false,
    instead: 'lines are JSON',
    about: 'Template of a line; ours are JSON.',
  },
  'errors-to-info-log': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change: every line goes to standard output.',
  },
  'logging-filename': {
    group: 'Logging',
    kind: 'file',
    default: '',
    supported: false,
    instead: 'lines go to standard output, which can be sent to a file',
    about: 'Write the log to a file.',
  },
  'logging-max-size': {
    group: 'Logging',
    kind: 'integer',
    default: 100,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-max-age': {
    group: 'Logging',
    kind: 'integer',
    default: 7,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-max-backups': {
    group: 'Logging',
    kind: 'integer',
    default: 0,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
  'logging-local-time': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    inert: true,
    about: 'Accepted, and nothing to change: times name their zone, which is UTC.',
  },
  'logging-compress': {
    group: 'Logging',
    kind: 'boolean',
    default: false,
    inert: true,
    about: 'Accepted, and nothing to change without logging-filename, in oauth2-proxy neither.',
  },
} as const satisfies Record<string, Option>

type Options = typeof OPTIONS

/** The name of any option, as a flag without its dashes. */
export type Flag = keyof Options

/** The name of an option that has a reader. */
export type ReadableFlag = {
  [Name in Flag]: Options[Name] extends { supported: false } | { inert: true } ? never : Name
}[Flag]

/** What an option holds once it is read: durations are milliseconds, `url` and `file` are text. */
export type ValueOf<Name extends Flag> = Options[Name] extends { kind: 'boolean' }
  ? boolean
  : Options[Name] extends { kind: 'integer' | 'duration' }
    ? number
    : Options[Name] extends { kind: 'list' }
      ? readonly string[]
      : Options[Name] extends { kind: 'enum'; values: readonly (infer Value)[] }
        ? Value
        : string

/** The rows of the table with their flags, in the order of the table. */
export const ROWS: readonly (readonly [Flag, Option])[] =
  // Object.entries forgets the keys; they are those of the table.
  Object.entries(OPTIONS) as [Flag, Option][]
