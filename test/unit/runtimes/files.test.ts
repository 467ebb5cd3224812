import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRange } from '../../../runtimes/node/static/byte-range.ts'
import { aRequest, openDoor, type RunningServer, talk } from './server-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'files-'))
const WHEN = new Date('2026-01-05T08:00:00Z')
let door: RunningServer

beforeAll(async () => {
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs/index.html'), '<h1>docs</h1>')
  writeFileSync(join(folder, 'a b.css'), 'body{}')
  writeFileSync(join(folder, 'ten.txt'), '0123456789')
  writeFileSync(join(folder, 'empty'), '')
  writeFileSync(join(folder, '.env'), 'SECRET=1')
  symlinkSync(join(folder, 'ten.txt'), join(folder, 'link.txt'))
  utimesSync(join(folder, 'ten.txt'), WHEN, WHEN)
  door = await openDoor({ config: { path: '/f/', target: { kind: 'file', directory: folder } } })
})
afterAll(async () => {
  await door.close()
  rmSync(folder, { recursive: true })
})

async function ask(path: string, lines: readonly string[] = [], method = 'GET'): Promise<string> {
  return talk(door.port, aRequest(path, [...lines, 'Connection: close'], method)).closed()
}

describe('a file upstream', () => {
  it('a file upstream serves a file with its type, length and validators', async () => {
    const text = await ask('/f/a%20b.css')
    expect(text).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\r\n\r\nbody\{\}$/u)
    for (const line of [
      'Content-Type: text/css; charset=utf-8',
      'Content-Length: 6',
      'Cache-Control: no-cache',
    ]) {
      expect(text).toContain(`${line}\r\n`)
    }
    expect(await ask('/f/link.txt')).toMatch(/0123456789$/u)
    expect(await ask('/f/empty')).toMatch(/Content-Length: 0[\s\S]*\r\n\r\n$/u)
  })

  it('a file upstream serves the index of a folder, and sends a folder without its slash there', async () => {
    expect(await ask('/f/docs/')).toMatch(/text\/html[\s\S]*<h1>docs<\/h1>$/u)
    expect(await ask('/f/docs?x=1')).toMatch(/^HTTP\/1.1 301[\s\S]*location: \/f\/docs\/\?x=1\r\n/iu)
  })

  it.each([
    '/f/',
    '/f/none',
    '/f/ten.txt/',
    '/f/.env',
    '/f/%2e%2e/etc/passwd',
    '/f/..%2fx',
    '/f/docs%2findex.html',
  ])('a file upstream has nothing at %s', async (path) => {
    expect(await ask(path)).toMatch(/^HTTP\/1.1 404/u)
  })

  it('a file upstream answers HEAD without content and other methods not at all', async () => {
    expect(await ask('/f/ten.txt', [], 'HEAD')).toMatch(
      /^HTTP\/1.1 200[\s\S]*Content-Length: 10[\s\S]*\r\n\r\n$/u,
    )
    expect(await ask('/f/ten.txt', ['Content-Length: 0'], 'POST')).toMatch(/^HTTP\/1.1 405/u)
  })

  it('a file upstream knows what the client has already (RFC 9110 §13)', async () => {
    const etag = /ETag: (.*)\r\n/u.exec(await ask('/f/ten.txt'))?.[1] ?? ''
    const known = `If-None-Match: "other", W/${etag}`
    const date = `If-Modified-Since: ${WHEN.toUTCString()}`
    for (const line of [known, date, 'If-None-Match: *']) {
      expect(await ask('/f/ten.txt', [line])).toMatch(/^HTTP\/1.1 304[\s\S]*\r\n\r\n$/u)
    }
    expect(await ask('/f/ten.txt', ['If-None-Match: "other"', date])).toMatch(/^HTTP\/1.1 200/u)
    expect(await ask('/f/ten.txt', ['If-Modified-Since: Mon, 05 Jan 2026 07:59:59 GMT'])).toMatch(
      /^HTTP\/1.1 200/u,
    )
  })

  it('a file upstream serves a part', async () => {
    const text = await ask('/f/ten.txt', ['Range: bytes=2-4'])
    expect(text).toMatch(/^HTTP\/1.1 206[\s\S]*Content-Range: bytes 2-4\/10[\s\S]*\r\n\r\n234$/u)
    expect(await ask('/f/ten.txt', ['Range: bytes=20-'])).toMatch(/^HTTP\/1.1 416[\s\S]*bytes \*\/10/u)
    const changed = ['Range: bytes=2-4', 'If-Range: "other"']
    expect(await ask('/f/ten.txt', changed)).toMatch(/^HTTP\/1.1 200[\s\S]*0123456789$/u)
  })

  it.each([
    [undefined, 'all'],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-30', { first: 0, last: 9 }],
    ['bytes=5-50', { first: 5, last: 9 }],
    ['bytes=5-2', 'all'],
    ['bytes=-', 'all'],
    ['bytes=-0', 'none'],
    ['bytes=10-', 'none'],
    ['bytes=0-1,3-4', 'all'],
    ['lines=0-1', 'all'],
    ['bytes=a-b', 'all'],
  ])('a file upstream reads Range %j of ten bytes as %j', (header, expected) => {
    expect(readRange(header, 10)).toEqual(expected)
  })
})
