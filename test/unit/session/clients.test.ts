import { expect, it } from 'vitest'
import { toClientFingerprints } from '../../../src/session/clients.ts'
import { CLIENT } from '../../support/session.ts'

const OIDC = {
  id: 'oidc',
  kind: 'oidc',
  issuer: 'https://op.example.com',
  loginUrl: undefined,
  clientId: 'client-1',
}

async function fingerprintOf(change: Partial<{ [Name in keyof typeof OIDC]: string | undefined }>) {
  const provider = { ...OIDC, ...change } as typeof OIDC
  return (await toClientFingerprints([provider])).get(provider.id)
}

it('the fingerprint of a client is the start of SHA-256 over issuer and client id', async () => {
  expect(await fingerprintOf({})).toBe(CLIENT)
})

it.each([
  ['another client id', { clientId: 'client-2' }],
  ['another issuer', { issuer: 'https://op.example.com/' }],
  ['no issuer', { issuer: undefined }],
  ['issuer and client id cut elsewhere [CK-50]', { issuer: 'https://op.example.comc', clientId: 'lient-1' }],
])('the fingerprint of a client is another with %s', async (_, change) => {
  expect(await fingerprintOf(change)).not.toBe(CLIENT)
})

it('the fingerprint of a client without an issuer follows its login URL, and its kind without either', async () => {
  const github = { kind: 'github', issuer: undefined }
  const fingerprints = await Promise.all(
    [{}, { loginUrl: 'https://git.example/login' }, { kind: 'gitea' }].map((more) =>
      fingerprintOf({ ...github, ...more }),
    ),
  )
  expect(new Set(fingerprints).size).toBe(3)
})

it('the fingerprint of a client does not depend on its id, its name there, or the other providers', async () => {
  const others = await toClientFingerprints([
    { ...OIDC, id: 'b', clientId: 'client-2' },
    { ...OIDC, id: 'a' },
  ])
  expect(others.get('a')).toBe(CLIENT)
  expect([...others.keys()]).toEqual(['b', 'a'])
})
