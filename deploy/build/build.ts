import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { defineBcryptThread } from './bcrypt-thread.ts'

const ROOT = join(import.meta.dirname, '../..')

// One file that needs no node_modules. Libraries that ask for `require` at run time get one made for this file.
const OUTPUT = join(ROOT, 'dist/sidegate.mjs')
const BANNER = `#!/usr/bin/env node
import { createRequire as sidegateCreateRequire } from 'node:module'
const require = sidegateCreateRequire(import.meta.url)`

await rm(OUTPUT, { force: true })
const result = await build({
  entryPoints: [join(ROOT, 'runtimes/node.ts')],
  outfile: OUTPUT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Names stay readable in stack traces; white space goes.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  legalComments: 'eof',
  banner: { js: BANNER },
  define: await defineBcryptThread(),
  metafile: true,
  // The image is built without the type checker's files, and must come out the same.
  tsconfigRaw: {},
  logLevel: 'warning',
})
await chmod(OUTPUT, 0o755)
const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
console.log(`dist/sidegate.mjs: ${Math.round(bytes / 1024)} KiB`)
