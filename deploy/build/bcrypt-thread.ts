import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

const ENTRY = join(import.meta.dirname, '../../runtimes/node/bcrypt-thread.ts')

/**
 * The program of the bcrypt thread as text, which stands in the bundle and is evaluated in a thread: no second file, and
 * on Deno no permission to read one.
 */
export async function defineBcryptThread(options: BuildOptions = {}): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    tsconfigRaw: {},
    logLevel: 'warning',
  })
  return { SIDEGATE_BCRYPT_THREAD: JSON.stringify(outputFiles?.[0]?.text ?? '') }
}
