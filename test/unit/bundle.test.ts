import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker } from '../support/workerd.ts'

let text = ''

beforeAll(async () => {
  text = await bundleWorker()
}, 60_000)

describe('what is deployed to Cloudflare', () => {
  it("the Worker's bundle is the whole program", () => {
    expect(text).toContain('SidegateState')
    expect(text).toContain('oauth2-proxy')
  })

  it("the Worker's bundle is small", () => {
    expect(gzipSync(text).length).toBeLessThan(160_000)
  })

  it("the Worker's bundle needs no module of Node", () => {
    expect(text.match(/["'`]node:|\bprocess\.|\bBuffer\b|\brequire\(["'`]/gu)).toBeNull()
  })

  it("the Worker's bundle has no bcrypt, since there is no htpasswd file", () => {
    expect(text).not.toContain('./ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  })
})
