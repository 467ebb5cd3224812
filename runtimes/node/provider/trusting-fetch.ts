import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { Readable } from 'node:stream'
import * as tls from 'node:tls'
import type { TrustStoreConfig } from '../../../src/config/sections/provider/trust.ts'
import type { Platform } from '../../../src/platform.ts'
import type { Watch } from '../watch.ts'

export interface TrustingFetchOptions {
  readonly trust: TrustStoreConfig
  readonly watch: Watch
  /** Called when a file was replaced by one that cannot be used; what was read before stays in force. */
  readonly onBadFile: (error: unknown) => void
  /** Variables that name a proxy are followed; Node 24.5 and later. */
  readonly env: NodeJS.ProcessEnv
}

/** True when the global fetch does not do: other authorities count, or certificates are not verified. */
export function needsTrustingFetch({ insecureTls, caFiles, systemTrust }: TrustStoreConfig): boolean {
  return insecureTls || systemTrust || caFiles.length > 0
}

/**
 * Creates the fetch of calls to the provider with certificate authorities of their own, or without verification. The
 * global fetch has no such switch, and those for the whole process would reach upstreams as well. Redirects are not
 * followed. Throws when a file cannot be used.
 */
export function createTrustingFetch({
  trust,
  watch,
  onBadFile,
  env,
}: TrustingFetchOptions): Platform['fetch'] {
  let agent = createAgent(trust, env)
  for (const path of trust.caFiles) {
    watch({
      path,
      onChange: () => {
        try {
          const old = agent
          agent = createAgent(trust, env)
          // Connections that the old authorities vouched for end with the requests that are on them.
          old.destroy()
        } catch (error) {
          onBadFile(error)
        }
      },
    })
  }
  return async (url, init) => {
    const wanted = new Request(url, init)
    if (new URL(url).protocol !== 'https:') return fetch(wanted)
    const body = Buffer.from(await wanted.arrayBuffer())
    const incoming = await send({ agent, wanted, body, signal: init.signal ?? undefined })
    const headers = new Headers()
    for (const [name, values] of Object.entries(incoming.headersDistinct)) {
      for (const value of values ?? []) headers.append(name, value)
    }
    const status = incoming.statusCode ?? 502
    const empty = status === 204 || status === 205 || status === 304
    // Node's and the DOM's stream types differ in name only.
    const content = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
    return new Response(content, { status, headers })
  }
}

function createAgent(trust: TrustStoreConfig, proxyEnv: NodeJS.ProcessEnv): Agent {
  const verification = trust.insecureTls
    ? { rejectUnauthorized: false }
    : { secureContext: createTrust(trust) }
  // As the agent that Node has for the whole process.
  return new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5_000, proxyEnv, ...verification })
}

/** The authorities that count: those of the files, and with them the usual ones where the system is trusted. */
function createTrust({ caFiles, systemTrust }: TrustStoreConfig): tls.SecureContext {
  const named = caFiles.flatMap(readCertificates)
  return tls.createSecureContext({ ca: systemTrust ? [...usualAuthorities(), ...named] : named })
}

/** The certificates of a PEM file. Those that cannot be read are passed over, as Go does; without any other it throws. */
function readCertificates(path: string): readonly string[] {
  const blocks = readFileSync(path, 'utf8').match(
    /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/gu,
  )
  const certificates = (blocks ?? []).filter(isCertificate)
  if (certificates.length > 0) return certificates
  throw new Error(
    `Give a file with a certificate as provider-ca-file, ${JSON.stringify(path)} has none that can be read`,
  )
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function usualAuthorities(): readonly string[] {
  // Node 20 has only those that it brings along, whatever the types say.
  const { getCACertificates }: Partial<Pick<typeof tls, 'getCACertificates'>> = tls
  if (getCACertificates === undefined) return tls.rootCertificates
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}

interface Sending {
  readonly agent: Agent
  readonly wanted: Request
  readonly body: Buffer
  readonly signal: AbortSignal | undefined
}

function send({ agent, wanted, body, signal }: Sending): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(wanted.url, {
      agent,
      method: wanted.method,
      headers: { ...Object.fromEntries(wanted.headers), 'content-length': body.length },
      ...(signal === undefined ? {} : { signal }),
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
