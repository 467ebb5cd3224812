import { describe, expect, it } from 'vitest'
import type { RedisServers } from '../../../src/config/sections/session/redis.ts'
import { parseRedisUrl, type RedisUrl } from '../../../src/config/values/redis-url.ts'
import { configOf, problemsOf, warningsOf } from './config-fixture.ts'

const FILES = { '/ca': '-----BEGIN CERTIFICATE-----\n', '/empty': '' }
const SENTINELS = [
  '--redis-use-sentinel',
  '--redis-sentinel-master-name=mymaster',
  '--redis-sentinel-connection-urls=redis://s1:26379,rediss://u:p@s2:26379/7',
]
const CLUSTER = ['--redis-use-cluster', '--redis-cluster-connection-urls=redis://n1,rediss://u:p@n2:7001']
const ONE = '--redis-connection-url=redis://r'

const tcp = (host: string, port = 6379) => ({ kind: 'tcp', host, port })

describe('an address of Redis', () => {
  it.each<[string, Partial<RedisUrl>]>([
    ['redis://r', { address: { kind: 'tcp', host: 'r', port: 6379 }, encrypted: false, database: 0 }],
    ['redis://r:7000/', { address: { kind: 'tcp', host: 'r', port: 7000 } }],
    ['redis://', { address: { kind: 'tcp', host: 'localhost', port: 6379 } }],
    ['redis://[::1]:7000/3', { address: { kind: 'tcp', host: '::1', port: 7000 }, database: 3 }],
    ['rediss://r?skip_verify=1', { encrypted: true, skipVerify: true }],
    ['redis://u:p%40%2F@r', { username: 'u', password: 'p@/' }],
    ['redis://:p@r/2', { username: '', password: 'p', database: 2 }],
    ['redis://r/2?db=5', { database: 5 }],
    ['redis://r?client_name=gate&protocol=2', { clientName: 'gate', protocol: 2 }],
    ['redis://r?dial_timeout=3&read_timeout=500ms', { connectTimeoutMs: 3000, readTimeoutMs: 500 }],
    ['redis://r?read_timeout=-1&idle_timeout=60', { readTimeoutMs: undefined, idleTimeoutMs: 60_000 }],
    ['redis://r?idle_timeout=1&conn_max_idle_time=2s', { idleTimeoutMs: 2000 }],
    ['redis://r?pool_size=10', { hasPoolSettings: true }],
    ['unix:///run/redis.sock?db=1', { address: { kind: 'unix', path: '/run/redis.sock' }, database: 1 }],
    [
      'unix://u:p@/run/r.sock',
      { address: { kind: 'unix', path: '/run/r.sock' }, username: 'u', password: 'p' },
    ],
  ])('%s is read', (text, expected) => {
    const url = parseRedisUrl(text)
    expect(url.ok ? url.value : url.problem).toMatchObject(expected)
  })

  it.each([
    ['r:6379', 'give redis://host:port'],
    ['http://r', 'give redis://host:port'],
    ['redis://r:65536', 'give redis://host:port'],
    ['redis://u:p%zz@r', 'give redis://host:port'],
    ['unix://', 'give redis://host:port'],
    ['redis://r/one', 'number of a database'],
    ['redis://r?protocol=4', 'protocol=2 or protocol=3'],
    ['redis://r?skip_verify=maybe', 'skip_verify=true'],
    ['redis://r?read_timeout=soon', 'timeouts'],
    ['redis://r?hunter2=1', 'remove the parameter'],
  ])('%s is refused, and not repeated', (text, sentence) => {
    const url = parseRedisUrl(text)
    expect(url.ok ? 'read' : url.problem).toContain(sentence)
    expect(url.ok ? '' : url.problem).not.toContain('hunter2')
  })
})

describe('the ways to Redis', () => {
  const serversOf = (...args: string[]): RedisServers | undefined =>
    configOf({ args, files: FILES }).session.redis

  it('Redis is not reached where no address is given', () => {
    const { redis, store } = configOf().session
    expect([redis, store]).toEqual([undefined, 'cookie'])
  })

  it('Redis is reached at its one address, with user and password from settings of their own', () => {
    expect(serversOf('--redis-connection-url=redis://a:b@r:7000/4', '--redis-password=c')).toMatchObject({
      kind: 'standalone',
      addresses: [tcp('r', 7000)],
      username: 'a',
      password: 'c',
      database: 4,
      tls: undefined,
    })
  })

  it('Redis is reached through sentinels, with login and TLS of the last one and database 0', () => {
    expect(serversOf(...SENTINELS, '--redis-sentinel-password=sp')).toMatchObject({
      kind: 'sentinel',
      addresses: [tcp('s1', 26379), tcp('s2', 26379)],
      username: 'u',
      password: 'p',
      database: 0,
      sentinel: { masterName: 'mymaster', password: 'sp' },
      tls: { caFile: undefined, verify: true, serverName: 's2' },
    })
  })

  it('Redis is reached as a cluster, with login and TLS of the last node', () => {
    expect(serversOf(...CLUSTER)).toMatchObject({
      kind: 'cluster',
      addresses: [tcp('n1'), tcp('n2', 7001)],
      password: 'p',
      tls: { serverName: 'n2' },
    })
  })

  it.each<[string, readonly string[], RedisServers['tls']]>([
    [
      'rediss://',
      ['--redis-connection-url=rediss://r'],
      { caFile: undefined, verify: true, serverName: 'r' },
    ],
    ['a CA file', [ONE, '--redis-ca-path=/ca'], { caFile: '/ca', verify: true, serverName: undefined }],
    [
      'skipped verification',
      [ONE, '--redis-insecure-skip-tls-verify'],
      { caFile: undefined, verify: false, serverName: undefined },
    ],
  ])('%s turns TLS on', (_, args, tls) => {
    expect(serversOf(...args)?.tls).toEqual(tls)
  })

  it('an idle timeout is that of the setting, or else of the address', () => {
    const url = '--redis-connection-url=redis://r?idle_timeout=30'
    expect(serversOf(url)?.idleTimeoutMs).toBe(30_000)
    expect(serversOf(url, '--redis-connection-idle-timeout=60')?.idleTimeoutMs).toBe(60_000)
  })

  it.each<[string, readonly string[], readonly string[]]>([
    [
      'both sentinels and cluster',
      [...SENTINELS, ...CLUSTER],
      ['--redis-use-cluster: remove this or redis-use-sentinel, a Redis is one or the other'],
    ],
    [
      'sentinels without addresses and name',
      ['--session-store-type=redis', '--redis-use-sentinel'],
      [
        '--redis-sentinel-connection-urls or OAUTH2_PROXY_REDIS_SENTINEL_CONNECTION_URLS: give the addresses, redis://host:port',
      ],
    ],
    [
      'sentinels without a name',
      ['--redis-use-sentinel', '--redis-sentinel-connection-urls=redis://s'],
      [
        '--redis-sentinel-master-name or OAUTH2_PROXY_REDIS_SENTINEL_MASTER_NAME: give the name that the sentinels have for the master',
      ],
    ],
    [
      'a cluster without addresses',
      ['--session-store-type=redis', '--redis-use-cluster'],
      [
        '--redis-cluster-connection-urls or OAUTH2_PROXY_REDIS_CLUSTER_CONNECTION_URLS: give the addresses, redis://host:port',
      ],
    ],
    [
      'a socket as a node',
      ['--redis-use-cluster', '--redis-cluster-connection-urls=unix:///run/r'],
      ['--redis-cluster-connection-urls: give redis://host:port or rediss://host:port'],
    ],
    [
      'a CA file that is none',
      [ONE, '--redis-ca-path=/empty'],
      ['--redis-ca-path: give a PEM file with "-----BEGIN CERTIFICATE-----", "/empty" has none'],
    ],
    [
      'a CA file that is not there',
      [ONE, '--redis-ca-path=/gone'],
      [expect.stringContaining('--redis-ca-path: make the file "/gone" readable')],
    ],
  ])('%s is refused at start', (_, args, problems) => {
    expect(problemsOf({ args, files: FILES })).toEqual(problems)
  })

  it.each<[string, readonly string[], string]>([
    [
      'sentinels for no sessions',
      ['--redis-use-sentinel'],
      '--redis-use-sentinel: this has no effect without session-store-type=redis',
    ],
    [
      'an address beside sentinels',
      [...SENTINELS, ONE],
      '--redis-connection-url: this has no effect with redis-use-sentinel',
    ],
    [
      'sentinels that are not used',
      [ONE, '--redis-sentinel-master-name=m'],
      '--redis-sentinel-master-name: this has no effect without redis-use-sentinel',
    ],
    [
      'nodes that are not used',
      [ONE, '--redis-cluster-connection-urls=redis://n'],
      '--redis-cluster-connection-urls: this has no effect without redis-use-cluster',
    ],
    [
      'a CA file without Redis',
      ['--redis-ca-path=/ca'],
      '--redis-ca-path: this has no effect without redis-connection-url',
    ],
    [
      'pool settings',
      ['--redis-connection-url=redis://r?pool_size=5'],
      '--redis-connection-url: the parameters of a pool have no effect, one connection of each process carries everything',
    ],
    [
      'a cookie budget',
      ['--session-store-type=redis', ONE, '--cookie-budget=4096'],
      '--cookie-budget: this has no effect with session-store-type=redis, which keeps all tokens',
    ],
    [
      'minimal cookies',
      ['--session-store-type=redis', ONE, '--session-cookie-minimal'],
      '--session-cookie-minimal: this has no effect with session-store-type=redis, which keeps all tokens',
    ],
  ])('%s is warned about', (_, args, warning) => {
    expect(warningsOf({ args, files: FILES })).toContain(warning)
  })

  it.each([
    [ONE, 0],
    ['--redis-connection-url=redis://:pw@r', 1],
    ['--redis-connection-url=redis://u@r', 1],
  ])('%s is told to be a secret of a command line only where it has user info', (flag, count) => {
    expect(warningsOf({ args: [flag] }).filter((line) => line.includes('read a command line'))).toHaveLength(
      count,
    )
  })
})
