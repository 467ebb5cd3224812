import { expect, test } from 'vitest'
import { containProvider } from '../../../src/providers/contain.ts'
import { aSession } from '../../support/session.ts'
import { aBench, verdictOf } from './providers-fixture.ts'

test('an exception while an answer is read is that provider’s misbehaviour, and the log has it', async () => {
  const { provider } = await aBench()
  const lines: unknown[] = []
  const broken = {
    ...provider,
    refresh: () => Promise.reject(new RangeError('Maximum call stack size exceeded')),
    validate: () => {
      throw new TypeError('not a function')
    },
  }
  const contained = containProvider(broken, { line: (...line) => void lines.push(line) })
  expect(verdictOf(await contained.refresh(aSession()))).toBe('provider_misbehaved/unreadable')
  expect(verdictOf(await contained.validate(aSession()))).toBe('provider_misbehaved/unreadable')
  expect(lines).toEqual([
    [
      'error',
      'An answer of the provider could not be read',
      { provider: 'oidc', step: 'refresh', why: 'RangeError: Maximum call stack size exceeded' },
    ],
    [
      'error',
      'An answer of the provider could not be read',
      { provider: 'oidc', step: 'validate', why: 'TypeError: not a function' },
    ],
  ])
})
