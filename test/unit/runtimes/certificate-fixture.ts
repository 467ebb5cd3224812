import { execFileSync } from 'node:child_process'

/** Writes a certificate that nobody has signed, and its key. */
export function makeCertificate(name: string, files: { certFile: string; keyFile: string }): void {
  const options = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ]
  execFileSync(
    'openssl',
    [
      ...options,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      files.keyFile,
      '-out',
      files.certFile,
    ],
    {
      stdio: 'ignore',
    },
  )
}
