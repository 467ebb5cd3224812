import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { enterAtProvider, signIn, useStack } from './browser-fixture.ts'

const stack = useStack()
const NOTE = 'grüße, "a" & <b> + 100 %'

/** A person whose session ended while they were writing, and who presses "Post" all the same. */
async function postLate(context: BrowserContext, note: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(stack.url())
  await signIn(page)
  await page.locator('#user').waitFor()
  await context.clearCookies()
  await page.getByLabel('Note').fill(note)
  await page.getByRole('button', { name: 'Post' }).click()
  return page
}

/** Follows the link that opens another tab, and closes that tab once it says so. */
async function signInAside(context: BrowserContext, page: Page): Promise<void> {
  const opened = context.waitForEvent('page')
  await page.getByRole('link', { name: 'Sign in in a new tab' }).click()
  const aside = await opened
  await aside.getByRole('link', { name: 'Sign in with Demo provider' }).click()
  await aside.waitForURL(/interaction|signed_in/u)
  if (aside.url().includes('interaction')) await enterAtProvider(aside)
  await aside.getByRole('heading', { name: 'You are signed in' }).waitFor()
  expect(await aside.evaluate(() => window.opener)).toBeNull()
  await aside.close()
}

test.each([true, false])(
  'a form that was sent too late is sent after all (scripts: %s)',
  async (javaScriptEnabled) => {
    const context = await stack.visitor({ javaScriptEnabled })
    const page = await postLate(context, NOTE)
    await page.getByRole('heading', { name: 'Your form was not sent yet' }).waitFor()
    await signInAside(context, page)
    await page.getByRole('button', { name: 'Then send the form again' }).click()
    await page.locator('b').waitFor()
    expect(await page.locator('b').textContent()).toBe(NOTE)
  },
)

test('a form that is too long to be kept is sent again by the browser itself', async () => {
  const context = await stack.visitor()
  const note = 'word '.repeat(5_000)
  const page = await postLate(context, note)
  await page.getByRole('heading', { name: 'Your form was not sent' }).waitFor()
  await signInAside(context, page)
  await page.reload()
  await page.locator('b').waitFor()
  expect(await page.locator('b').textContent()).toHaveLength(note.length)
})
