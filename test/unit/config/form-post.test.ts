import { describe, expect, it } from 'vitest'
import { isSameSite } from '../../../src/config/values/url.ts'
import { configOf, type Given, problemsOf, warningsOf } from './config-fixture.ts'

const formPost = (...args: readonly string[]): Given => ({
  args: ['--auth-request-response-mode=form_post', ...args],
})
const CROSS_SITE = '--redirect-url=https://app.company.example/oauth2/callback'
const SAME_SITE = [
  '--redirect-url=https://app.company.example/oauth2/callback',
  '--oidc-issuer-url=https://id.company.example',
]
const INSECURE = '--cookie-secure=false'

describe('with form_post the sign-in cookie', () => {
  it.each([
    ['nothing else is said', []],
    ['the session cookie is lax', ['--cookie-samesite=lax']],
    ['the session cookie is strict', ['--cookie-samesite=strict']],
    ['it is asked for', ['--cookie-csrf-samesite=none']],
  ])('the sign-in cookie with form_post is SameSite=None when %s', (_, args) => {
    const given = formPost(CROSS_SITE, ...args)
    const { cookie } = configOf(given)
    expect(cookie.csrf.sameSite).toBe('none')
    expect(cookie.sameSite).not.toBe('none')
    expect(warningsOf(given).join()).not.toMatch(/samesite/iu)
  })

  it.each(['lax', 'strict'])(
    'the sign-in cookie as %s is refused with form_post from another site',
    (value) => {
      expect(problemsOf(formPost(CROSS_SITE, `--cookie-csrf-samesite=${value}`))).toEqual([
        expect.stringMatching(/^--cookie-csrf-samesite: leave this out or set none: with form_post/u),
      ])
    },
  )

  it('the sign-in cookie without Secure is refused with form_post from another site', () => {
    expect(problemsOf(formPost(CROSS_SITE, INSECURE))).toEqual([
      expect.stringMatching(/^--auth-request-response-mode: remove this or set --cookie-secure=true/u),
    ])
    expect(
      problemsOf({
        args: [CROSS_SITE, INSECURE, '--provider=google', '--auth-request-response-mode=form_post'],
        env: { OAUTH2_PROXY_OIDC_ISSUER_URL: undefined },
      }),
    ).toHaveLength(1)
  })

  it.each([['--cookie-csrf-samesite=lax'], [INSECURE]])(
    'the sign-in cookie may be what it is with form_post from the same site and %s',
    (flag) => {
      const given = formPost(...SAME_SITE, flag)
      expect(configOf(given).cookie.csrf.sameSite ?? 'lax').toBe('lax')
      expect(warningsOf(given).join()).not.toContain('form_post')
    },
  )

  it.each([['--cookie-csrf-samesite=lax'], [INSECURE]])(
    'the sign-in cookie is a warning with form_post from an unknown site and %s',
    (flag) => {
      expect(warningsOf(formPost(flag)).join()).toContain('with form_post the answer is a POST')
    },
  )
})

it('the sign-in cookie is as it was without form_post', () => {
  expect(configOf({ args: ['--cookie-samesite=strict'] }).cookie.csrf.sameSite).toBe('lax')
  expect(configOf({ args: ['--auth-request-response-mode=query'] }).cookie.csrf.sameSite).toBeUndefined()
})

it.each(['fragment', 'jwt', 'query.jwt', 'form_post.jwt', 'web_message'])(
  'auth-request-response-mode=%s is refused, its answers cannot be read',
  (mode) => {
    expect(problemsOf({ args: [`--auth-request-response-mode=${mode}`] })).toEqual([
      `--auth-request-response-mode: give query or form_post, an answer by "${mode}" cannot be read`,
    ])
  },
)

it.each([
  ['https://a.example.com', 'https://b.example.com/x', true],
  ['https://example.com', 'https://id.example.com:8443', true],
  ['http://a.example.com', 'https://a.example.com', false],
  ['https://a.example.com', 'https://a.example.org', false],
  ['https://a.co.uk', 'https://b.co.uk', false],
  ['https://x.a.co.uk', 'https://y.a.co.uk', true],
  ['http://127.0.0.1:9000', 'http://127.0.0.1:4180', true],
  ['http://127.0.0.1', 'http://127.1.0.1', false],
  ['http://localhost:9000', 'http://127.0.0.1:9000', false],
  ['http://[::1]:1', 'http://[::1]:2', true],
])('isSameSite() takes %s and %s as one site: %s', (left, right, same) => {
  expect(isSameSite(left, right)).toBe(same)
})
