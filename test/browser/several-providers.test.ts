import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPort } from '../../deploy/demo/listen.ts'
import { launchBrowser } from '../support/browser.ts'
import { createFakeProvider } from '../support/fake-provider.ts'
import { type Served, serve } from '../support/served.ts'
import { severalFile } from '../support/several.ts'

const ends: (() => Promise<unknown>)[] = []
let browser: Browser
let gate: Served
let url = ''

/** Two providers on ports of their own, and the program in front of a page that is always there. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sidegate-several-'))
  ends.push(() => rm(folder, { recursive: true }))
  const [work, partners] = await Promise.all([createFakeProvider(), createFakeProvider()])
  partners.user = { sub: 'pat', email: 'pat@partner.test', email_verified: true }
  const port = await findPort(0)
  for (const provider of [work, partners]) {
    const { close } = await provider.listen()
    ends.push(close)
  }
  const file = severalFile({
    work: ['domains: [example.com]'],
    more: 'options: { email_domains: ["*"], cookie_secure: false, cookie_secret: $SECRET }\n',
  })
    .replace('127.0.0.1:4180', `127.0.0.1:${port}`)
    .replace('https://partners.test', partners.origin)
    .replace("uri: 'http://127.0.0.1:8080'", 'static: true')
  await writeFile(join(folder, 'gate.yaml'), file)
  gate = await serve({
    command: process.execPath,
    args: ['runtimes/node.ts', `--alpha-config=${join(folder, 'gate.yaml')}`],
    cwd: join(import.meta.dirname, '../..'),
    env: {
      OP: work.origin,
      CLIENT_ID: work.client.id,
      CLIENT_SECRET: work.client.secret,
      SECRET: 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
    },
  })
  ends.push(() => gate.stop())
  url = `http://127.0.0.1:${port}`
  browser = await launchBrowser()
  ends.push(() => browser.close())
})

afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

test('an e-mail address that is entered leads to its provider and on to the app, over the policy of the page and without a script', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  const visited: string[] = []
  page.on('request', (request) => visited.push(request.url()))
  await page.goto(`${url}/deep`)
  await page.getByLabel('E-mail address').fill('alice@example.com')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${url}/deep`)
  expect(visited.some((each) => each.includes('/authorize?') && each.includes('login_hint=alice'))).toBe(true)
  expect(visited.some((each) => each.startsWith(`${url}/oauth2/callback/work?`))).toBe(true)
  expect(await page.textContent('body')).toContain('Authenticated')
  await context.close()
})

test('the provider that a browser signed in at last is the first button of the next sign-in', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const names = () => page.getByRole('link', { name: /^Sign in with/u }).allTextContents()
  await page.goto(`${url}/oauth2/sign_in?rd=%2Fdeep`)
  expect(await names()).toEqual(['Sign in with Work', 'Sign in with Partners'])
  await page.getByRole('link', { name: 'Sign in with Partners' }).click()
  await page.waitForURL(`${url}/deep`)
  await context.clearCookies({ name: '_oauth2_proxy' })
  await page.goto(`${url}/oauth2/sign_in?rd=%2Fdeep`)
  expect(await names()).toEqual(['Sign in with Partners', 'Sign in with Work'])
  await context.close()
})
