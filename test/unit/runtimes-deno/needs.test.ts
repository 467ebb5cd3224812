import { describe, expect, it } from 'vitest'
import { flagsOf, needsOf, placeOf } from '../../../runtimes/deno/needs.ts'
import { type LoadInput, loadConfig } from '../../../src/config/load.ts'
import { readToml } from '../../../src/config/sources/toml.ts'
import { structured } from '../../../src/config/structured/all.ts'
import { PROVIDER_KINDS } from '../../../src/providers/registry.ts'

const SECRET = 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk'

const STRUCTURED = `server: {bindAddress: ":8080"}
upstreamConfig: {upstreams: [{path: /, uri: "file:///srv"}]}
injectRequestHeaders: [{name: X-Key, values: [{secretSource: {fromFile: /run/key}}]}]
providers: [{provider: github, clientID: a, clientSecretFile: /run/client}]
`

/** The flags for a configuration, which reads any file there is. */
function flagsFor(...args: readonly string[]): readonly string[] {
  const files: string[] = []
  const readFile = (path: string): string => {
    files.push(path)
    if (path.startsWith('/etc/metrics.')) return '-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n'
    if (path === '/etc/ca.pem') return '-----BEGIN CERTIFICATE-----'
    if (path === 'gate.yaml') return STRUCTURED
    if (path === '/run/client') return 'client-secret'
    return path === '/etc/passwords' ? 'alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=' : ''
  }
  const client = args.some((arg) => arg.startsWith('--alpha-config'))
    ? []
    : ['--client-id=a', '--client-secret=b']
  const input: LoadInput = {
    args: [...client, '--email-domain=*', `--cookie-secret=${SECRET}`, ...args],
    env: {},
    readFile,
    runtime: 'deno',
    version: '0.0.0',
  }
  const loaded = loadConfig(input, PROVIDER_KINDS, { readToml, structured })
  if (loaded.kind !== 'config') throw new Error(loaded.text)
  return flagsOf(needsOf(loaded.config, files))
}

describe('what Deno has to allow', () => {
  it('the permissions for Deno are where it listens, the apps, and the hosts of Google', () => {
    expect(flagsFor('--provider=google', '--upstream=http://app/,https://[::1]:8443/x/')).toEqual([
      '--allow-net=127.0.0.1:4180,app:80,[::1]:8443,accounts.google.com:443,oauth2.googleapis.com:443,openidconnect.googleapis.com:443,www.googleapis.com:443',
    ])
  })

  it('the permissions for Deno are every interface of both families where no host is given', () => {
    const [net = ''] = flagsFor('--provider=github', '--upstream=static://200', '--http-address=:8080')
    expect(net).toBe('--allow-net=[::]:8080,github.com:443,api.github.com:443')
  })

  it('the permissions for Deno are the introspection endpoint too, with the file of its secret', () => {
    const flags = flagsFor(
      '--provider=github',
      '--upstream=static://200',
      '--skip-jwt-bearer-tokens',
      '--introspection-url=https://as.example/introspect',
      '--introspection-client-id=asker',
      '--introspection-client-secret-file=/run/client',
    )
    expect(flags).toEqual([
      '--allow-net=127.0.0.1:4180,github.com:443,api.github.com:443,as.example:443',
      '--allow-read=/run/client',
    ])
  })

  it('the permissions for Deno are the listeners for metrics too, with the files of their certificate', () => {
    const flags = flagsFor(
      '--provider=github',
      '--upstream=static://200',
      '--metrics-address=0.0.0.0:44180',
      '--metrics-secure-address=:44181',
      '--metrics-tls-cert-file=/etc/metrics.crt',
      '--metrics-tls-key-file=/etc/metrics.key',
    )
    expect(flags).toEqual([
      '--allow-net=127.0.0.1:4180,0.0.0.0:44180,[::]:44181,github.com:443,api.github.com:443',
      '--allow-read=/etc/metrics.crt,/etc/metrics.key',
    ])
  })

  it('the permissions for Deno are those of a structured file and of the files that it names', () => {
    expect(flagsFor('--alpha-config=gate.yaml')).toEqual([
      '--allow-net=[::]:8080,github.com:443,api.github.com:443',
      '--allow-read=/srv,gate.yaml,/run/client,/run/key',
    ])
  })

  it('the permissions for Deno are a place in the network and a file for each unix socket', () => {
    const sockets = ['--http-address=unix:///run/gate.sock', '--upstream=unix:///run/app.sock']
    expect(flagsFor('--provider=github', ...sockets)).toEqual([
      '--allow-net=unix:/run/gate.sock,unix:/run/app.sock,github.com:443,api.github.com:443',
      '--allow-read=/run/gate.sock,/run/app.sock',
      '--allow-write=/run/gate.sock,/run/app.sock',
    ])
  })

  it('the permissions for Deno are every sentinel and node of a cluster, and the certificates of Redis', () => {
    const sentinels = flagsFor(
      '--redis-use-sentinel',
      '--redis-sentinel-master-name=m',
      '--redis-sentinel-connection-urls=redis://s1:26379,redis://s2:26379',
      '--redis-ca-path=/etc/ca.pem',
      '--upstream=static://200',
    )
    expect(sentinels[0]).toContain('s1:26379,s2:26379')
    expect(sentinels[1]).toContain('/etc/ca.pem')
    const cluster = flagsFor(
      '--redis-use-cluster',
      '--redis-cluster-connection-urls=redis://c1,redis://[::1]:7001',
    )
    expect(cluster[0]).toContain('c1:6379,[::1]:7001')
  })

  it('the permissions for Deno are every endpoint that is configured, and Redis', () => {
    const [net = ''] = flagsFor(
      '--provider=oidc',
      '--oidc-issuer-url=https://login.example.com/realm',
      '--redeem-url=https://token.example.com:8443/t',
      '--backend-logout-url=http://bye.example.com/?hint={id_token}',
      '--session-store-type=redis',
      '--redis-connection-url=redis://cache/1',
      '--upstream=static://200',
    )
    expect(net.split('=')[1]?.split(',')).toEqual([
      '127.0.0.1:4180',
      'cache:6379',
      'login.example.com:443',
      'token.example.com:8443',
      'bye.example.com:80',
    ])
  })

  it('the permissions for Deno are the folder of a log file, where old ones stand', () => {
    const flags = flagsFor('--provider=github', '--logging-filename=/var/log/gate/gate.log')
    expect(flags.slice(1)).toEqual(['--allow-read=/var/log/gate/', '--allow-write=/var/log/gate/'])
    expect(flagsFor('--provider=github', '--logging-filename=gate.log')).toContain('--allow-write=.')
  })

  it('the permissions for Deno are the authorities of a provider, and the question for others', () => {
    const flags = flagsFor('--provider=github', '--use-system-trust-store')
    expect(flags.slice(1)).toEqual(['--allow-sys=ca'])
  })

  it('the permissions for Deno are each file once, the folder of a file upstream included', () => {
    const flags = flagsFor(
      '--provider=github',
      '--upstream=file:///srv/site/#/',
      '--authenticated-emails-file=/etc/people',
      '--htpasswd-file=/etc/passwords',
      '--custom-templates-dir=/etc/templates/',
    )
    expect(flags[1]).toBe('--allow-read=/srv/site/,/etc/passwords,/etc/people,/etc/templates')
  })
})

it.each([
  ['https://a.example/x', 'a.example:443'],
  ['http://a.example:81/', 'a.example:81'],
  ['http://[::1]/', '[::1]:80'],
])('the place of %s is %s', (url, place) => {
  expect(placeOf(new URL(url))).toBe(place)
})
