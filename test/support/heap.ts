import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// V8's own function, which takes nothing and returns nothing.
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of the heap that are still in use after everything that is not was collected. */
export async function heapBytes(): Promise<number> {
  // What stands for something native is let go a turn after it was found to be garbage.
  for (let turn = 0; turn < 4; turn += 1) {
    collectGarbage()
    await setImmediate()
  }
  return process.memoryUsage().heapUsed
}
