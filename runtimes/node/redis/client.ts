import { isIP } from 'node:net'
import tls, { type ConnectionOptions } from 'node:tls'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { RedisServers } from '../../../src/config/sections/session/redis.ts'
import type { RedisTls } from '../../../src/config/sections/session/redis-tls.ts'
import type { RedisAddress } from '../../../src/config/values/redis-url.ts'

/** Connection to one Redis, to the master behind sentinels, or to a cluster. */
export type RedisClient = Redis | Cluster

/** Makes connections to one deployment's Redis, all with the same login. */
export interface RedisClients {
  /** Creates the connection that carries commands. It connects again by itself, for as long as it takes. */
  createMain(): RedisClient
  /** Creates a connection that only listens. It ends with its socket: the next one may lead to another server. */
  createListening(main: RedisClient): Redis
}

/** Longest wait for a connection, unless `dial_timeout` says otherwise. */
const CONNECT_MS = 2000

/** Silence after which a connection that owes an answer is given up, and what waits on it fails. */
const SILENCE_MS = 2000

/** Loads the library, which only those need who have a Redis; `ca` is the text of `redis-ca-path`. */
export async function loadRedisClients(servers: RedisServers, ca: string | undefined): Promise<RedisClients> {
  // By its default export: the library is CommonJS, and the build gives it no other where it lies in a file of its own.
  const { Cluster, Redis } = (await import('ioredis')).default
  const secure = servers.tls && toTlsOptions(servers.tls, ca)
  const connection = toConnection(servers, secure)
  const toRedis = (more: Pick<RedisOptions, 'retryStrategy'>): Redis => {
    const options: PlainOptions = { ...connection, ...ALONE, ...toPlace(servers, secure), ...more }
    return new Redis(options)
  }
  return {
    createMain() {
      if (servers.kind !== 'cluster') return toRedis({ retryStrategy: retryAfterMs })
      return new Cluster(servers.addresses.filter(isTcp), {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryAfterMs,
        maxRedirections: 4,
        slotsRefreshTimeout: CONNECT_MS,
        // Names stay names: certificates are for them.
        dnsLookup: (address, callback) => callback(null, address),
        redisOptions: connection,
      })
    },
    createListening(main) {
      if (!(main instanceof Cluster)) return toRedis({})
      // What is published at one node of a cluster is heard at all.
      const nodes = main.nodes('all')
      const { host, port } = nodes[Math.floor(Math.random() * nodes.length)]?.options ?? {}
      const [seed] = servers.addresses.filter(isTcp)
      return new Redis({
        ...connection,
        ...seed,
        ...(host && port ? { host, port } : {}),
        retryStrategy: null,
      })
    },
  }
}

function retryAfterMs(attempt: number): number {
  // The first time it is nearly always a server that closed an idle connection.
  return Math.min((attempt - 1) * 100 + 10, 2000)
}

// Replies are what they have always been, which the library wants to know by type.
type PlainOptions = Omit<RedisOptions, 'replyMapping'>

/** Options of every connection, to nodes of a cluster as well. */
type Connection = Pick<
  RedisOptions,
  | 'autoResendUnfulfilledCommands'
  | 'autoResubscribe'
  | 'connectionName'
  | 'connectTimeout'
  | 'lazyConnect'
  | 'maxRetriesPerRequest'
  | 'password'
  | 'protocol'
  | 'reconnectOnError'
  | 'socketTimeout'
  | 'tls'
  | 'username'
>

// A command that waits for a connection would hold a request up.
const ALONE = { enableOfflineQueue: false, retryStrategy: null } as const

function toConnection(servers: RedisServers, secure: ConnectionOptions | undefined): Connection {
  const { username, password, clientName, protocol, connectTimeoutMs = CONNECT_MS } = servers
  return {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    socketTimeout: Math.max(SILENCE_MS, servers.readTimeoutMs ?? 0),
    // A repeated command could act twice.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // A server that became a replica is left for the new master.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(clientName === '' ? {} : { connectionName: clientName }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(secure === undefined ? {} : { tls: secure }),
  }
}

function toPlace(
  { addresses, database, kind, sentinel }: RedisServers,
  secure: ConnectionOptions | undefined,
): PlainOptions {
  const [first] = addresses
  if (kind === 'standalone') {
    return first?.kind === 'unix' ? { path: first.path, db: database } : { ...first, db: database }
  }
  return {
    sentinels: addresses.filter(isTcp),
    name: sentinel.masterName,
    sentinelRetryStrategy: retryAfterMs,
    sentinelCommandTimeout: SILENCE_MS,
    updateSentinels: false,
    ...(sentinel.password === '' ? {} : { sentinelPassword: sentinel.password }),
    ...(secure === undefined ? {} : { sentinelTLS: secure, enableTLSForSentinelMode: true }),
  }
}

function isTcp(address: RedisAddress): address is RedisAddress & { readonly kind: 'tcp' } {
  return address.kind === 'tcp'
}

function toTlsOptions({ serverName, verify }: RedisTls, ca: string | undefined): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca: [...systemCertificates(), ca] }),
    ...(serverName === undefined
      ? {}
      : { checkServerIdentity: (_, certificate) => tls.checkServerIdentity(serverName, certificate) }),
    // An address is no server name (RFC 6066 §3).
    ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
  }
}

/** Certificate authorities that Node trusts anyway; before 22.15 it names those only that it came with. */
function systemCertificates(): readonly string[] {
  const { getCACertificates }: Partial<typeof tls> = tls
  return getCACertificates?.('default') ?? tls.rootCertificates
}
