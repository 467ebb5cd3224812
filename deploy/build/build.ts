import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { defineBcryptThread } from './bcrypt-thread.ts'

const ROOT = join(import.meta.dirname, '../..')

// A program that needs no node_modules: what every deployment runs is one file, and what only some do (Redis) lies in
// `chunks/` beside it, since source text takes memory and time to read. Libraries that ask for `require` at run time get
// one made for their file.
const FOLDER = join(ROOT, 'dist')
const PROGRAM = join(FOLDER, 'sidegate.mjs')
const CHUNKS = join(FOLDER, 'chunks')
const BANNER = `#!/usr/bin/env node
import { createRequire as sidegateCreateRequire } from 'node:module'
const require = sidegateCreateRequire(import.meta.url)`

await rm(PROGRAM, { force: true })
await rm(CHUNKS, { recursive: true, force: true })
const result = await build({
  entryPoints: { sidegate: join(ROOT, 'runtimes/node.ts') },
  outdir: FOLDER,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
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
await chmod(PROGRAM, 0o755)
const sizes = Object.entries(result.metafile.outputs).map(([path, { bytes }]) => ({ path, bytes }))
const program = sizes.filter(({ path }) => path.endsWith('sidegate.mjs'))
console.log(`dist/sidegate.mjs: ${kib(program)} KiB, of ${kib(sizes)} KiB with what is read by need`)

function kib(files: readonly { readonly bytes: number }[]): number {
  return Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024)
}
