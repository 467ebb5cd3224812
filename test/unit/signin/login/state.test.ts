import { expect, it } from 'vitest'
import { utf8 } from '../../../../src/lib/bytes.ts'
import { decodeLoginState, encodeLoginState, type LoginState } from '../../../../src/signin/login/state.ts'

const LOGIN: LoginState = {
  id: new Uint8Array(16).fill(1),
  proof: new Uint8Array(16).fill(2),
  startedAtMs: 1_767_600_000_123,
  expiresAtMs: 1_767_600_900_000,
  restarts: 1,
  turns: 2,
  session: 'key',
  client: new Uint8Array(12).fill(3),
  provider: 'oidc',
  host: 'a.example',
  target: { form: 'plain', bytes: utf8('/a?b=c#ü') },
}

/** Version 3, byte for byte. Never to be recorded again. */
const RECORDED = [
  '03', // version
  '01', // started over once
  '02', // turns
  '03', // a session under another key
  '00', // the target as it is
  '01'.repeat(16),
  '02'.repeat(16),
  '695b7304', // end
  '019b8d2b8c7b', // start
  '03'.repeat(12), // client
  '04', // length of the provider's id
  '09', // length of the host
  '6f696463', // oidc
  '612e6578616d706c65', // a.example
  '2f613f623d6323c3bc', // return target
].join('')

const decode = (hex: string) => decodeLoginState(new Uint8Array(Buffer.from(hex, 'hex')))

it('a login has exactly this form: a change to it raises the version', () => {
  expect(Buffer.from(encodeLoginState(LOGIN)).toString('hex')).toBe(RECORDED)
})

it('a recorded login can be finished, and one comes back as it was', () => {
  expect(decode(RECORDED)).toEqual(LOGIN)
  const target = { form: 'cookie', bytes: new Uint8Array(0) } as const
  const bare: LoginState = { ...LOGIN, host: undefined, session: 'none', target }
  expect(decodeLoginState(encodeLoginState(bare))).toEqual(bare)
})

it.each([
  ['nothing', ''],
  ['another version', `01${RECORDED.slice(2)}`],
  ['the state of a logout', `02${RECORDED.slice(2)}`],
  ['a head that is cut off', RECORDED.slice(0, 120)],
])('a sealed login is refused: %s', (_, hex) => {
  expect(decode(hex)).toBeUndefined()
})
