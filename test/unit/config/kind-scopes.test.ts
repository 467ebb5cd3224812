import { expect, test } from 'vitest'
import { configOf } from './config-fixture.ts'

const AT_BITBUCKET = ['--provider=bitbucket', '--oidc-issuer-url=']

test.each([
  ['nothing of its own', [], 'email'],
  ['a workspace', ['--bitbucket-team=acme'], 'email account'],
  [
    'a workspace and a repository',
    ['--bitbucket-team=acme', '--bitbucket-repository=acme/app'],
    'email account repository',
  ],
  [
    'a scope of the operator that has one of them',
    ['--scope=account email', '--bitbucket-team=acme'],
    'account email',
  ],
])('the scopes that the options of a kind need are asked for: %s', (_, args, scope) => {
  expect(configOf({ args: [...AT_BITBUCKET, ...args] }).providers[0]?.scope).toBe(scope)
})
