import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPages } from '../../src/pages/pages.ts'
import { launchBrowser } from '../support/browser.ts'
import { somePagesSettings } from '../unit/pages/pages-fixture.ts'

const HOSTS = [
  'app.example.com',
  'wiki.acme-corp.example.com',
  'grafana.monitoring.eu-central.example.com',
  'a-long-name.of-a-department.in-a-company.eu-central.example.com',
]
const WIDTHS = [320, 390, 1280]

/** One host name on a page, line by line, and whether its container has room for it on one. */
interface Measured {
  readonly lines: readonly string[]
  readonly fits: boolean
}

/** Every page that shows a host. */
function pagesFor(host: string): Readonly<Record<string, string>> {
  const pages = createPages(somePagesSettings())
  const provider = { id: 'oidc', displayName: host }
  const view = { host }
  return {
    'sign-in': pages.signIn({ host, returnTo: '/', providers: [provider], passwordForm: true }).body,
    'signed out': pages.signedOut(view).body,
    'confirm sign-out': pages.confirmSignOut(view).body,
    'signed in': pages.signedIn(view).body,
    'form kept': pages.formReplay({ host, fields: [] }).body,
    'other host': pages.error({
      host,
      problem: {
        reason: 'state_mismatch',
        findings: [{ code: 'other_host', values: { from: host, to: 'a.example' } }],
      },
      requestId: 'r',
      returnTo: '/',
    }).body,
    'no access': pages.error({ host, problem: { reason: 'not_permitted' }, requestId: 'r', returnTo: '/' })
      .body,
  }
}

function measure(page: Page): Promise<readonly Measured[]> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll<HTMLElement>('.name'), (name) => {
      const lines: string[] = []
      let top = Number.NaN
      const texts = document.createTreeWalker(name, NodeFilter.SHOW_TEXT)
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        const text = node.textContent ?? ''
        for (let at = 0; at < text.length; at += 1) {
          const range = document.createRange()
          range.setStart(node, at)
          range.setEnd(node, at + 1)
          const rect = range.getBoundingClientRect()
          if (Math.abs(rect.top - top) > 2 || lines.length === 0) lines.push('')
          top = rect.top
          lines[lines.length - 1] += text[at] ?? ''
        }
      }
      const block = name.closest<HTMLElement>('h1, p, dd, .button')
      if (block === null) throw new Error('A host outside of a block')
      const { paddingLeft, paddingRight } = getComputedStyle(block)
      const room = block.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
      const ruler = document.createElement('span')
      ruler.textContent = name.textContent
      ruler.style.cssText = 'position: absolute; white-space: pre; overflow-wrap: normal; max-width: none'
      block.append(ruler)
      const { width } = ruler.getBoundingClientRect()
      ruler.remove()
      return { lines, fits: width <= room }
    }),
  )
}

describe('a host name', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  it.each(HOSTS)(
    'a host name stays in one piece where it fits and breaks after its dots where not: %s',
    async (host) => {
      const page = await browser.newPage()
      for (const [name, body] of Object.entries(pagesFor(host))) {
        await page.setContent(body)
        for (const width of WIDTHS) {
          const where = `${name} at ${width}`
          await page.setViewportSize({ width, height: 800 })
          const measured = await measure(page)
          expect(measured.length, where).toBeGreaterThan(0)
          for (const { lines, fits } of measured) {
            expect([host, 'a.example'], where).toContain(lines.join(''))
            if (fits) expect(lines, where).toHaveLength(1)
            for (const line of lines.slice(0, -1)) expect(line, where).toMatch(/\.$/u)
          }
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          expect(overflow, where).toBeLessThanOrEqual(0)
        }
      }
      await page.close()
    },
  )
})
