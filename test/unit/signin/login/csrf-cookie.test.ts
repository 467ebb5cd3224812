import { expect, it } from 'vitest'
import { compileSignInNames } from '../../../../src/signin/login/csrf-cookie.ts'

it.each([
  ['_csrf', true],
  ['_a1B2-_c3_csrf', true],
  ['_toolong12_csrf', false],
  ['', false],
  ['_0', false],
  ['_csrfx', false],
  ['x_csrf', false],
])('the cookie of a login with the suffix %j is recognised: %s', (suffix, isOurs) => {
  const recognises = compileSignInNames('_o.p')
  expect(recognises(`_o.p${suffix}`)).toBe(isOurs)
  expect(recognises(`_oXp${suffix}`)).toBe(false)
})
