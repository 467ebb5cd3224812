import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort, startRedis, type TestRedis } from './redis.ts'

/** A master, its replica, and the one sentinel that decides between them. */
export interface TestSentinel {
  readonly url: string
  readonly masterName: string
  readonly password: string
  readonly sentinelPassword: string
  /** Waits until the replica has a key of this pattern. */
  replicated(pattern: string): Promise<void>
  /** Kills the master; the sentinel makes a master of the replica. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

/** Starts a master with a replica behind a sentinel, each with a password of its own kind. */
export async function startSentinel(): Promise<TestSentinel> {
  const [password, sentinelPassword, masterName] = ['data-secret', 'sentinel-secret', 'main']
  const secured = { requirepass: password, masterauth: password, 'repl-diskless-sync-delay': '0' }
  const master = await startRedis({ directives: secured })
  const replica = await startRedis({ directives: { ...secured, replicaof: `127.0.0.1 ${master.port}` } })
  const sentinel = await startRedis({
    sentinel: true,
    directives: {
      requirepass: sentinelPassword,
      [`sentinel monitor ${masterName} 127.0.0.1 ${master.port}`]: '1',
      [`sentinel auth-pass ${masterName}`]: password,
      [`sentinel down-after-milliseconds ${masterName}`]: '500',
      [`sentinel failover-timeout ${masterName}`]: '3000',
    },
  })
  const admin = new Redis(sentinel.url, { password: sentinelPassword })
  const onReplica = new Redis(replica.url, { password })
  await until(async () =>
    JSON.stringify(await admin.call('SENTINEL', 'replicas', masterName)).includes('"ok"'),
  )
  return {
    url: sentinel.url,
    masterName,
    password,
    sentinelPassword,
    replicated: (pattern) => until(async () => (await onReplica.keys(pattern)).length > 0),
    async failOver() {
      await master.stop()
      const now = () => admin.call('SENTINEL', 'get-master-addr-by-name', masterName)
      await until(async () => JSON.stringify(await now()).includes(`"${replica.port}"`))
    },
    async stop() {
      admin.disconnect()
      onReplica.disconnect()
      await Promise.all([master, replica, sentinel].map((one) => one.stop()))
    },
  }
}

/** Masters of a cluster. */
export interface TestCluster {
  readonly nodes: readonly TestRedis[]
  stop(): Promise<void>
}

const SLOTS = 16_384

/** Starts a cluster of three masters, each with a third of the slots. */
export async function startCluster(): Promise<TestCluster> {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () =>
      startRedis({
        directives: {
          'cluster-enabled': 'yes',
          'cluster-port': `${await freePort()}`,
          'cluster-node-timeout': '2000',
          'cluster-require-full-coverage': 'no',
        },
      }),
    ),
  )
  const admins = nodes.map(({ url }) => new Redis(url))
  const portOf = async (admin: Redis | undefined): Promise<string> =>
    String((await admin?.config('GET', 'cluster-port')) ?? '').split(',')[1] ?? ''
  for (const [at, admin] of admins.entries()) {
    const [first, last] = [at, at + 1].map((third) => Math.floor((SLOTS * third) / nodes.length))
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', `${first}`, `${(last ?? SLOTS) - 1}`)
    if (at > 0)
      await admins[0]?.call('CLUSTER', 'MEET', '127.0.0.1', `${nodes[at]?.port}`, await portOf(admin))
  }
  await until(async () => {
    const infos = await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'INFO')))
    return infos.every((info) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/u.test(String(info)))
  })
  for (const admin of admins) admin.disconnect()
  return {
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** A certificate authority of a test's own, and a server's certificate by it for `localhost` and `127.0.0.1`. */
export interface TestCertificates {
  readonly caFile: string
  readonly ca: string
  readonly certFile: string
  readonly keyFile: string
}

/** Makes the certificates with openssl. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'sidegate-ca-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    at(name),
  ]
  openssl('req', '-x509', ...key('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=test authority')
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  openssl(
    'req',
    '-x509',
    ...key('key.pem'),
    '-out',
    at('cert.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    names,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
  )
  return {
    caFile: at('ca.pem'),
    ca: readFileSync(at('ca.pem'), 'utf8'),
    certFile: at('cert.pem'),
    keyFile: at('key.pem'),
  }
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isDone()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come to that within ten seconds')
}
