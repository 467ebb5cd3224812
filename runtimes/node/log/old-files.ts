import { createReadStream, createWriteStream } from 'node:fs'
import { chown, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { LogFileConfig } from '../../../src/config/sections/log/file.ts'

/** Old log files beside the current one, named as lumberjack names them: `name-2006-01-02T15-04-05.000.ext`. */
export interface OldFiles {
  /** Name for the current file once it is old. */
  nameAt(ms: number): string
  /** Deletes old files that are too many or too old, and compresses the rest where that is asked for. */
  tidy(nowMs: number): Promise<void>
}

interface OldFile {
  readonly path: string
  /** Path without the ending of a compressed file: both may be there when a compression was interrupted. */
  readonly plainPath: string
  readonly atMs: number
}

const COMPRESSED = '.gz'

/** Creates the keeper of a log file's predecessors. */
export function createOldFiles({ path, maxAgeMs, maxBackups, compress, utc }: LogFileConfig): OldFiles {
  const folder = dirname(path)
  const { stem, extension } = split(basename(path))

  async function list(): Promise<readonly OldFile[]> {
    const entries = await readdir(folder, { withFileTypes: true })
    const found = entries
      .filter((entry) => !entry.isDirectory())
      .flatMap(({ name }) => {
        const plain = name.endsWith(extension + COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name
        const isOld = plain.startsWith(`${stem}-`) && plain.endsWith(extension)
        const time = isOld ? plain.slice(stem.length + 1, plain.length - extension.length) : ''
        const atMs = fromName(time, utc)
        return atMs === undefined ? [] : [{ path: join(folder, name), plainPath: join(folder, plain), atMs }]
      })
    return found.sort((left, right) => right.atMs - left.atMs)
  }

  return {
    nameAt: (ms) => join(folder, `${stem}-${toName(ms, utc)}${extension}`),
    async tidy(nowMs) {
      if (maxAgeMs === undefined && maxBackups === undefined && !compress) return
      const files = await list()
      const kept = new Set([...new Set(files.map(({ plainPath }) => plainPath))].slice(0, maxBackups))
      const stays = ({ plainPath, atMs }: OldFile): boolean =>
        kept.has(plainPath) && (maxAgeMs === undefined || atMs >= nowMs - maxAgeMs)
      for (const file of files) if (!stays(file)) await rm(file.path, { force: true })
      if (!compress) return
      for (const file of files) if (stays(file) && file.path === file.plainPath) await compressFile(file.path)
    },
  }
}

/** Name and extension as Go's filepath.Ext cuts them: at the last dot, which may be the first character. */
function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  return dot === -1 ? { stem: name, extension: '' } : { stem: name.slice(0, dot), extension: name.slice(dot) }
}

function toName(ms: number, utc: boolean): string {
  const offsetMs = utc ? 0 : new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - offsetMs).toISOString().slice(0, 23).replaceAll(':', '-')
}

function fromName(time: string, utc: boolean): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2}\.\d{3})$/u.exec(time)
  if (parts === null) return undefined
  const [, date, hours, minutes, seconds] = parts
  const ms = Date.parse(`${date}T${hours}:${minutes}:${seconds}${utc ? 'Z' : ''}`)
  return Number.isNaN(ms) ? undefined : ms
}

/** Replaces a file by its compressed form, with its mode and owner; a failure leaves the file as it was. */
async function compressFile(path: string): Promise<void> {
  const target = path + COMPRESSED
  const { mode, uid, gid } = await stat(path)
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(target, { mode }))
  } catch (error) {
    await rm(target, { force: true })
    throw error
  }
  await keepOwner(target, { uid, gid })
  await rm(path)
}

/** Hands a new file to the owner of the one that it replaces, where this process may do that. */
export async function keepOwner(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  try {
    await chown(path, uid, gid)
  } catch {
    // Only the superuser may give files away; its own they are anyway.
  }
}
