import { expect, it } from 'vitest'
import { signIn, useStack } from './browser-fixture.ts'

// Gate and provider are two sites here: localhost and 127.0.0.1.
const stack = useStack(['--auth-request-response-mode=form_post', '--cookie-secure=true'])

it('a person signs in at a provider on another site that answers by form_post', async () => {
  const page = await (await stack.visitor()).newPage()
  await page.goto(stack.url('/inbox'))
  await signIn(page)
  await page.waitForURL(stack.url('/inbox'))
  expect(await page.locator('#user').textContent()).toBe('alice@example.com')
})
