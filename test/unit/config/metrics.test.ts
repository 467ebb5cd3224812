import { describe, expect, it } from 'vitest'
import { configOf, problemsOf, warningsOf } from './config-fixture.ts'
import { buildStructured } from './structured/structured-fixture.ts'

const FILES = {
  '/cert': '-----BEGIN CERTIFICATE-----\n',
  '/key': '-----BEGIN PRIVATE KEY-----\n',
}
const TLS = ['--metrics-tls-cert-file=/cert', '--metrics-tls-key-file=/key']
const OFF = { http: undefined, https: undefined }

describe('the listeners for metrics', () => {
  it('the listener for metrics is the one that the Helm chart of oauth2-proxy gives, on every interface', () => {
    expect(configOf({ args: ['--metrics-address=0.0.0.0:44180'] }).metrics).toEqual({
      ...OFF,
      http: { kind: 'tcp', host: '0.0.0.0', port: 44_180 },
    })
  })

  it.each([
    [':44180', { kind: 'tcp', host: '', port: 44_180 }],
    ['http://[::1]:44180', { kind: 'tcp', host: '::1', port: 44_180 }],
    ['unix:///run/metrics.sock,mode=0660', { kind: 'unix', path: '/run/metrics.sock', mode: 0o660 }],
    ['fd:4', { kind: 'fd', fd: 4 }],
  ])('the listener for metrics takes the forms of the other: %s', (address, http) => {
    expect(configOf({ args: [`--metrics-address=${address}`] }).metrics).toEqual({ ...OFF, http })
  })

  it.each(['', '-'])('there is no listener for metrics with "%s", and no warning', (value) => {
    const given = { env: { OAUTH2_PROXY_METRICS_ADDRESS: value, OAUTH2_PROXY_METRICS_SECURE_ADDRESS: value } }
    expect(configOf(given).metrics).toEqual(OFF)
    expect(warningsOf(given)).toEqual([])
    expect(configOf().metrics).toEqual(OFF)
  })

  it('a TLS listener for metrics stands beside the plain one, with its own files', () => {
    const args = ['--metrics-address=:44180', '--metrics-secure-address=:44181', ...TLS]
    expect(configOf({ args, files: FILES }).metrics).toEqual({
      http: { kind: 'tcp', host: '', port: 44_180 },
      https: {
        address: { kind: 'tcp', host: '', port: 44_181 },
        cert: { file: '/cert' },
        key: { file: '/key' },
        minVersion: 'TLSv1.2',
      },
    })
  })

  it('a TLS listener for metrics is refused without its files', () => {
    expect(
      problemsOf({
        args: ['--metrics-secure-address=:44181', '--metrics-tls-cert-file=/cert'],
        files: FILES,
      }),
    ).toEqual([
      '--metrics-tls-key-file or OAUTH2_PROXY_METRICS_TLS_KEY_FILE: give this file too, TLS needs certificate and key',
    ])
  })

  it('files for a TLS listener for metrics that has no address are a warning', () => {
    expect(warningsOf({ args: TLS, files: FILES })).toEqual([
      '--metrics-tls-cert-file: give metrics-secure-address as well, nothing listens with this file',
      '--metrics-tls-key-file: give metrics-secure-address as well, nothing listens with this file',
    ])
  })

  it.each([
    ['--metrics-address=metrics', 'give host:port, unix:///path or fd:N, not "metrics"'],
    ['--metrics-address=:4180', 'give another port, another listener of this program has this one'],
    ['--metrics-address=0.0.0.0:4180', 'give another port, another listener of this program has this one'],
    ['--metrics-address=[::]:4180', 'give another port, another listener of this program has this one'],
    ['--metrics-address=localhost:4180', 'give another port, another listener of this program has this one'],
  ])('an address for metrics is refused: %s', (flag, sentence) => {
    expect(problemsOf({ args: [flag] })).toEqual([`--metrics-address: ${sentence}`])
  })

  it('two listeners for metrics need two ports', () => {
    const args = ['--metrics-address=127.0.0.1:44180', '--metrics-secure-address=:44180', ...TLS]
    expect(problemsOf({ args, files: FILES })).toEqual([
      '--metrics-secure-address: give another port, another listener of this program has this one',
    ])
  })

  it('a listener for metrics is refused on Workers, where "-" asks for none', () => {
    const on = (value: string) => ({
      runtime: 'workers' as const,
      env: { OAUTH2_PROXY_METRICS_ADDRESS: value, OAUTH2_PROXY_UPSTREAMS: 'https://app.example/' },
    })
    expect(problemsOf(on('0.0.0.0:44180'))).toEqual([
      'OAUTH2_PROXY_METRICS_ADDRESS: remove this setting, it cannot be honoured on workers: there are no sockets of our own',
    ])
    expect(configOf(on('-')).metrics).toEqual(OFF)
  })

  it('the listeners for metrics of a structured file are metricsServer, with a TLS version of their own', () => {
    const tls = { cert: { fromFile: '/cert' }, key: { fromFile: '/key' }, minVersion: 'TLS1.3' }
    const file = {
      server: { bindAddress: ':4180' },
      providers: [{ provider: 'github', clientID: 'gate', clientSecret: 'client-secret' }],
      metricsServer: { bindAddress: '-', secureBindAddress: ':44180', tls },
    }
    expect(buildStructured({ file, files: FILES }).config.metrics).toMatchObject({
      http: undefined,
      https: { address: { port: 44_180 }, minVersion: 'TLSv1.3' },
    })
  })
})
