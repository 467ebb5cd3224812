import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

// `wrangler.toml` runs this and uploads what it made: the program, and beside it what is loaded by need.
const FOLDER = join(ROOT, 'dist/worker')

/** An `about` of a row of options, as a literal; the formatter puts it on one line or on the next. */
const ABOUT = /\babout:\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`),/gu

/** Leaves out what `--help` says of each option: a Worker has no command line, and it is a tenth of the program. */
const withoutCommandLine: Plugin = {
  name: 'without command line',
  setup(building) {
    building.onLoad(
      { filter: /[/]src[/](?:config[/]sections|providers[/]kinds)[/].*\.ts$/ },
      async ({ path }) => {
        const contents = (await readFile(path, 'utf8')).replace(ABOUT, "about: '',")
        return { contents, loader: 'ts' }
      },
    )
    building.onLoad({ filter: /[/]src[/]config[/]help\.ts$/ }, () => ({
      contents: "export const renderHelp = () => ''",
      loader: 'ts',
    }))
  },
}

/** Of package.json the program knows its version. */
const versionOnly: Plugin = {
  name: 'version only',
  setup(building) {
    building.onLoad({ filter: /[/]package\.json$/, namespace: 'file' }, async ({ path }) => {
      if (path !== join(ROOT, 'package.json')) return undefined
      const { version }: { version: string } = JSON.parse(await readFile(path, 'utf8'))
      return { contents: JSON.stringify({ version }), loader: 'json' }
    })
  },
}

/** Bundles the Worker into a folder, the program as `worker.js`, and says how many bytes that one has. */
export async function buildWorker(folder: string): Promise<number> {
  await rm(folder, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { worker: join(ROOT, 'runtimes/worker.ts') },
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    minify: true,
    legalComments: 'none',
    sourcemap: true,
    plugins: [withoutCommandLine, versionOnly],
    metafile: true,
    tsconfigRaw: {},
    logLevel: 'warning',
  })
  const program = Object.entries(metafile.outputs).find(([path]) => path.endsWith('/worker.js'))
  return program?.[1].bytes ?? 0
}

if (import.meta.main) {
  const bytes = await buildWorker(FOLDER)
  console.log(`dist/worker/worker.js: ${Math.round(bytes / 1024)} KiB`)
}
