import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext } from 'playwright-core'
import { expect, test } from 'vitest'
import { signIn, useStack } from './browser-fixture.ts'

const DUE_MS = 3000
const stack = useStack([`--cookie-refresh=${DUE_MS}ms`])

/** What fifty programs that copied the cookies of this moment are answered at once. */
async function askFiftyTimes(context: BrowserContext): Promise<readonly number[]> {
  const cookies = await context.cookies(stack.url())
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const ask = () => fetch(stack.url('/api/time'), { headers: { cookie } }).then(({ status }) => status)
  return [...new Set(await Promise.all(Array.from({ length: 50 }, ask)))]
}

test('a provider that revokes everything when a refresh token comes twice never sees one twice', async () => {
  const context = await stack.visitor()
  const page = await context.newPage()
  await page.goto(stack.url())
  await signIn(page)
  await page.locator('#user').waitFor()
  for (let round = 0; round < 3; round += 1) {
    const before = (await context.cookies(stack.url())).map(({ value }) => value).join()
    await sleep(DUE_MS + 200)
    expect(await askFiftyTimes(context)).toEqual([200])
    // The browser itself comes last, with the cookie that all of them had.
    await page.reload()
    expect(await page.locator('#user').textContent()).toBe('alice@example.com')
    expect((await context.cookies(stack.url())).map(({ value }) => value).join()).not.toBe(before)
  }
})
