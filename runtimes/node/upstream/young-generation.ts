import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of content after which the young generation is swept: a sweep takes under a millisecond. */
const SWEEP_EVERY = 8 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let passed = 0
let collect: Collect | undefined

/**
 * Counts content that passes through. To the collector a chunk is a tiny object with 64 KiB outside its heap, and it
 * lets 64 MiB of them pile up before it looks: half of the memory that a sidecar may use. Sweeping the young ones now
 * and then keeps a gigabyte flat, and costs less than it saves.
 */
export function notePassed(bytes: number): void {
  passed += bytes
  if (passed < SWEEP_EVERY) return
  passed = 0
  collect ??= findCollector()
  collect({ type: 'minor' })
}

/** Finds V8's collector, which it hides; a runtime that has none goes on as it is. */
function findCollector(): Collect {
  try {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    // A function of V8's own; its options are described beside the flag.
    if (typeof found === 'function') return found as Collect
  } catch {
    // Deno does not provide flags.
  }
  return () => {}
}
