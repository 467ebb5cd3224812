import { getCiphers } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { parseCipherSuite } from '../../../src/config/values/cipher-suites.ts'
import { configOf, problemsOf, warningsOf } from './config-fixture.ts'

const files = { '/cert': '-----BEGIN CERTIFICATE-----\n', '/key': '-----BEGIN PRIVATE KEY-----\n' }
const given = (...suites: readonly string[]) => ({
  args: [
    '--tls-cert-file=/cert',
    '--tls-key-file=/key',
    ...suites.map((name) => `--tls-cipher-suite=${name}`),
  ],
  files,
})

// The names that crypto/tls of Go 1.26 has, secure and insecure.
const GO = `TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_RSA_WITH_RC4_128_SHA
  TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA
  TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256`.split(/\s+/u)

describe('the cipher suites of the TLS listener', () => {
  it.each(GO)('the cipher suite %s of Go is known, and its name in OpenSSL is one', (name) => {
    const suite = parseCipherSuite(name)
    expect(suite.ok).toBe(true)
    const openssl = suite.ok ? suite.value.openssl : undefined
    const isGone = /RC4|3DES/u.test(name)
    expect(openssl === undefined).toBe(isGone)
    if (openssl !== undefined) expect(getCiphers()).toContain(openssl.toLowerCase())
  })

  it('cipher suites are handed on by their names in OpenSSL', () => {
    const suites = [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
    ]
    expect(configOf(given(...suites)).listen.https).toMatchObject({
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA',
      minVersion: 'TLSv1.2',
    })
    expect(warningsOf(given(...suites)).join()).toContain('"TLS_RSA_WITH_AES_128_CBC_SHA", it is weak')
  })

  it('cipher suites that leave nothing to TLS 1.2 leave TLS 1.3', () => {
    expect(configOf(given('TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_RC4_128_SHA')).listen.https).toMatchObject({
      ciphers: undefined,
      minVersion: 'TLSv1.3',
    })
  })

  it('a cipher suite that is not known stops the start with the nearest one', () => {
    expect(problemsOf(given('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA'))).toEqual([
      expect.stringMatching(
        /not "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA"; did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM/u,
      ),
    ])
  })

  it('cipher suites are refused on Deno, whose TLS has a fixed choice', () => {
    const problems = problemsOf({ ...given('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'), runtime: 'deno' })
    expect(problems).toEqual([expect.stringContaining('its TLS has a fixed choice of cipher suites')])
  })
})
