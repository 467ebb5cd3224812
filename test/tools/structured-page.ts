import { join } from 'node:path'
import { type BareOption, renderDefault } from '../../src/config/option.ts'
import type { OptionTable } from '../../src/config/options.ts'
import type { MapShape, Shape } from '../../src/config/structured/shape.ts'
import { fileShape } from '../../src/config/structured/shapes/file.ts'

/** Where the page lives. */
export const STRUCTURED_PAGE = join(import.meta.dirname, '../../docs/structured-config.md')

const INTRODUCTION = `# Structured configuration

<!-- Written by \`npm run docs\` from test/tools/structured-page.ts and the tables in src/config; edit those. -->

A YAML file for \`--alpha-config\`, in the form of oauth2-proxy 7.15: several providers, settings of each upstream, and
header lines of your own. What oauth2-proxy's file cannot say stands below one key more, \`options\`, so that one file
can be the whole configuration:

\`\`\`yaml
# yaml-language-server: $schema=https://…/docs/config.schema.json
server:
  bindAddress: 0.0.0.0:4180
providers:
  - id: staff
    provider: keycloak-oidc
    name: Staff
    clientID: wiki
    clientSecretFile: /run/secrets/client-secret
    oidcConfig:
      issuerURL: https://id.example.com/realms/main
upstreamConfig:
  upstreams:
    - id: wiki
      path: /
      uri: http://127.0.0.1:8080
injectRequestHeaders:
  - name: X-Forwarded-User
    values:
      - claimSource: { claim: user }
options:
  email_domains: [example.com]
  cookie_secret: \${COOKIE_SECRET}
  redirect_url: https://wiki.example.com/oauth2/callback
\`\`\`

\`sidegate --alpha-config=gate.yaml --config-test\` says everything that is wrong at once, each with its path, line and
column. \`sidegate --config-schema\` prints the JSON Schema ([config.schema.json](config.schema.json)) for editors.

## From flags to a file

\`sidegate … --convert-config-to-alpha > gate.yaml\` prints what flags, variables and the TOML file say, as one file
that means the same. Then start with \`--alpha-config=gate.yaml\` alone. A secret that a variable gave is printed as the
name of that variable, so keep the variable; a secret of a flag or of the TOML file is printed as it was given, as
oauth2-proxy does: treat the output as you treat its input. Files that oauth2-proxy's own converter wrote are read
too. The headers that flags send by default (\`X-Forwarded-User\` and its family) are lines in the file from then on,
and what it does not name is not sent.

Beside the file every option counts that has no place in it, from flags, variables and the TOML file, in this order
and before \`options\`. The others ([options.md](options.md) marks them with YAML) are refused as flags (exit code 2)
and TOML keys, and a warning as variables, as in oauth2-proxy.

## How it is read

- Keys count in any case. A key that is not known or stands twice is refused, and so is a value of another type:
  \`"true"\` is no boolean, \`5\` no text; a list below \`options\` may be one text with commas, as in the TOML file. An
  empty value is not given. Durations have units (\`30s\`); \`1.5\` is seconds; a
  bare whole number, which oauth2-proxy takes for nanoseconds, is refused.
- \`$NAME\` and \`\${NAME}\` are the value of a variable, before the YAML is read; \`\${NAME:-default}\` and
  \`\${NAME:=default}\` have a default for one that is empty or not set, \`-\` and \`=\` for one that is not set,
  \`\${NAME+other}\` is for one that is set. \`$$\` is a dollar sign. \`$1\`, \`\${1}\` and the names of groups of a pattern in
  the file stay, for rewriteTarget. A variable that is not set leaves nothing, with a warning. A secret with quotes or
  colons belongs into \`fromEnv\`, \`fromFile\` or a block:

  \`\`\`yaml
  clientSecret: |-
    \${CLIENT_SECRET}
  \`\`\`
- Only the first document counts. Anchors, aliases and merge keys (\`<<\`) work; a file is at most 1 MiB, 64 levels
  deep, and 20,000 values large, those of aliases counted each time.
- On Workers the text stands in the variable \`OAUTH2_PROXY_CONFIG_YAML\`; as a module it goes in like this:

  \`\`\`js
  import worker from './dist/worker/worker.js'
  import yaml from './gate.yaml' // wrangler: [[rules]] type = "Text", globs = ["**/*.yaml"]

  export { SidegateState } from './dist/worker/worker.js'
  export default {
    fetch: (request, env, ctx) => worker.fetch(request, { ...env, OAUTH2_PROXY_CONFIG_YAML: yaml }, ctx),
  }
  \`\`\`
- On Deno the file itself, and all files that it names, need \`--allow-read\`, and variables that it names
  \`--allow-env\`; the start says which are missing.

## Servers

\`\`\`yaml
server:
  bindAddress: 0.0.0.0:4180
  secureBindAddress: 0.0.0.0:4443
  tls:
    cert: { fromFile: /run/tls/tls.crt }
    key: { fromFile: /run/tls/tls.key }
    minVersion: TLS1.3
metricsServer:
  bindAddress: "-"
\`\`\`

Nothing listens unless the file says so; oauth2-proxy then ends at once, Sidegate says what is missing. Certificates in
files are read again when they change; \`value\` and \`fromEnv\` take the PEM text itself.

## Upstreams

\`\`\`yaml
upstreamConfig:
  upstreams:
    - id: api
      path: ^/api/(?P<version>v[0-9]+)/(.*)$
      rewriteTarget: /\${version}/$2
      uri: http://api.internal:8080
      timeout: 2m
    - id: article
      path: ^/articles/([a-z0-9-]+)$
      rewriteTarget: /article?id=$1
      uri: http://cms.internal
    - id: files
      path: /files/
      uri: file:///srv/files
    - id: health
      path: /health
      static: true
      staticCode: 204
    - id: app
      path: /
      uri: https://app.internal
      passHostHeader: false
\`\`\`

Without rewriteTarget \`path\` is a path: \`/x/\` takes everything below, \`/x\` only itself, the longest wins. With it
\`path\` is a pattern (RE2, start it with \`^\`), such upstreams come before all others, the longest pattern first, and
the replacement is that of Go's regexp package: \`$1x\` is the group \`1x\`, write \`\${1}x\`.

The pattern sees the path decoded, but for escapes that would make another path of it (\`%2F\`, \`%3F\`, \`%25\` and the
like), which stay as they came and are not decoded on the way. What a client puts into a path can neither leave what
you wrote in front of it (\`..\` in any spelling is 400, a second slash at the beginning is left out), nor add a parameter
behind a \`?\` of yours. Parameters of the request come before those of the rewriteTarget, as in oauth2-proxy: an app
that takes the first of two is led by the client. Rules such as \`skip_auth_routes\` see the path as it arrived. The
path of \`uri\` has no effect, as in oauth2-proxy.

## Headers

\`\`\`yaml
injectRequestHeaders:
  - name: X-User
    values:
      - claimSource: { claim: email, prefix: "user:" }
  - name: X-Tenant
    values:
      - claimSource: { claim: tenant.id }
  - name: Authorization
    values:
      - claimSource: { claim: user, basicAuthPassword: { fromFile: /run/secrets/basic } }
  - name: X-Api-Key
    values:
      - secretSource: { fromEnv: API_KEY }
  - name: X-Debug
    values: []
injectResponseHeaders:
  - name: X-Auth-Request-Access-Token
    values:
      - claimSource: { claim: access_token }
\`\`\`

Whatever a client sends under the name of a request header here is deleted first, in every spelling that an app could
take for it; \`preserveRequestValue: true\` keeps it and puts the values behind it. An empty \`values\` only deletes.
Lines that hold secrets alone are sent without a session too. The identity family (\`X-Forwarded-User\`,
\`X-Auth-Request-*\`) is deleted from requests whether it is named or not. Claims need no \`additionalClaims\`.

## Providers

\`\`\`yaml
providers:
  - id: staff
    provider: oidc
    name: Staff
    clientID: wiki
    clientSecret: \${STAFF_SECRET}
    scope: openid email profile
    oidcConfig: { issuerURL: https://id.example.com }
    loginURLParameters:
      - name: prompt
        default: [login]
        allow: [{ value: select_account }]
      - name: login_hint
        allow: [{ pattern: '^[^@]+@example\\.com$' }]
  - id: partners
    provider: github
    name: Partners
    clientID: wiki
    clientSecret: \${GITHUB_SECRET}
    githubConfig: { org: acme }
\`\`\`

Several providers, with rules and redirect URIs of their own, have [a page](several-providers.md). A
\`loginURLParameters\` entry without \`allow\` is fixed; with it the query of \`/oauth2/start\` may give other values, and
only that query. Parameters of the protocol are refused there.

## What is different from oauth2-proxy, and why

| | oauth2-proxy 7.15 | here |
|---|---|---|
| several providers | the first one counts | all are offered |
| \`$2\` in a rewriteTarget | turns into \`$1\` | is the second group |
| \`\${1}\`, \`\${name}\` in a rewriteTarget | taken for variables, vanish | groups, unless a variable has the name |
| \`timeout: 30\` | 30 nanoseconds | refused |
| wrong pattern of an upstream or of \`allow\` | found at start, not by \`--config-test\` | found by both |
| \`id\` of upstreams and providers | required | the path, or the kind of provider |
| \`..\`, \`//\` and \`&\` in a path that is rewritten | cleaned, or passed on | refused, or escaped |
| \`path\` with \`{name}\` | a template of its router | refused; use a pattern with rewriteTarget |
| second document, variable that is not set | not mentioned | warning |
| \`insecureSkipNonce\`, \`code_challenge_method\` | default \`true\`, off | default \`false\`, \`S256\` |
| \`options\`, \`getBody\`, \`claims\` | do not exist | further keys |
| listening without \`server\` | ends with 0 | refused |

## All keys

`

/** The whole page: how the file is used, and every key out of the tables that it is read by. */
export function renderStructuredPage(table: OptionTable): string {
  const { options, ...keys } = fileShape(table).keys
  const rows = Object.entries(keys).flatMap(([key, shape]) => rowsOf(key, shape))
  const note = options?.kind === 'map' ? `| \`options\` | map | ${options.about} |\n` : ''
  return `${INTRODUCTION}| key | value | what it is |\n|---|---|---|\n${rows.join('')}${note}`
}

function rowsOf(path: string, shape: Shape): readonly string[] {
  if (shape.kind === 'leaf') return [row(path, kindOf(shape.option), shape.option.about)]
  if (shape.kind === 'list') return [row(path, 'list', shape.about), ...below(`${path}[]`, shape.of)]
  return [row(path, 'map', shape.about), ...below(path, shape)]
}

function below(path: string, { keys }: MapShape): readonly string[] {
  return Object.entries(keys).flatMap(([key, shape]) => rowsOf(`${path}.${key}`, shape))
}

function row(path: string, kind: string, about: string): string {
  return `| \`${path}\` | ${kind} | ${about.replaceAll('|', '\\|')} |\n`
}

function kindOf(option: BareOption): string {
  const values =
    option.kind === 'enum'
      ? option.values.flatMap((value) => (value === '' ? [] : `\`${value}\``)).join(', ')
      : option.kind
  const text = renderDefault(option)
  return text === '' || option.kind === 'enum' ? values : `${values}, \`${text}\``
}
