import { expect, it } from 'vitest'
import type { Exchange, Facts } from '../../../src/http/exchange.ts'
import { toHttps } from '../../../src/http/force-https.ts'

const TLS = { cert: { file: 'c' }, key: { file: 'k' }, minVersion: 'TLSv1.2', ciphers: undefined } as const

function plain(host: string, scheme: Facts['scheme'] = 'http'): Exchange {
  // Only these members are read.
  return { facts: { host, scheme }, target: { raw: '/a?b=//c' } } as Exchange
}

it.each([
  ['app.example.com', undefined, 'https://app.example.com/a?b=//c'],
  ['app.example.com:8080', undefined, 'https://app.example.com/a?b=//c'],
  ['app.example.com:8080', 8443, 'https://app.example.com:8443/a?b=//c'],
  ['app.example.com', 8443, 'https://app.example.com/a?b=//c'],
  ['[::1]:80', 8443, 'https://[::1]:8443/a?b=//c'],
])('force-https sends %s, with TLS on port %s, to %s', (host, port, location) => {
  const https = port === undefined ? undefined : { ...TLS, address: { kind: 'tcp', host: '', port } as const }
  expect(toHttps(plain(host), { https })).toBe(location)
})

it('force-https leaves https alone', () => {
  expect(toHttps(plain('app.example.com', 'https'), { https: undefined })).toBeUndefined()
})
