import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNodePlatform } from '../../../runtimes/node/platform.ts'
import type { TrustStoreConfig } from '../../../src/config/sections/provider/trust.ts'
import { toSink } from '../../support/log-sink.ts'
import { makeCertificate } from './certificate-fixture.ts'
import { aRequest, openDoor, talk } from './server-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'tls-'))
const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
makeCertificate('upstream.example.com', files)

let connections = 0
let resumed = 0
const server = createServer(
  { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) },
  (incoming, outgoing) => {
    incoming.pipe(outgoing)
  },
)
server.on('secureConnection', (socket: TLSSocket) => {
  connections += 1
  if (socket.isSessionReused()) resumed += 1
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

function port(): number {
  // A server on a TCP port has an address of this kind.
  return (server.address() as AddressInfo).port
}

async function askThrough(verifyTls: boolean, keepAlive = true, times = 1): Promise<string> {
  const target = {
    kind: 'tcp',
    protocol: 'https:',
    host: '127.0.0.1',
    port: port(),
    verifyTls,
    keepAlive,
  } as const
  const door = await openDoor({ config: { target } })
  let text = ''
  for (let round = 0; round < times; round += 1) {
    text = await talk(
      door.port,
      `${aRequest('/', ['Content-Length: 4', 'Connection: close'], 'POST')}body`,
    ).closed()
  }
  await door.close()
  return text
}

describe('a server with a certificate that nobody signed (SS-16)', () => {
  it('a server with an unsigned certificate is no upstream [SS-16]', async () => {
    expect(await askThrough(true)).toMatch(/^HTTP\/1.1 502[\s\S]*upstream_unreachable$/u)
  })

  it('a server with an unsigned certificate is an upstream where the operator says so, on one connection or with resumed sessions [SS-16]', async () => {
    connections = 0
    expect(await askThrough(false, true, 3)).toMatch(/^HTTP\/1.1 200[\s\S]*body/u)
    expect(connections).toBe(1)
    expect(await askThrough(false, false, 3)).toMatch(/^HTTP\/1.1 200[\s\S]*body/u)
    expect(connections).toBe(4)
    expect(resumed).toBeGreaterThan(0)
  })

  const NONE: TrustStoreConfig = { insecureTls: false, caFiles: [], systemTrust: false }
  function aProvider(trust: TrustStoreConfig) {
    const bugs: unknown[] = []
    const onBug = (bug: unknown) => void bugs.push(bug)
    const { platform, watcher } = createNodePlatform({ trust, onBug, sink: toSink() })
    const ask = async () =>
      (await platform.fetch(`https://127.0.0.1:${port()}/`, { method: 'POST', body: 'a=1' })).text()
    return { ask, bugs, watcher }
  }

  it('a server with an unsigned certificate is a provider only where the operator says so [SS-16]', async () => {
    await expect(aProvider(NONE).ask()).rejects.toThrow()
    await expect(aProvider({ ...NONE, systemTrust: true }).ask()).rejects.toThrow()
    expect(await aProvider({ ...NONE, insecureTls: true }).ask()).toBe('a=1')
  })

  it.each([false, true])(
    'a provider whose authority is in a file is trusted, and no other is, beside the system: %s [SS-19]',
    async (systemTrust) => {
      const other = { certFile: join(folder, 'other.crt'), keyFile: join(folder, 'other.key') }
      makeCertificate('other.example.com', other)
      expect(await aProvider({ ...NONE, systemTrust, caFiles: [files.certFile] }).ask()).toBe('a=1')
      const both = [other.certFile, files.certFile]
      expect(await aProvider({ ...NONE, systemTrust, caFiles: both }).ask()).toBe('a=1')
      const refused = aProvider({ ...NONE, systemTrust, caFiles: [other.certFile] }).ask()
      await expect(refused).rejects.toThrow(/certificate/u)
    },
  )

  it('a file with authorities counts when it changes, and a broken one leaves what was read before', async () => {
    const path = join(folder, 'changing.crt')
    makeCertificate('other.example.com', { certFile: path, keyFile: join(folder, 'changing.key') })
    const { ask, bugs, watcher } = aProvider({ ...NONE, caFiles: [path] })
    await expect(ask()).rejects.toThrow()
    writeFileSync(path, readFileSync(files.certFile))
    await expect.poll(ask, { timeout: 10_000 }).toBe('a=1')
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    await expect.poll(() => bugs.length, { timeout: 10_000 }).toBe(1)
    expect(await ask()).toBe('a=1')
    watcher.close()
    expect(() => aProvider({ ...NONE, caFiles: [path] })).toThrow('Give a file with a certificate')
  })
})
