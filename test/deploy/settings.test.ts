import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { type LoadResult, loadConfig } from '../../src/config/load.ts'
import { keysOf, variableOf } from '../../src/config/option.ts'
import { optionTable } from '../../src/config/options.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { headersOf } from '../support/headers.ts'
import { kubernetesTools, type Manifest, render } from '../support/kubernetes.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const read = (path: string) => readFileSync(join(deploy, path), 'utf8')
const SECRETS = {
  'client-secret': 'a-client-secret',
  'cookie-secret': 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
}
const PLACEHOLDERS = { 'client-secret': 'replace-me', 'cookie-secret': 'replace-me' }

/** Starts the program as far as its configuration, with the secrets as files wherever they are looked for. */
function load(
  env: Record<string, string | undefined>,
  secrets: Record<string, string> = SECRETS,
): LoadResult {
  const readFile = (path: string) => {
    const content = secrets[path.split('/').at(-1) ?? '']
    if (content === undefined) throw new Error(`no ${path}`)
    return content
  }
  return loadConfig({ args: [], env, readFile, runtime: 'node', version: '0.1.0' }, PROVIDER_KINDS)
}

function configOf(loaded: LoadResult): Config {
  if (loaded.kind !== 'config') throw new Error(loaded.kind === 'text' ? 'help' : loaded.text)
  return loaded.config
}

const FROM_SECRET: Readonly<Record<string, string>> = {
  OAUTH2_PROXY_REDIS_CONNECTION_URL: 'redis://redis:6379',
}

/** What the container of the gate finds in its environment. */
function podEnvironment(manifests: readonly Manifest[]): Record<string, string> {
  const { spec } = manifests.find(({ kind }) => kind === 'Deployment').spec.template
  const gate = spec.containers.find(({ name }: Manifest) => name === 'sidegate')
  const own = gate.env.map(({ name, value }: Manifest) => [name, value ?? FROM_SECRET[name] ?? `the-${name}`])
  return { ...manifests.find(({ kind }) => kind === 'ConfigMap').data, ...Object.fromEntries(own) }
}

describe('every variable in deploy/', () => {
  const known = new Set(
    [...optionTable(PROVIDER_KINDS)].flatMap(([flag, option]) => keysOf(flag, option).map(variableOf)),
  )
  const files = globSync('**/*.{yaml,yml,json,tpl,txt,env,conf,cfg,service,socket,md,toml,lua}', {
    cwd: deploy,
  })

  it.each([...files, '../docs/deploy.md'])(
    'a variable of a deployment is one that the program knows: %s',
    (file) => {
      const names = new Set(read(file).match(/\bOAUTH2_PROXY_[A-Z0-9_]*[A-Z0-9]\b/gu))
      expect([...names].filter((name) => !known.has(name))).toEqual([])
    },
  )
})

describe.each(['nginx', 'caddy', 'haproxy', 'traefik', 'envoy'])('deploy/%s/sidegate.env', (gateway) => {
  const loaded = load(parseEnv(read(`${gateway}/sidegate.env`)))

  it('a sidegate.env is a configuration that the program starts with, without a warning', () => {
    expect(loaded).toMatchObject({ kind: 'config', warnings: [] })
  })

  it('a sidegate.env lets one header name the request, so that adding a rule without sign-in warns of nothing', () => {
    const env = {
      ...parseEnv(read(`${gateway}/sidegate.env`)),
      OAUTH2_PROXY_SKIP_AUTH_ROUTES: 'GET=^/public/',
    }
    expect(load(env)).toMatchObject({
      warnings: [],
      config: { trust: { forwardAuthUriHeader: 'x-forwarded-uri' } },
    })
  })

  it('a sidegate.env says who is there to a gateway on this machine only', () => {
    expect(configOf(loaded)).toMatchObject({
      listen: { http: { kind: 'tcp', host: '127.0.0.1', port: 4180 } },
      trust: { reverseProxy: true, trustedProxyIps: ['127.0.0.1/32'] },
      headers: { response: headersOf('--set-xauthrequest', '--set-xforwarded').response },
      upstreams: [{ path: '/', target: { kind: 'static' } }],
    })
  })
})

describe('cookie names that a gateway spells out', () => {
  it.each([
    ['nginx', 'nginx/sidegate.conf', '_oauth2_proxy'],
    ['traefik', 'traefik/dynamic.yaml', '__Host-sidegate'],
  ])('the cookie names in the settings of %s are those of its gate', (gateway, file, name) => {
    const config = configOf(load(parseEnv(read(`${gateway}/sidegate.env`))))
    expect(config.cookie.name).toBe(name)
    for (const chunk of [name, `${name}_0`, `${name}_1`]) expect(read(file)).toContain(chunk)
    // A third chunk would need a third line there.
    expect(config.session.budgetBytes).toBeLessThanOrEqual(2 * 4096)
  })

  it.each([
    ['caddy', 'caddy/Caddyfile'],
    ['haproxy', 'haproxy/haproxy.cfg'],
    ['envoy', 'envoy/envoy.yaml'],
  ])('%s takes those of its gate out of what the app gets', (gateway, file) => {
    const { cookie } = configOf(load(parseEnv(read(`${gateway}/sidegate.env`))))
    expect(read(file)).toContain(cookie.name)
  })

  it('the cookies that nginx writes have the attributes of its gate', () => {
    const { cookie, session } = configOf(load(parseEnv(read('nginx/sidegate.env'))))
    expect(cookie).toMatchObject({ path: '/', domains: [], httpOnly: true, secure: true })
    expect(cookie.sameSite ?? 'lax').toBe('lax')
    expect(read('nginx/sidegate.conf')).toContain(`Max-Age=${session.expireMs / 1000}$sidegate_attributes`)
    expect(read('nginx/sidegate.conf')).toContain('"; Path=/; HttpOnly; Secure; SameSite=Lax"')
  })
})

describe('deploy/systemd/sidegate.env', () => {
  it('deploy/systemd/sidegate.env is complete with the flags of the unit', () => {
    const unit = read('systemd/sidegate.service')
    const flags = [...unit.matchAll(/^ +(--\S+)/gmu)].map(([, flag = '']) =>
      flag.replace(/\$\{CREDENTIALS_DIRECTORY\}/u, '/run/credentials/sidegate.service'),
    )
    expect(flags).toHaveLength(3)
    const readFile = (path: string) => SECRETS[path.split('/').at(-1) as keyof typeof SECRETS]
    const env = parseEnv(read('systemd/sidegate.env'))
    const input = { args: flags, env, readFile, runtime: 'node', version: '0.1.0' } as const
    const loaded = loadConfig(input, PROVIDER_KINDS)
    expect(loaded).toMatchObject({ warnings: [], config: { listen: { http: { kind: 'fd', fd: 3 } } } })
  })
})

it('README.md starts the Node program with settings that can sign in at the redirect URI it says to register', () => {
  const readme = read('../README.md')
  const [, door = ''] = /\*\*Node\*\*([\s\S]*?)\*\*Deno\*\*/u.exec(readme) ?? []
  const [, command = ''] = /node dist\/sidegate\.mjs ([\s\S]*?)\n```/u.exec(door) ?? []
  const args = command.replaceAll('\\\n', ' ').trim().split(/\s+/u)
  const env = {
    OAUTH2_PROXY_CLIENT_ID: 'app',
    OAUTH2_PROXY_CLIENT_SECRET: SECRETS['client-secret'],
    OAUTH2_PROXY_COOKIE_SECRET: SECRETS['cookie-secret'],
  }
  const loaded = loadConfig(
    { args, env, readFile: () => '', runtime: 'node', version: '0.1.0' },
    PROVIDER_KINDS,
  )
  expect(loaded).toMatchObject({ kind: 'config', warnings: [], config: { cookie: { secure: false } } })
  const { listen, signIn } = configOf(loaded)
  const { origin } = new URL(signIn.redirectUrl ?? '')
  expect(listen.http).toMatchObject({ host: '127.0.0.1', port: Number(new URL(origin).port) })
  expect(origin).toMatch(/^http:\/\/localhost:/u)
  expect(door).toContain(`register \`${signIn.redirectUrl}\` as a redirect URI`)
})

const tools = kubernetesTools()
const { kubectl = '', helm = '' } = tools ?? {}

describe.skipIf(tools === undefined).each([
  ['manifests', () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/base')])],
  ['overlay', () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/overlays/example')])],
  [
    'overlay with several pods',
    () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/overlays/several-pods')]),
  ],
  ['chart', () => render(helm, ['template', 'app', join(deploy, 'helm/sidegate')])],
])('the pod of the %s', (_, manifests) => {
  it('the pod of an example starts, reachable from outside, with its own name in each log line', () => {
    const loaded = load(podEnvironment(manifests()))
    expect(loaded).toMatchObject({ kind: 'config', warnings: [] })
    expect(configOf(loaded)).toMatchObject({
      listen: { http: { kind: 'tcp', host: '0.0.0.0', port: 4180 } },
      paths: { ping: '/ping', ready: '/ready' },
      log: { context: { pod: 'the-POD_NAME', namespace: 'the-POD_NAMESPACE', container: 'sidegate' } },
    })
  })

  it('the pod of an example does not start with the placeholders of the example Secret', () => {
    const loaded = load(podEnvironment(manifests()), PLACEHOLDERS)
    expect(loaded).toMatchObject({ kind: 'problems', exitCode: 1 })
    expect(loaded.kind === 'problems' && loaded.text).toContain('OAUTH2_PROXY_COOKIE_SECRET_FILE')
  })
})
