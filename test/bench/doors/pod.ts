import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const DOCKERFILE = resolve(import.meta.dirname, '../../../Dockerfile')

/** What a small pod is given (deploy/kubernetes): the limits that a sidecar has to live within. */
export const SMALL_POD = { memoryMiB: 128, millicores: 200 }

/** What Node takes for its old generation by itself when a pod has 128 MiB: half of it. Here is no pod, so it is told. */
const HEAP_LIMIT = '--max-old-space-size=64'

/** The flags that Node runs with in a small pod: those that the image sets, read from where they are written, and its limit. */
export function podFlags(): readonly string[] {
  return [
    ...setting(/NODE_OPTIONS="?((?:--[\w=-]+ ?)+)/u)
      .trim()
      .split(' '),
    HEAP_LIMIT,
  ]
}

/** The variables of the image that change what a process takes. */
export function podVariables(): Readonly<Record<string, string>> {
  return { NODE_ENV: 'production', MALLOC_ARENA_MAX: setting(/MALLOC_ARENA_MAX=(\d+)/u) }
}

function setting(pattern: RegExp): string {
  const found = pattern.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1]
  if (found === undefined) throw new Error(`The Dockerfile does not set ${pattern.source.split('=')[0]}`)
  return found
}
