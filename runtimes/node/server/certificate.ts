import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { ListenConfig } from '../../../src/config/sections/listen.ts'
import type { Secret } from '../../../src/config/values/header-rows.ts'
import type { Watch } from '../watch.ts'

/** PEM certificate chain and private key of a TLS listener. */
export interface CertificateOptions {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly ciphers?: string
  readonly ALPNProtocols: string[]
}

/** The certificate of a listener, which may be replaced on disk at run time. */
export interface Certificate {
  /** Reads both files; throws when they are missing or do not fit each other. */
  read(): CertificateOptions
  /** Calls back with each new pair that fits; one that does not is reported and the old one stays. */
  follow(watch: Watch, onChange: (next: CertificateOptions) => void, onBug: (error: unknown) => void): void
}

/** Reads certificate and key as configured: from files, or from the configuration itself. */
export function createCertificate(https: NonNullable<ListenConfig['https']>): Certificate {
  const { minVersion, ciphers } = https
  const suites = ciphers === undefined ? {} : { ciphers }
  const read = (): CertificateOptions => {
    const cert = textOf(https.cert)
    const key = textOf(https.key)
    createSecureContext({ cert, key, ...suites })
    return { cert, key, minVersion, ...suites, ALPNProtocols: ['http/1.1'] }
  }
  return {
    read,
    follow: (watch, onChange, onBug) => {
      const reload = (): void => {
        try {
          onChange(read())
        } catch (error) {
          // Two files are never replaced in one step; the second change brings the pair that fits.
          onBug(error)
        }
      }
      for (const source of [https.cert, https.key]) {
        if ('file' in source) watch({ path: source.file, onChange: reload })
      }
    },
  }
}

function textOf(source: Secret): string {
  return 'file' in source ? readFileSync(source.file, 'utf8') : source.value
}
