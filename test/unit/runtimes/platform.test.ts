import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openAesGcm } from '../../../runtimes/node/aes-gcm.ts'
import { createNodePlatform } from '../../../runtimes/node/platform.ts'
import { createWatcher } from '../../../runtimes/node/watch.ts'
import { toSink } from '../../support/log-sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'platform-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('watch', () => {
  it('watch() sees a file that is written, replaced or gone for a moment', async () => {
    const path = join(folder, 'emails')
    writeFileSync(path, 'a')
    const watcher = createWatcher(30)
    const seen: string[] = []
    watcher.watch({ path, onChange: (text) => void seen.push(text) })
    writeFileSync(path, 'bb')
    await expect.poll(() => seen.at(-1)).toBe('bb')
    rmSync(path)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen.at(-1)).toBe('bb')
    writeFileSync(`${path}.new`, 'ccc')
    renameSync(`${path}.new`, path)
    await expect.poll(() => seen.at(-1)).toBe('ccc')
    watcher.close()
    writeFileSync(path, 'dddd')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen.at(-1)).toBe('ccc')
  })

  it('watch() sees Kubernetes replace a ConfigMap by turning a link', async () => {
    const mount = join(folder, 'mount')
    for (const version of ['..1', '..2']) mkdirSync(join(mount, version), { recursive: true })
    writeFileSync(join(mount, '..1/emails'), 'old')
    writeFileSync(join(mount, '..2/emails'), 'new')
    symlinkSync('..1', join(mount, '..data'))
    symlinkSync('..data/emails', join(mount, 'emails'))
    const watcher = createWatcher(30)
    const seen: string[] = []
    watcher.watch({ path: join(mount, 'emails'), onChange: (text) => void seen.push(text) })
    symlinkSync('..2', join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    await expect.poll(() => seen).toEqual(['new'])
    watcher.close()
  })
})

describe('openAesGcm', () => {
  const key = randomBytes(32)
  const iv = randomBytes(12)
  const aad = Buffer.from('header')
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
  const sealed = Buffer.concat([cipher.update('secret'), cipher.final()])
  const tag = cipher.getAuthTag()

  it('openAesGcm() opens what fits and nothing else [CK-01 to CK-04]', () => {
    expect(Buffer.from(openAesGcm(key, iv, sealed, tag, aad) ?? []).toString()).toBe('secret')
    const flipped = Buffer.from(sealed)
    flipped[0] = (flipped[0] ?? 0) ^ 1
    expect(openAesGcm(key, iv, flipped, tag, aad)).toBeUndefined()
    expect(openAesGcm(randomBytes(32), iv, sealed, tag, aad)).toBeUndefined()
    expect(openAesGcm(key, iv, sealed, tag, Buffer.from('other'))).toBeUndefined()
    expect(openAesGcm(key, iv, sealed, tag.subarray(0, 12), aad)).toBeUndefined()
    expect(openAesGcm(key, iv.subarray(0, 0), sealed, tag, aad)).toBeUndefined()
    expect(openAesGcm(key.subarray(1), iv, sealed, tag, aad)).toBeUndefined()
  })
})

describe('the platform', () => {
  it('the Node platform lets work outlive its answer, and reports what fails there', async () => {
    const bugs: unknown[] = []
    const node = createNodePlatform({
      onBug: (bug) => void bugs.push(bug),
      sink: toSink(),
    })
    const env = { incoming: { rawHeaders: [], method: 'GET', url: '/' }, outgoing: {} }
    const request = node.platform.incomingRequest(new Request('http://a/'), env)
    let done = false
    const finish = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      done = true
    }
    request.waitUntil(finish())
    request.waitUntil(Promise.reject(new Error('broken')))
    await node.settled()
    expect(done).toBe(true)
    expect(bugs).toEqual([new Error('broken')])
  })

  it('the Node platform calls providers, also those that need no certificate', async () => {
    const server = createServer((incoming, outgoing) => {
      outgoing.setHeader('set-cookie', ['a=1', 'b=2'])
      incoming.pipe(outgoing.writeHead(201, { location: '/x' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    for (const insecureTls of [false, true]) {
      const trust = { insecureTls, caFiles: [], systemTrust: false }
      const { platform } = createNodePlatform({ trust, onBug: () => {}, sink: toSink() })
      const init = { method: 'POST', body: new URLSearchParams({ a: '1' }), redirect: 'manual' } as const
      const response = await platform.fetch(`http://127.0.0.1:${address.port}/`, init)
      expect([response.status, await response.text(), response.headers.get('location')]).toEqual([
        201,
        'a=1',
        '/x',
      ])
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    }
    server.close()
  })
})
