import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const DOCKERFILE = resolve(import.meta.dirname, '../../../Dockerfile')

/** What Node takes for its old generation by itself when a pod has 128 MiB: half of it. Here is no pod, so it is told. */
const HEAP_LIMIT = '--max-old-space-size=64'

/** The flags that Node runs with in a small pod: those that the image sets, read from where they are written, and its limit. */
export function podFlags(): readonly string[] {
  const [, flags] = /NODE_OPTIONS="?((?:--[\w=-]+ ?)+)/u.exec(readFileSync(DOCKERFILE, 'utf8')) ?? []
  if (flags === undefined) throw new Error('The Dockerfile does not set NODE_OPTIONS')
  return [...flags.trim().split(' '), HEAP_LIMIT]
}
