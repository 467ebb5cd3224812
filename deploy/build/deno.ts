import { rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { defineBcryptThread } from './bcrypt-thread.ts'

const ROOT = join(import.meta.dirname, '../..')

// One file that needs no node_modules, for `deno run` and for `deno compile`, which puts it into the binary as it is.
const OUTPUT = join(ROOT, 'dist/sidegate-deno.mjs')
// Libraries that ask for `require` at run time (the Redis client) get one made for this file.
const BANNER = `import { createRequire as sidegateCreateRequire } from 'node:module'
import process from 'node:process'
const require = sidegateCreateRequire(import.meta.url)`

/** Deno knows Node's modules by their full names only. */
const fullNames: Plugin = {
  name: 'full names',
  setup(building) {
    building.onResolve({ filter: /^[a-z_]+(?:[/][a-z]+)*$/ }, ({ path }) =>
      isBuiltin(path) ? { path: `node:${path}`, external: true } : undefined,
    )
  },
}

/** Bundles the Deno door into one file and says how many bytes it has. */
export async function buildDeno(outfile: string): Promise<number> {
  await rm(outfile, { force: true })
  const { metafile } = await build({
    entryPoints: [join(ROOT, 'runtimes/deno.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    minify: true,
    legalComments: 'eof',
    banner: { js: BANNER },
    define: await defineBcryptThread({ plugins: [fullNames] }),
    plugins: [fullNames],
    alias: { debug: join(import.meta.dirname, 'quiet.cjs') },
    metafile: true,
    tsconfigRaw: {},
    logLevel: 'warning',
  })
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0)
}

if (import.meta.main) {
  const [, , outfile = OUTPUT] = process.argv
  const bytes = await buildDeno(outfile)
  console.log(`${outfile}: ${Math.round(bytes / 1024)} KiB`)
}
