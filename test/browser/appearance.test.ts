import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { LOCAL_USER, signIn, useStack } from './browser-fixture.ts'

const stack = useStack()
const SCREENSHOTS = join(import.meta.dirname, 'screenshots')
const SIZES = { desktop: { width: 1100, height: 750 }, phone: { width: 375, height: 740 } }

/** How to get to each of our pages, and its heading. */
const PAGES: Readonly<Record<string, { heading: RegExp; open: (page: Page) => Promise<unknown> }>> = {
  'sign-in': { heading: /^Sign in to localhost/u, open: (page) => page.goto(stack.url()) },
  'sign-in-failed': {
    heading: /^Sign in to localhost/u,
    async open(page) {
      await page.goto(stack.url())
      await page.getByLabel('User name').fill(LOCAL_USER.name)
      await page.getByLabel('Password').fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
    },
  },
  refused: {
    heading: /^No access$/u,
    async open(page) {
      await page.goto(stack.url())
      await signIn(page, 'carol')
      await page.getByText('carol@example.com').waitFor()
    },
  },
  'app-unavailable': {
    heading: /^The application is not available$/u,
    async open(page) {
      await page.goto(stack.url(stack.deadPath))
      await signIn(page)
      await page.getByText('502').waitFor()
    },
  },
  'form-kept': {
    heading: /^Your form was not sent yet$/u,
    async open(page) {
      await openSignedIn(page)
      await postWithoutSession(page, 'a few words')
      await page.getByRole('button', { name: 'Then send the form again' }).waitFor()
    },
  },
  'form-not-sent': {
    heading: /^Your form was not sent$/u,
    async open(page) {
      await openSignedIn(page)
      await postWithoutSession(page, 'word '.repeat(5_000))
      await page.getByText('401').waitFor()
    },
  },
  'signed-in': {
    heading: /^You are signed in$/u,
    async open(page) {
      await openSignedIn(page)
      await page.goto(stack.url('/oauth2/signed_in'))
    },
  },
  'confirm-sign-out': {
    heading: /^Sign out of localhost/u,
    async open(page) {
      await page.goto(stack.url())
      await signIn(page)
      await page.locator('#user').waitFor()
      // The question is for links on other sites.
      await page.goto(`${stack.issuer}/.well-known/openid-configuration`)
      await page.evaluate((url) => location.assign(url), stack.url('/oauth2/sign_out'))
      await page.getByRole('heading', { name: 'Sign out of localhost' }).waitFor()
    },
  },
  'signed-out': {
    heading: /^You are signed out$/u,
    async open(page) {
      await page.goto(stack.url())
      await signIn(page)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Yes, sign out here too' }).click()
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    },
  },
}

async function openSignedIn(page: Page): Promise<void> {
  await page.goto(stack.url())
  await signIn(page)
  await page.locator('#user').waitFor()
}

async function postWithoutSession(page: Page, note: string): Promise<void> {
  await page.context().clearCookies()
  await page.getByLabel('Note').fill(note)
  await page.getByRole('button', { name: 'Post' }).click()
}

describe.each(['light', 'dark'] as const)('the pages in %s', (colorScheme) => {
  test.each(Object.entries(PAGES))(
    'the page %s has nothing that axe objects to, and fits a phone',
    async (name, { heading, open }) => {
      const page = await (await stack.visitor({ colorScheme, viewport: SIZES.desktop })).newPage()
      await open(page)
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(heading)
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport)
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) })
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0)
        const { passes, violations } = await new AxeBuilder({ page }).analyze()
        // axe leaves rules out that it cannot apply: the one about contrast must have seen text.
        expect(passes.map(({ id }) => id)).toContain('color-contrast')
        expect(
          violations.map(({ help, nodes }) => `${help}: ${nodes.map(({ html }) => html).join(' ')}`),
        ).toEqual([])
      }
    },
  )
})
