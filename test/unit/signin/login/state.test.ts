import { expect, it } from 'vitest'
import { decodeLoginState, encodeLoginState, type LoginState } from '../../../../src/signin/login/state.ts'

const FLOW: LoginState = {
  id: new Uint8Array(16).fill(1),
  proof: new Uint8Array(16).fill(2),
  expiresAtMs: 1_767_600_900_000,
  restarts: 1,
  client: new Uint8Array(12).fill(3),
  provider: 'oidc',
  returnTo: '/a?b=c#ü',
}

/** Version 3, byte for byte. Never to be recorded again. */
const RECORDED = [
  '03', // version
  '01', // started over once
  '01'.repeat(16),
  '02'.repeat(16),
  '695b7304', // end
  '03'.repeat(12), // client
  '04',
  '6f696463', // oidc
  '2f613f623d6323c3bc', // return target
].join('')

it('a sealed login has exactly this form; a change of it raises the version', () => {
  expect(Buffer.from(encodeLoginState(FLOW)).toString('hex')).toBe(RECORDED)
})

it('a recorded sign-in can be finished', () => {
  expect(decodeLoginState(new Uint8Array(Buffer.from(RECORDED, 'hex')))).toEqual(FLOW)
})

it.each([
  ['nothing', ''],
  ['another version', `01${RECORDED.slice(2)}`],
  ['the state of a logout', `02${RECORDED.slice(2)}`],
  ['a head that is cut off', RECORDED.slice(0, 100)],
])('a sealed login is refused: %s', (_, hex) => {
  expect(decodeLoginState(new Uint8Array(Buffer.from(hex, 'hex')))).toBeUndefined()
})
