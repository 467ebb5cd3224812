import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { signIn, useStack } from './browser-fixture.ts'

const LIFETIME_MS = 6000
const stack = useStack([`--cookie-expire=${LIFETIME_MS}ms`, '--cookie-refresh=0'])

async function signedInPage() {
  const context = await stack.visitor()
  const page = await context.newPage()
  await page.goto(stack.url())
  await signIn(page)
  await page.locator('#user').waitFor()
  return { context, page }
}

test('WebSocket, server-sent events, fetch and form posts work through the gate', async () => {
  const { page } = await signedInPage()
  await page.locator('#echo', { hasText: 'connected' }).waitFor()
  await page.getByLabel('Text to echo').fill('grüße ✓')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('#echo', { hasText: 'grüße ✓' }).waitFor()
  await page.locator('#clock', { hasText: /^\d\d:\d\d:\d\d$/u }).waitFor()
  await page.getByRole('button', { name: 'Call /api/time' }).click()
  await page.locator('#answer', { hasText: /^\d{4}-/u }).waitFor()
  await page.getByLabel('Note').fill('a & b <c>')
  await page.getByRole('button', { name: 'Post' }).click()
  expect(await page.locator('b').textContent()).toBe('a & b <c>')
})

test('a session that ends while the page is open: fetch gets 401 as JSON, the WebSocket is cut, a visit asks again', async () => {
  const { page } = await signedInPage()
  await page.locator('#echo', { hasText: 'connected' }).waitFor()
  await sleep(LIFETIME_MS)
  await page.getByRole('button', { name: 'Call /api/time' }).click()
  await page.locator('#answer', { hasText: 'Session ended (sign_in_required)' }).waitFor()
  await page.locator('#echo', { hasText: 'closed' }).waitFor()
  await page.reload()
  expect(await page.getByRole('heading').textContent()).toContain('Sign in to')
})

test('a WebSocket without a session is refused with 401', async () => {
  const socket = new WebSocket(stack.url('/echo').replace('http', 'ws'))
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
    socket.on('open', () => resolve('open'))
    socket.on('error', (error) => resolve(error.message))
  })
  socket.terminate()
  expect(status).toBe(401)
})

test("a page of another origin cannot open a WebSocket with Sidegate's cookies", async () => {
  const { context } = await signedInPage()
  const cookies = await context.cookies(stack.url())
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const open = (origin: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(stack.url('/echo').replace('http', 'ws'), { headers: { cookie, origin } })
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
      socket.on('open', () => {
        socket.close()
        resolve('open')
      })
      socket.on('error', (error) => resolve(error.message))
    })
  expect(await open('https://evil.example')).toBe(403)
  expect(await open(stack.url('').replace(/\/$/u, ''))).toBe('open')
})

test('sign-out ends the session here and at the provider', async () => {
  const { context, page } = await signedInPage()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Yes, sign out here too' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  expect((await context.cookies(stack.url())).map(({ name }) => name)).toEqual([])
  await page.goto(stack.url())
  await page.getByRole('link', { name: 'Sign in with Demo provider' }).click()
  // The provider asks again, so its session is over too.
  await page.getByLabel('Password').waitFor()
})

test('a link on another site asks first: one answer stays, the other signs out here and at the provider', async () => {
  const { page } = await signedInPage()
  const followForeignLink = async () => {
    await page.goto(`${stack.issuer}/.well-known/openid-configuration`)
    await page.evaluate((url) => location.assign(url), stack.url('/oauth2/sign_out'))
    await page.getByRole('heading', { name: 'Sign out of localhost' }).waitFor()
  }
  await followForeignLink()
  await page.getByRole('link', { name: 'Stay signed in' }).click()
  expect(await page.locator('#user').textContent()).toBe('alice@example.com')
  await followForeignLink()
  await page.getByRole('button', { name: 'Sign out' }).click()
  // A policy of our page that names only ourselves would stop the browser here.
  await page.getByRole('heading', { name: 'Sign out of the demo provider?' }).waitFor()
})

test('a person who was refused can sign out too', async () => {
  const page = await (await stack.visitor()).newPage()
  await page.goto(stack.url())
  await signIn(page, 'carol')
  await page.getByRole('button', { name: 'Sign out' }).click()
  // Nothing was left to end, so the start page asks who is there.
  await page.getByRole('link', { name: 'Sign in with Demo provider' }).waitFor()
})
