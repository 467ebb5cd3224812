import { readFileSync } from 'node:fs'
import { parse as parseToml } from 'smol-toml'
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'
import { makeCertificates } from '../support/redis-groups.ts'
import { type Scene, tour } from './scene.ts'

/**
 * Settings that name addresses and secrets of elsewhere: those of the run take their place. Of providers only those stay that
 * the fake can be.
 */
const REPLACED =
  /^--(?:http-address|https-address|metrics-[\w-]+|tls-[\w-]+|provider|client-(?:id|secret)(?:-file)?|cookie-secret(?:-file)?|oidc-issuer-url|upstream|email-domain|login-url|redeem-url|profile-url|validate-url|oidc-jwks-url|backend-logout-url|session-store-type|redis-[\w-]+)=/u

/** Flags that win over variables and file: one provider, one app, everyone may sign in. */
const OVERRIDES = [
  '--skip-oidc-discovery=false',
  '--scope=openid email profile',
  '--tls-cert-file=',
  '--tls-key-file=',
]

/** The same where the file is a structured one, too. */
const ALWAYS = ['--logging-filename=', '--force-https=false']

interface Parts {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

/** Reads a configuration: parts `[args]`, `[env]` and `[file PATH]`, as in the samples. */
export function readConfiguration(name: string, text: string): Scene {
  const { args, env, files } = readParts(text)
  const moved = (value: string) =>
    Object.keys(files).reduce((all, file) => all.replaceAll(`/${file}`, `{dir}/${file}`), value)
  const base = joined(args)
  const structured = base.find((flag) => flag.startsWith('--alpha-config='))?.slice('--alpha-config='.length)
  const [, origin] = /redirect[-_]url\W{1,5}(https?:\/\/[^/"'\s]+)/iu.exec(text) ?? []
  const redis = toStore(text)
  const cookieName = /cookie[-_]name\W{1,5}([\w-]+)/iu.exec(text)?.[1]
  const prefix = /proxy[-_]prefix\W{1,4}(\/[\w/-]+)/iu.exec(text)?.[1] ?? '/oauth2'
  const written = Object.entries(files).map(([path, content]) => [
    path,
    moved(`/${path}` === structured ? toStructured(content) : content),
  ])
  return {
    name,
    base: [
      ...base.map(moved).filter((flag) => !REPLACED.test(flag)),
      ...(structured === undefined && text.includes('keycloak-oidc') ? ['--provider=keycloak-oidc'] : []),
    ],
    env: Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, moved(value)])),
    files: Object.fromEntries(written),
    flags: [
      ...ALWAYS,
      ...toRedisFlags(redis),
      ...(structured === undefined ? [...OVERRIDES, ...toMetrics(text)] : []),
    ],
    upstreams: toUpstreams({ args: base, env, files }),
    ...(structured === undefined ? {} : { structured: true }),
    ...(redis === undefined ? {} : { redis }),
    ...(origin === undefined ? {} : { origin }),
    ...(cookieName === undefined ? {} : { cookieName }),
    prefix,
    prepare: ({ provider }) => {
      provider.behaviour.jwtAccessTokens = true
    },
    probes: tour(prefix),
  }
}

function readParts(text: string): Parts {
  const args: string[] = []
  const env: Record<string, string> = {}
  const files: Record<string, string> = {}
  let part = ''
  let path = ''
  for (const line of text.split('\n')) {
    const [, kind, rest = ''] = /^\[(args|env|file) ?(.*)\]$/u.exec(line) ?? []
    if (kind !== undefined) {
      part = kind
      path = rest.replace(/^\//u, '')
      if (kind === 'file') files[path] = ''
    } else if (part === 'file') files[path] += `${withKeys(line.replaceAll('XXXXXXXX', 'secret-1'))}\n`
    else if (part === 'args' && !line.startsWith('#')) args.push(line)
    else if (part === 'env' && /^\w+=/u.test(line)) {
      env[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
    }
  }
  return { args, env, files }
}

let certificates: ReturnType<typeof makeCertificates> | undefined

/** A line in which the samples leave a place for a certificate or a key. */
function withKeys(line: string): string {
  if (!/@(?:CERT|KEY|RSA)@/u.test(line)) return line
  certificates ??= makeCertificates()
  const { certFile, keyFile } = certificates
  return line.replaceAll(/@(CERT|KEY|RSA)@/gu, (_, name) =>
    readFileSync(name === 'CERT' ? certFile : keyFile, 'utf8').trim(),
  )
}

/** Arguments with their values in one: `--name value` is `--name=value`. */
function joined(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, at) => {
    if (!arg.startsWith('--')) return []
    const next = args[at + 1]
    const hasValue = !arg.includes('=') && next !== undefined && !next.startsWith('-')
    return [hasValue ? `${arg}=${next}` : arg]
  })
}

function toStore(text: string): Scene['redis'] {
  if (!/session[-_]store[-_]type\W{1,5}redis/iu.test(text)) return undefined
  return /use[-_]sentinel\W{1,5}true/iu.test(text) ? 'sentinel' : 'standalone'
}

function toRedisFlags(kind: Scene['redis']): readonly string[] {
  if (kind === undefined) return []
  if (kind === 'standalone')
    return ['--session-store-type=redis', '--redis-connection-url={redis}', '--redis-password=']
  return [
    '--session-store-type=redis',
    '--redis-use-sentinel',
    '--redis-sentinel-connection-urls={redis}',
    '--redis-sentinel-master-name=main',
    '--redis-sentinel-password=sentinel-secret',
    '--redis-password=data-secret',
  ]
}

/** A metrics listener where there is one, on a port that the system chooses. */
function toMetrics(text: string): readonly string[] {
  return /metrics[-_]address\W{1,5}[\d:]/iu.test(text) ? ['--metrics-address=127.0.0.1:0'] : []
}

/** The upstreams, with the app of the run in place of hosts of elsewhere. */
function toUpstreams({ args, env, files }: Parts): readonly string[] {
  const toml = Object.entries(files).find(([path]) => /\.(?:cfg|toml)$/u.test(path))?.[1]
  const { upstreams = [] } = toml === undefined ? {} : parseToml(toml)
  const given = [
    args.filter((flag) => flag.startsWith('--upstream=')).map((flag) => flag.slice(11)),
    env['OAUTH2_PROXY_UPSTREAMS']?.split(',') ?? [],
    [upstreams].flat().map(String),
  ].find((found) => found.length > 0)
  return (given ?? ['http://app/']).map((upstream) => `--upstream=${atApp(upstream)}`)
}

function atApp(upstream: string): string {
  return upstream.replace(/^https?:\/\/[^/]*/u, '{app}')
}

/** A structured file with listener, provider and app of the run. */
function toStructured(text: string): string {
  const file = parseDocument(text)
  const { contents } = file
  if (!isMap(contents)) throw new Error('The structured file is no map')
  file.set('server', { bindAddress: '{listen}' })
  if (file.has('metricsServer')) file.set('metricsServer', { bindAddress: '127.0.0.1:0' })
  for (const upstream of listOf(contents, ['upstreamConfig', 'upstreams'])) {
    const uri = upstream.get('uri')
    if (typeof uri === 'string') upstream.set('uri', atApp(uri))
  }
  for (const provider of listOf(contents, ['providers'])) {
    provider.delete('clientSecretFile')
    provider.set('provider', 'oidc')
    provider.set('clientID', '{client}')
    provider.set('clientSecret', '{secret}')
    provider.set('code_challenge_method', 'S256')
    provider.setIn(['oidcConfig', 'issuerURL'], '{provider}')
  }
  return file.toString()
}

function listOf(map: YAMLMap, path: readonly string[]): readonly YAMLMap[] {
  const list = map.getIn(path)
  if (typeof list !== 'object' || list === null || !('items' in list)) return []
  return Array.isArray(list.items) ? list.items.filter((item) => isMap(item) && !isScalar(item)) : []
}
