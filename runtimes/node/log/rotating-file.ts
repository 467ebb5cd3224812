import { existsSync, writeSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogFileConfig } from '../../../src/config/sections/log/file.ts'
import type { LogSink } from '../log-writer.ts'
import { createOldFiles, keepOwner } from './old-files.ts'

/** A log file that is open. */
export interface RotatingFile extends LogSink {
  close(): Promise<void>
}

/** Listeners to what a log file suffers. */
export interface RotatingFileOptions {
  /** Called with the cause when the file begins not to take lines, or old files cannot be tidied up. */
  readonly onTrouble: (what: 'write' | 'tidy', cause: string) => void
  /** Called with the number of lines that were lost, once the file takes lines again. */
  readonly onLost: (lines: number) => void
}

/**
 * Opens the log file; rejects when it cannot be written. A new one is begun when the size is reached, as lumberjack does:
 * the old one gets the time into its name. Nothing here ever waits for the disk but the log itself.
 */
export async function openRotatingFile(
  config: LogFileConfig,
  { onTrouble, onLost }: RotatingFileOptions,
): Promise<RotatingFile> {
  const { path, maxBytes } = config
  const oldFiles = createOldFiles(config)
  let file = await openFile(path)
  let isTidying = false
  let lost = 0
  /** The last write ended in the middle of a line. */
  let isTorn = false

  function tidy(): void {
    if (isTidying) return
    isTidying = true
    oldFiles
      .tidy(Date.now())
      .catch((error: unknown) => onTrouble('tidy', causeOf(error)))
      .finally(() => {
        isTidying = false
      })
  }

  async function rotate(): Promise<void> {
    const { mode, uid, gid } = await file.handle.stat()
    await file.handle.close()
    await rename(path, freeName())
    file = await openFile(path, mode)
    await keepOwner(path, { uid, gid })
    tidy()
  }

  /** A name that no old file has: two in one millisecond would be one. */
  function freeName(): string {
    let atMs = Date.now()
    while (existsSync(oldFiles.nameAt(atMs))) atMs += 1
    return oldFiles.nameAt(atMs)
  }

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(isTorn ? `\n${text}` : text)
    let written = 0
    try {
      if (file.size > 0 && file.size + bytes.length > maxBytes) await rotate()
      while (written < bytes.length) {
        const { bytesWritten } = await file.handle.write(bytes, written)
        written += bytesWritten
        file.size += bytesWritten
      }
      isTorn = false
      if (lost === 0) return
      const lines = lost
      lost = 0
      onLost(lines)
    } catch (error) {
      isTorn = written > 0 ? bytes[written - 1] !== NEWLINE : isTorn
      if (lost === 0) onTrouble('write', causeOf(error))
      lost += countLines(bytes.subarray(written))
      await reopen()
    }
  }

  /** Replaces the open file: the fault may belong to it (a mount that went away), and then a new one helps. */
  async function reopen(): Promise<void> {
    try {
      const next = await openFile(path)
      await file.handle.close().catch(() => undefined)
      file = next
    } catch {
      // The next line tries again.
    }
  }

  tidy()
  return {
    write: (text, onDrained) => {
      void append(text).then(onDrained)
      return false
    },
    writeLast: (text) => {
      try {
        if (text !== '') writeSync(file.handle.fd, text)
      } catch {
        // The process ends, and nothing can be told any more.
      }
    },
    close: () => file.handle.close(),
  }
}

/** Rejects when a file cannot be written. */
export async function checkFile(path: string): Promise<void> {
  const { handle } = await openFile(path)
  await handle.close()
}

interface OpenFile {
  readonly handle: FileHandle
  size: number
}

/** Opens the file to append to it; a new one is for its owner alone, as oauth2-proxy's is. */
async function openFile(path: string, mode = 0o600): Promise<OpenFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const handle = await open(path, 'a', mode & 0o777)
  const { size } = await stat(path)
  return { handle, size }
}

const NEWLINE = 0x0a

function countLines(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0)
}

/** The code of a system error, such as ENOSPC. */
function causeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
