import { type Browser, chromium } from 'playwright-core'
import { ensureChromium } from '../tools/chromium.ts'

// No sandbox: tests run as root in containers, and visit only this machine.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts Chromium without a window and with a fresh profile; every context of it is a new visitor. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: ensureChromium(), headless: true, args: FLAGS, timeout: 30_000 })
}
