import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOldFiles } from '../../../runtimes/node/log/old-files.ts'
import { openRotatingFile, type RotatingFile } from '../../../runtimes/node/log/rotating-file.ts'
import type { LogFileConfig } from '../../../src/config/sections/log/file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-log-'))
})
const opened: RotatingFile[] = []
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close()
  rmSync(folder, { recursive: true })
})

const OLD = /^gate-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}\.log$/u
const aConfig = (changes: Partial<LogFileConfig> = {}): LogFileConfig => ({
  path: join(folder, 'gate.log'),
  maxBytes: 100,
  maxAgeMs: undefined,
  maxBackups: undefined,
  compress: false,
  utc: true,
  ...changes,
})

/** Opens the file; `put` writes a piece and waits until it is written. */
async function open(config = aConfig()) {
  const troubles: string[] = []
  const lost: number[] = []
  const sink = await openRotatingFile(config, {
    onTrouble: (what, cause) => troubles.push(`${what} ${cause}`),
    onLost: (lines) => lost.push(lines),
  })
  opened.push(sink)
  const put = (text: string) => new Promise<void>((resolve) => void sink.write(text, resolve))
  return { sink, put, troubles, lost }
}
const names = () => readdirSync(folder).sort()
const text = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('a log file', () => {
  it('a log file is made with its folder, for its owner alone, and appended to', async () => {
    const path = join(folder, 'a', 'b', 'gate.log')
    const first = await open(aConfig({ path }))
    await first.put('one\n')
    const second = await open(aConfig({ path }))
    await second.put('two\n')
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('a log file that would grow beyond its size is put aside under the time, with its mode', async () => {
    writeFileSync(join(folder, 'gate.log'), `${'x'.repeat(79)}\n`)
    chmodSync(join(folder, 'gate.log'), 0o640)
    const { put } = await open()
    await put('0123456789012345678\n')
    expect(names()).toEqual(['gate.log'])
    await put('next\n')
    expect(names()).toEqual([expect.stringMatching(OLD), 'gate.log'])
    expect(text('gate.log')).toBe('next\n')
    expect(text(names()[0] ?? '')).toHaveLength(100)
    expect(statSync(join(folder, 'gate.log')).mode & 0o777).toBe(0o640)
  })

  it('log files that are put aside in one millisecond keep names of their own', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 27, 18, 30, 5, 999) })
    const { put } = await open(aConfig({ maxBytes: 5 }))
    for (const line of ['one\n', 'two\n', 'thr\n']) await put(line)
    vi.useRealTimers()
    expect(names()).toEqual([
      'gate-2026-11-27T18-30-05.999.log',
      'gate-2026-11-27T18-30-06.000.log',
      'gate.log',
    ])
  })

  it('a log file that cannot be opened rejects at the start', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(open(aConfig({ path: join(folder, 'file', 'gate.log') }))).rejects.toThrow()
  })

  it('lines that a full disk does not take are counted, told when there is room, and stop nothing', async () => {
    // What is written to this device fails as on a full disk.
    symlinkSync('/dev/full', join(folder, 'gate.log'))
    const { put, troubles, lost } = await open()
    await put('one\ntwo\n')
    await put('three\n')
    expect(troubles).toEqual(['write ENOSPC'])
    expect(lost).toEqual([])
    unlinkSync(join(folder, 'gate.log'))
    await put('four\n')
    await put('five\n')
    await put('six\n')
    // The piece that found the file gone is the last that is lost.
    expect(lost).toEqual([4])
    expect(text('gate.log')).toBe('five\nsix\n')
  })
})

describe('old log files', () => {
  const NOW_MS = Date.UTC(2026, 10, 27, 18, 0, 0)
  const DAYS = ['27T10-00-00.000', '26T10-00-00.000', '20T10-00-00.000', '10T10-00-00.000']
  const put = (name: string) => writeFileSync(join(folder, name), name)
  beforeEach(() => {
    for (const day of DAYS) put(`gate-2026-11-${day}.log`)
    for (const name of ['gate.log', 'gate-notes.log', 'other-2026-11-10T10-00-00.000.log']) put(name)
  })
  const FOREIGN = ['gate-notes.log', 'gate.log', 'other-2026-11-10T10-00-00.000.log']

  it('old log files beyond the number to keep are deleted, the newest stay', async () => {
    await createOldFiles(aConfig({ maxBackups: 2 })).tidy(NOW_MS)
    expect(names()).toEqual([
      'gate-2026-11-26T10-00-00.000.log',
      'gate-2026-11-27T10-00-00.000.log',
      ...FOREIGN,
    ])
  })

  it('old log files beyond their age are deleted', async () => {
    await createOldFiles(aConfig({ maxAgeMs: 7 * 24 * 3600 * 1000 })).tidy(NOW_MS)
    expect(names()).toEqual([
      'gate-2026-11-26T10-00-00.000.log',
      'gate-2026-11-27T10-00-00.000.log',
      ...FOREIGN,
    ])
  })

  it('old log files are compressed, and count as one with their compressed form', async () => {
    const config = aConfig({ compress: true, maxBackups: 3 })
    await createOldFiles(config).tidy(NOW_MS)
    put('gate-2026-11-27T11-00-00.000.log')
    put('gate-2026-11-27T10-00-00.000.log')
    await createOldFiles(config).tidy(NOW_MS)
    expect(names()).toEqual([
      'gate-2026-11-26T10-00-00.000.log.gz',
      'gate-2026-11-27T10-00-00.000.log.gz',
      'gate-2026-11-27T11-00-00.000.log.gz',
      ...FOREIGN,
    ])
    const packed = readFileSync(join(folder, 'gate-2026-11-27T11-00-00.000.log.gz'))
    expect(gunzipSync(packed).toString()).toBe('gate-2026-11-27T11-00-00.000.log')
  })

  it('old log files are left alone where neither age nor number nor compression is set', async () => {
    await createOldFiles(aConfig()).tidy(NOW_MS)
    expect(names()).toHaveLength(7)
  })

  it.each([
    ['/l/gate', '/l/gate-2026-11-27T18-00-00.000'],
    ['/l/gate.out.log', '/l/gate.out-2026-11-27T18-00-00.000.log'],
    ['/l/.log', '/l/-2026-11-27T18-00-00.000.log'],
  ])('an old log file of %s is called %s', (path, name) => {
    expect(createOldFiles(aConfig({ path })).nameAt(NOW_MS)).toBe(name)
  })
})
