import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccent } from '../../src/pages/accent.ts'
import type { Page as Document } from '../../src/pages/layout.ts'
import { createPages } from '../../src/pages/pages.ts'
import type { Problem } from '../../src/problems.ts'
import { launchBrowser } from '../support/browser.ts'
import { somePagesSettings } from '../unit/pages/pages-fixture.ts'

const SCREENSHOTS = join(import.meta.dirname, 'screenshots')
const SIZES = { desktop: { width: 1100, height: 750 }, phone: { width: 375, height: 740 } }
const ADDRESS = 'http://gate.test/'

const LOOP: Problem = {
  reason: 'sign_in_loop',
  findings: [
    { code: 'session_not_sent', values: { host: 'wiki.example.com' } },
    { code: 'header_large', values: { bytes: '9123' } },
  ],
}

/** Pages with an accent that is hard to read on the ground of one scheme, by name. */
async function branded(accent: string): Promise<Readonly<Record<string, Document>>> {
  const settings = somePagesSettings()
  const pages = createPages(
    {
      ...settings,
      pages: { ...settings.pages, appName: 'Acme Wiki', contact: 'https://help.example.com/it' },
    },
    await createAccent(accent),
  )
  const host = 'wiki.example.com'
  const error = (problem: Problem, account?: string) =>
    pages.error({ problem, host, account, requestId: '2fbdc4e3-3018-447e', returnTo: '/' })
  return {
    'sign-in': pages.signIn({
      host,
      returnTo: '/',
      providers: [
        { id: 'oidc', displayName: 'id.example.com' },
        { id: 'github', displayName: 'GitHub' },
      ],
      passwordForm: true,
    }),
    'no-access': error({ reason: 'not_permitted' }, 'carol@example.com'),
    loop: error(LOOP),
    'target-lost': pages.signedIn({ host, targetLost: true }),
  }
}

describe.each([
  ['light', '#ffd400'],
  ['dark', '#0b3d2e'],
] as const)('the pages in %s with the accent %s', (colorScheme, accent) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  it('every page passes axe, fits a phone, and breaks no rule of its own policy', async () => {
    const context = await browser.newContext({ colorScheme })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => void complaints.push(message.text()))
    for (const [name, { body, csp }] of Object.entries(await branded(accent))) {
      await page.route(`${ADDRESS}**`, (route) =>
        route.request().url() === ADDRESS
          ? route.fulfill({ body, contentType: 'text/html', headers: { 'content-security-policy': csp } })
          : route.fulfill({ body: '', contentType: 'text/javascript' }),
      )
      await page.goto(ADDRESS)
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport)
        await page.screenshot({ path: join(SCREENSHOTS, `branded-${name}-${size}-${colorScheme}.png`) })
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(overflow, name).toBeLessThanOrEqual(0)
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ help, nodes }) => `${help}: ${nodes.map(({ html }) => html).join(' ')}`),
          name,
        ).toEqual([])
      }
      await page.unroute(`${ADDRESS}**`)
    }
    expect(complaints).toEqual([])
    await context.close()
  })
})
