import { ensureProgram } from './program.ts'

/** Path of the Chromium to test with: `CHROMIUM_PATH`, an installed one, or the Debian package, which is then installed. */
export function ensureChromium(): string {
  return ensureProgram({
    name: 'chromium',
    variable: 'CHROMIUM_PATH',
    places: [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
      '/usr/bin/google-chrome-stable',
    ],
    // Without a font there is nothing to see, and nothing that could be too wide.
    packages: ['chromium', 'fonts-dejavu-core'],
  })
}
