import { type FSWatcher, readFileSync, statSync, watch as watchFolder } from 'node:fs'
import { dirname } from 'node:path'
import type { WatchedFile } from '../../src/platform.ts'

/** Watches text files. */
export type Watch = (file: WatchedFile) => void

/** Watches that can be ended, for tests and for the shutdown. */
export interface Watcher {
  readonly watch: Watch
  close(): void
}

/** Pause after a change. Editors and mounted ConfigMaps change a folder in several steps; the last one counts. */
const SETTLE_MS = 50

/**
 * Watches files by their folder and by looking at them now and then. Kubernetes replaces a mounted ConfigMap by turning
 * a symbolic link, which the file itself never notices; the folder often does, and the second look always.
 */
export function createWatcher(pollMs = 5000): Watcher {
  const closers: (() => void)[] = []
  const watch = ({ path, onChange }: WatchedFile): void => {
    let seen = fingerprint(path)
    const look = (): void => {
      const now = fingerprint(path)
      if (now === undefined || now === seen) return
      seen = now
      const text = read(path)
      if (text !== undefined) void onChange(text)
    }
    let settling: NodeJS.Timeout | undefined
    const folder = openFolder(dirname(path), () => {
      clearTimeout(settling)
      settling = setTimeout(look, SETTLE_MS).unref()
    })
    const poll = setInterval(look, pollMs).unref()
    closers.push(() => {
      folder?.close()
      clearInterval(poll)
      clearTimeout(settling)
    })
  }
  return {
    watch,
    close: () => {
      for (const close of closers.splice(0)) close()
    },
  }
}

/**
 * Fingerprint of a file; undefined while it is missing, as it is for a moment when it is replaced: what was read last
 * stays.
 */
function fingerprint(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}`
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Watches a folder; undefined where that cannot be done (network mounts, too many watches): then only the second look
 * sees.
 */
function openFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watchFolder(folder, { persistent: false }, onEvent)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
