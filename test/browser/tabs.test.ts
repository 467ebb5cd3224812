import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { enterAtProvider, targetSeenByApp, useStack } from './browser-fixture.ts'

const stack = useStack()

/** Opens tabs of one browser and brings each of them to the provider's form before any goes on. */
async function tabsAtProvider(count: number): Promise<readonly Page[]> {
  const context = await stack.visitor()
  const pages: Page[] = []
  for (let tab = 0; tab < count; tab += 1) {
    const page = await context.newPage()
    await page.goto(stack.url(`/tab/${tab}?keep=//${tab}`))
    await page.getByRole('link', { name: 'Sign in with Demo provider' }).click()
    await page.getByLabel('User name').waitFor()
    pages.push(page)
  }
  return pages
}

async function finish(pages: readonly Page[], order: readonly number[]): Promise<readonly (string | null)[]> {
  for (const tab of order) {
    const page = pages[tab]
    if (page === undefined) throw new TypeError('no such tab')
    await enterAtProvider(page)
    await page.locator('#target').waitFor()
  }
  return Promise.all(pages.map(targetSeenByApp))
}

const expected = (count: number) => Array.from({ length: count }, (_, tab) => `/tab/${tab}?keep=//${tab}`)

test.each([[[0, 1]], [[1, 0]]])('two tabs that sign in at once finish in the order %j', async (order) => {
  expect(await finish(await tabsAtProvider(2), order)).toEqual(expected(2))
})

test('five tabs that sign in at once all finish, in any order', async () => {
  expect(await finish(await tabsAtProvider(5), [3, 0, 4, 2, 1])).toEqual(expected(5))
})

test('tabs that never finish leave two small cookies behind, however many they are', async () => {
  const pages = await tabsAtProvider(5)
  const cookies = (await pages[0]?.context().cookies(stack.url())) ?? []
  expect(cookies.map(({ name }) => name).filter((name) => name.endsWith('_csrf'))).toHaveLength(2)
})

test('a tab that was opened before the sign-in works after it', async () => {
  const context = await stack.visitor()
  const [early, late] = [await context.newPage(), await context.newPage()]
  await early.goto(stack.url('/early'))
  await late.goto(stack.url('/late'))
  await late.getByRole('link', { name: 'Sign in with Demo provider' }).click()
  await enterAtProvider(late)
  await late.locator('#target').waitFor()
  await early.reload()
  expect(await targetSeenByApp(early)).toBe('/early')
})
