// `npm ci` links the commands of dependencies but not the package's own; after this, `npx sidegate` works in a clone.
import { rmSync, symlinkSync } from 'node:fs'

const link = new URL('../../node_modules/.bin/sidegate', import.meta.url)
rmSync(link, { force: true })
symlinkSync('../../runtimes/node/bin.mjs', link)
