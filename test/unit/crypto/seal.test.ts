import { CompactEncrypt, CompactSign, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyRing, type KeyPurpose, type KeyRing, lengthPrefixed } from '../../../src/crypto/keys.ts'
import { open, seal, sealedLength } from '../../../src/crypto/seal.ts'
import { toBase64Url, utf8 } from '../../../src/lib/bytes.ts'
import { fastestOf } from '../../support/timing.ts'
import { DEPLOYMENT, OTHER_SECRET, openAesGcm, SECRET } from '../session/refresh-fixture.ts'

const BYTES = utf8('who is asking')

function aRing(
  given: { secrets?: Uint8Array[]; deployment?: string; purpose?: KeyPurpose } = {},
): Promise<KeyRing> {
  return createKeyRing({ secrets: [SECRET], deployment: DEPLOYMENT, purpose: 'session', ...given })
}

/** What became of a token. */
async function outcome(ring: KeyRing, token: string): Promise<string> {
  const opened = await open(ring, token)
  return opened.ok ? 'opened' : opened.problem
}

function withPart(token: string, index: number, change: (part: string) => string): string {
  return token
    .split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.')
}

/** The same text with one character, and so some bits, changed. */
function flipped(part: string): string {
  return (part.startsWith('A') ? 'B' : 'A') + part.slice(1)
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(atob(token.split('.')[0] ?? ''))
}

describe.each([
  ['WebCrypto', undefined],
  ['the synchronous AES-GCM of Node', openAesGcm],
])('a sealed token, opened by %s', (_, lent) => {
  const ringOf = (secrets = [SECRET]) =>
    createKeyRing({ secrets, deployment: DEPLOYMENT, purpose: 'session', openAesGcm: lent })

  it('a sealed token opens to the bytes that went in', async () => {
    const ring = await ringOf()
    const opened = await open(ring, await seal(ring, BYTES))
    expect(opened.ok && new TextDecoder().decode(opened.value.bytes)).toBe('who is asking')
    expect(opened.ok && opened.value.current).toBe(true)
  })

  it('a sealed token has the length that was foretold', async () => {
    const ring = await ringOf()
    for (const length of [0, 1, 2, 3, 4, 1000, 1001]) {
      expect((await seal(ring, new Uint8Array(length))).length).toBe(sealedLength(ring, length))
    }
  })

  it('a sealed token is refused when any bit of it changed [CK-01, CK-02]', async () => {
    const ring = await ringOf()
    const token = await seal(ring, BYTES)
    for (const index of [2, 3, 4]) expect(await outcome(ring, withPart(token, index, flipped))).toBe('key')
    expect(await outcome(ring, withPart(token, 0, flipped))).toBe('key')
  })

  it.each<[string, (token: string) => string]>([
    ['a tag of 12 bytes (CK-03)', (token) => withPart(token, 4, (tag) => tag.slice(0, 16))],
    ['an IV of 8 bytes (CK-04)', (token) => withPart(token, 2, (iv) => iv.slice(0, 11))],
    ['its last character gone (CK-05)', (token) => token.slice(0, -1)],
    ['its last five characters gone', (token) => token.slice(0, -5)],
    ['half of it gone', (token) => token.slice(0, token.length / 2)],
    ['an encrypted key (CK-19)', (token) => withPart(token, 1, () => 'eA')],
    ['six parts', (token) => `${token}.x`],
    ['padding', (token) => `${token}==`],
    ['a line break', (token) => `${token}\n`],
    ['no ciphertext', (token) => withPart(token, 3, () => '')],
  ])('a sealed token is refused with %s', async (_name, change) => {
    const ring = await ringOf()
    expect(await outcome(ring, change(await seal(ring, BYTES)))).toBe('format')
  })

  it.each(['', '....', 'a.b.c', 'null', '{}', '[]', '.', 'a'.repeat(100_000), '.'.repeat(40_000)])(
    'a text that is no sealed token is refused: %.20j [CK-06]',
    async (text) => expect(await outcome(await ringOf(), text)).toBe('format'),
  )

  it('a sealed token is not looked into when no cookies could hold it [CK-41]', async () => {
    const ring = await ringOf()
    const long = withPart(await seal(ring, BYTES), 3, () => 'A'.repeat(40_000))
    expect(await outcome(ring, long)).toBe('format')
    expect(
      await outcome(
        ring,
        withPart(long, 3, () => 'A'.repeat(30_000)),
      ),
    ).toBe('key')
  })

  it('a sealed token is the same under another last character with the same bits: no key for lists [CK-27]', async () => {
    const ring = await ringOf()
    const token = await seal(ring, BYTES)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) ?? '')
    const twin = token.slice(0, -1) + alphabet[last + 1]
    expect(twin).not.toBe(token)
    expect(await outcome(ring, twin)).toBe('opened')
  })

  it('a sealed token opens under a key that no longer seals, and asks to be sealed again [CK-51]', async () => {
    const token = await seal(await ringOf(), BYTES)
    const opened = await open(await ringOf([OTHER_SECRET, SECRET]), token)
    expect(opened.ok && opened.value.current).toBe(false)
    expect(await outcome(await ringOf([OTHER_SECRET]), token)).toBe('key')
  })
})

describe('the header', () => {
  it('the header of a token is fixed: four members in one order', async () => {
    const token = await seal(await aRing(), BYTES)
    expect(Object.keys(headerOf(token))).toEqual(['alg', 'enc', 'typ', 'kid'])
    expect(headerOf(token)).toMatchObject({ alg: 'dir', enc: 'A256GCM', typ: 'sg-session' })
  })

  /** Tokens of somebody who has the real key and still must not get in. */
  async function minted(header: Record<string, unknown>, key?: Uint8Array): Promise<string> {
    const { sealing } = await aRing()
    const complete = { ...sealing.header, ...header }
    return new CompactEncrypt(BYTES).setProtectedHeader(complete).encrypt(key ?? sealing.cryptoKey)
  }

  it.each<[string, Record<string, unknown>]>([
    ['zip (CK-15)', { zip: 'DEF' }],
    ['another type (CK-20)', { typ: 'sg-transaction' }],
    ['no type', { typ: undefined }],
    ['an unknown key id (CK-18)', { kid: "' OR 1=1" }],
    ['a path as key id', { kid: '../../etc/passwd' }],
    ['a long key id', { kid: 'x'.repeat(10_000) }],
    ['a key of its own', { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['an address of keys', { jku: 'http://127.0.0.1:9200/', x5u: 'http://127.0.0.1:9200/' }],
  ])('a token whose header has %s does not open', async (_, header) => {
    expect(await outcome(await aRing(), await minted(header))).toBe('key')
  })

  it.each(['A256KW', 'A256GCMKW'])('a token whose header has alg %s does not open [CK-12]', async (alg) => {
    const { sealing } = await aRing()
    expect(await outcome(await aRing(), await minted({ alg }, sealing.bytes))).toBe('format')
  })

  it('a token whose header names another content encryption does not open [CK-13]', async () => {
    const { sealing } = await aRing()
    const ring = await aRing()
    expect(await outcome(ring, await minted({ enc: 'A128CBC-HS256' }, sealing.bytes))).toBe('format')
    expect(await outcome(ring, await minted({ enc: 'A128GCM' }, sealing.bytes.slice(0, 16)))).toBe('key')
  })

  it('a token whose header is written in another order does not open [CK-08]', async () => {
    const { sealing } = await aRing()
    const { kid, typ, enc, alg } = sealing.header
    const token = await new CompactEncrypt(BYTES)
      .setProtectedHeader({ kid, typ, enc, alg })
      .encrypt(sealing.cryptoKey)
    expect(await outcome(await aRing(), token)).toBe('key')
  })

  it('a token with another header put in front afterwards does not open', async () => {
    const ring = await aRing()
    const token = await seal(ring, BYTES)
    for (const header of [
      { alg: 'none', enc: 'A256GCM' },
      { ...ring.sealing.header, crit: ['x'] },
    ]) {
      const segment = toBase64Url(utf8(JSON.stringify(header)))
      expect(
        await outcome(
          ring,
          withPart(token, 0, () => segment),
        ),
      ).toBe('key')
    }
  })

  it('a token whose header asks for two thousand million rounds costs nothing [CK-14]', async () => {
    const ring = await aRing()
    const bomb = toBase64Url(utf8('{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2s":"AA","p2c":2000000000}'))
    const token = `${bomb}.eA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`
    expect(await outcome(ring, token)).toBe('format')
    expect(await fastestOf(5, () => outcome(ring, token))).toBeLessThan(50)
  })
})

describe('a token of another kind', () => {
  it('a token that is no JWE does not open: JWS and unsigned tokens [CK-09, CK-11, CK-23]', async () => {
    const ring = await aRing()
    const unsigned = new UnsecuredJWT({ sub: 'admin', exp: 9e9 }).encode()
    const signed = await new CompactSign(BYTES).setProtectedHeader({ alg: 'HS256' }).sign(SECRET)
    expect(await outcome(ring, unsigned)).toBe('format')
    expect(await outcome(ring, signed)).toBe('format')
  })
})

describe('a key ring', () => {
  it.each([
    ['another secret (CK-07)', { secrets: [OTHER_SECRET] }],
    ['another purpose (CK-20, 21)', { purpose: 'transaction' as const }],
    ['another deployment with the same secret (CK-22)', { deployment: lengthPrefixed(['client-2']) }],
  ])('a key ring of %s opens no token of this one', async (_, other) => {
    const token = await seal(await aRing(other), BYTES)
    expect(await outcome(await aRing(), token)).toBe('key')
  })

  it('a key ring is the same in every process that has the secret', async () => {
    const [one, two] = await Promise.all([aRing(), aRing()])
    expect(two.sealing.segment).toBe(one.sealing.segment)
    expect(await outcome(two, await seal(one, BYTES))).toBe('opened')
  })

  it('a key ring names deployments so that no two can be confused [CK-50]', () => {
    expect(lengthPrefixed(['s', '_csrfX'])).not.toBe(lengthPrefixed(['s_csrf', 'X']))
    expect(lengthPrefixed(['a', 'b'])).not.toBe(lengthPrefixed(['ab']))
    expect(lengthPrefixed(['1:a'])).not.toBe(lengthPrefixed(['', 'a']))
  })

  it('a key ring changes its keys while in use', async () => {
    const ring = await aRing()
    const old = await seal(ring, BYTES)
    await ring.replace([OTHER_SECRET, SECRET])
    expect(ring.generation).toBe(1)
    const fresh = await seal(ring, BYTES)
    expect(await outcome(ring, old)).toBe('opened')
    expect(await outcome(ring, fresh)).toBe('opened')
    await ring.replace([OTHER_SECRET])
    expect(await outcome(ring, old)).toBe('key')
    expect(await outcome(ring, fresh)).toBe('opened')
  })

  it('a key ring keeps the later of two changes in a row', async () => {
    const ring = await aRing()
    const first = ring.replace([SECRET])
    const second = ring.replace([OTHER_SECRET])
    await Promise.all([first, second])
    expect(ring.sealing.segment).toBe((await aRing({ secrets: [OTHER_SECRET] })).sealing.segment)
  })

  it('a key ring cannot be empty', async () => {
    await expect(aRing({ secrets: [] })).rejects.toThrow(TypeError)
  })
})

it('seal() never uses an initialisation vector twice in ten thousand tokens [CK-52]', async () => {
  const ring = await aRing()
  const vectors = new Set<string>()
  for (let at = 0; at < 10_000; at += 1) vectors.add((await seal(ring, BYTES)).split('.')[2] ?? '')
  expect(vectors.size).toBe(10_000)
}, 30_000)
