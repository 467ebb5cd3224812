import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from 'bcryptjs'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Demo, startDemo } from '../../deploy/demo/demo.ts'
import { findPort } from '../../deploy/demo/listen.ts'
import { launchBrowser } from '../support/browser.ts'

/** The local user that every stack knows beside the provider's accounts. */
export const LOCAL_USER = { name: 'dora', password: 'local demo' }

/** The real thing: provider, app and gate on free ports, and a browser to visit them with. */
export interface Stack {
  /** Absolute address at the gate. */
  url(path?: string): string
  readonly issuer: string
  /** A path below which no app listens. */
  readonly deadPath: string
  /** A new visitor with an empty cookie jar. */
  visitor(options?: BrowserContextOptions): Promise<BrowserContext>
}

/** Runs the demo for the tests of one file; prints what the gate wrote when one of them fails. */
export function useStack(flags: readonly string[] = []): Stack {
  let running: { demo: Demo; browser: Browser; folder: string } | undefined
  const output: string[] = []
  const contexts: BrowserContext[] = []
  const now = () => {
    if (running === undefined) throw new TypeError('The stack runs only while tests do')
    return running
  }

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sidegate-browser-'))
    const ports = { gate: 0, app: 0, provider: 0 }
    const onOutput = (text: string) => void output.push(text)
    const all = [...(await localUserFlags(folder)), ...(await deadAppFlags()), ...flags]
    const [demo, browser] = await Promise.all([
      startDemo({ ports, flags: all, onOutput }),
      launchBrowser(),
    ]).catch((error) => {
      throw new Error(`${error}\n${output.join('')}`)
    })
    running = { demo, browser, folder }
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(output.join(''))
    output.length = 0
    await Promise.all(contexts.splice(0).map((context) => context.close()))
  })
  afterAll(async () => {
    if (running === undefined) return
    await Promise.all([running.browser.close(), running.demo.stop()])
    await rm(running.folder, { recursive: true })
  })

  return {
    url: (path = '/') => now().demo.url + path,
    get issuer() {
      return now().demo.issuer
    },
    deadPath: '/dead/',
    async visitor(options) {
      const context = await now().browser.newContext(options)
      context.setDefaultTimeout(10_000)
      contexts.push(context)
      return context
    },
  }
}

async function localUserFlags(folder: string): Promise<readonly string[]> {
  const file = join(folder, 'htpasswd')
  await writeFile(file, `${LOCAL_USER.name}:${await hash(LOCAL_USER.password, 4)}\n`)
  return [`--htpasswd-file=${file}`, '--htpasswd-user-group=staff']
}

async function deadAppFlags(): Promise<readonly string[]> {
  return [`--upstream=http://127.0.0.1:${await findPort(0)}/dead/`]
}

/** From our sign-in page through the provider's form, back to wherever the sign-in returns to. */
export async function signIn(page: Page, user = 'alice'): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with Demo provider' }).click()
  await enterAtProvider(page, user)
}

/** Fills the provider's form. */
export async function enterAtProvider(page: Page, user = 'alice'): Promise<void> {
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill('demo')
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** What the app says it was asked for: path and query, byte for byte. */
export function targetSeenByApp(page: Page): Promise<string | null> {
  return page.locator('#target').textContent()
}
