import { expect, test } from 'vitest'
import { LOCAL_USER, signIn, targetSeenByApp, useStack } from './browser-fixture.ts'

const stack = useStack()
const DEEP = '/reports/7?from=//host/x&up=/a/../b&q=%2F%20+&empty='

async function visit(path?: string) {
  const context = await stack.visitor()
  const page = await context.newPage()
  const answer = await page.goto(stack.url(path))
  return { context, page, answer }
}

test('a visitor signs in and the app knows who it is', async () => {
  const { page, answer } = await visit()
  expect(answer?.status()).toBe(200)
  await signIn(page)
  expect(page.url()).toBe(stack.url('/'))
  expect(await page.locator('#user').textContent()).toBe('alice@example.com')
  const groups = page.getByRole('row', { name: 'X-Forwarded-Groups' }).getByRole('cell')
  expect(await groups.textContent()).toBe('staff,admins')
})

test('a deep link survives with // and /../ in its query, and its fragment', async () => {
  const { page } = await visit(`${DEEP}#chapter=2&line=10`)
  await signIn(page)
  expect(page.url()).toBe(stack.url(`${DEEP}#chapter=2&line=10`))
  expect(await targetSeenByApp(page)).toBe(DEEP)
  expect(await page.locator('#hash').textContent()).toBe('#chapter=2&line=10')
})

test('a sign-in without scripts loses nothing but the fragment', async () => {
  const page = await (await stack.visitor({ javaScriptEnabled: false })).newPage()
  await page.goto(stack.url(`${DEEP}#chapter`))
  await signIn(page)
  expect(await targetSeenByApp(page)).toBe(DEEP)
})

test('a sign-in needs nothing but the keyboard', async () => {
  const { page } = await visit('/keys')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Sign in with Demo provider')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${stack.issuer}/**`)
  // The field takes the focus when the page is drawn, which on a busy machine is after it has loaded.
  await page.locator('input:focus').waitFor()
  for (const key of ['alice', 'Tab', 'demo', 'Enter']) {
    if (key === 'Tab' || key === 'Enter') await page.keyboard.press(key)
    else await page.keyboard.type(key)
  }
  await page.waitForURL(stack.url('/keys'))
})

test('a callback that fails is left for a page whose reload offers to sign in again', async () => {
  const { page } = await visit('/oauth2/callback?code=spent&state=x')
  expect(await page.getByRole('heading').textContent()).toBe('Sign-in failed')
  expect(new URL(page.url()).pathname).toBe('/oauth2/sign_in')
  await page.reload()
  await signIn(page)
  expect(await page.locator('#user').textContent()).toBe('alice@example.com')
})

test("Sidegate's pages run under their own policy without a complaint of the browser", async () => {
  const complaints: string[] = []
  const page = await (await stack.visitor()).newPage()
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(stack.url('/#fragment'))
  const link = page.getByRole('link', { name: 'Sign in with Demo provider' })
  expect(new URL(await link.evaluate((a: HTMLAnchorElement) => a.href)).searchParams.get('rd')).toBe(
    '/#fragment',
  )
  // The style sheet applies: its hash in the policy fits.
  expect(await link.evaluate((a) => getComputedStyle(a).display)).toBe('flex')
  expect(complaints).toEqual([])
})

test('a local user signs in with a password, and learns when it was wrong', async () => {
  const { page } = await visit('/local?a=b#here')
  await page.getByLabel('User name').fill(LOCAL_USER.name)
  await page.getByLabel('Password').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  expect(await page.getByRole('alert').textContent()).toBe('The user name or the password is wrong.')
  const password = page.getByLabel('Password')
  expect(await password.evaluate((field) => field === document.activeElement)).toBe(true)
  expect(await password.getAttribute('aria-invalid')).toBe('true')
  expect(await page.locator('form [role=alert]').count()).toBe(1)
  await page.getByLabel('User name').fill(LOCAL_USER.name)
  await page.getByLabel('Password').fill(LOCAL_USER.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(stack.url('/local?a=b#here'))
})

test('an account that may not enter learns who it is, and gets in with another', async () => {
  const { page } = await visit('/wanted?x=1')
  await signIn(page, 'carol')
  expect(await page.getByRole('heading').textContent()).toBe('No access')
  // Local users are another way in, so there is something to choose.
  await page.getByRole('link', { name: 'Use another account' }).click()
  await signIn(page, 'bob')
  expect(await page.locator('#user').textContent()).toBe('bob@example.com')
  expect(page.url()).toBe(stack.url('/wanted?x=1'))
})
