import { describe, expect, it } from 'vitest'
import { isLoopbackUrl } from '../../../src/config/values/url.ts'
import type { Facts } from '../../../src/http/exchange.ts'
import { createSite } from '../../../src/http/site.ts'
import { isLoopback } from '../../../src/lib/loopback.ts'
import { createProviderClient } from '../../../src/providers/http/client.ts'

const LOOPBACK = ['localhost', 'app.localhost', 'a.b.localhost', '127.0.0.1', '127.255.0.3', '[::1]']
const ELSEWHERE = [
  'localhost.example.com',
  'notlocalhost',
  '.localhost',
  '127.0.0.1.example.com',
  'example.com',
  '10.0.0.1',
  '128.0.0.1',
  '0.0.0.0',
  '[::2]',
  '[::ffff:7f00:1]',
  '',
]

describe('a host name that cannot leave this machine', () => {
  it.each(LOOPBACK)('isLoopback() is true for %s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  it.each(ELSEWHERE)('isLoopback() is false for %j', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

describe('one rule on loopback holds everywhere', () => {
  it.each(LOOPBACK)('plain http to %s is no warning of the configuration', (host) => {
    expect(isLoopbackUrl(`http://${host}:8080/x`)).toBe(true)
  })

  it.each(LOOPBACK)('a page of http://%s is of the site that is https there', (host) => {
    const facts = { originHeader: `http://${host}:81`, origin: `https://${host}:81`, host: `${host}:81` }
    const site = createSite({ redirectUrl: undefined, cookieDomains: [], whitelistDomains: [] })
    // The other facts are not looked at.
    expect(site.isFromOwnPage({ ...facts, scheme: 'http' } as Facts)).toBe(true)
  })

  it.each(LOOPBACK)('an issuer on http://localhost may have its keys at http://%s', async (host) => {
    const platform = { fetch: async () => new Response('{}') }
    const operatorUrls = ['http://localhost:9000']
    const { request } = createProviderClient({ platform, operatorUrls, timeoutMs: 1_000 })
    expect((await request(`http://${host}:9001/keys`, { endpoint: 'keys' })).ok).toBe(true)
  })
})
