import { describe, expect, it } from 'vitest'
import { findFlaw } from '../../../runtimes/node/upstream/head-flaw.ts'
import { readResponseHead } from '../../../runtimes/node/upstream/response-head.ts'

const OK = 'HTTP/1.1 200 OK'
const read = (...lines: readonly string[]) => readResponseHead([OK, ...lines].join('\r\n'), 'GET')

describe('the head of a response', () => {
  it.each([
    [['Content-Length: 5'], { kind: 'length', length: 5 }],
    [['Content-Length: 5', 'content-length:5'], { kind: 'length', length: 5 }],
    [['Transfer-Encoding: Chunked'], { kind: 'chunked' }],
    [['X: 1'], { kind: 'close' }],
  ])('the head of a response says where the response ends: %j', (lines, framing) => {
    expect(read(...lines)).toMatchObject({ framing })
  })

  it('the head of a response has one length line however often it was said', () => {
    expect(read('Content-Length: 5', 'X: 1', 'Content-Length: 5')).toMatchObject({
      lines: ['Content-Length', '5', 'X', '1'],
    })
  })

  it.each([
    ['\xa0a\xa0', '\xa0a\xa0'],
    ['\t a \t', 'a'],
    ['\x85', '\x85'],
    ['', ''],
  ])('the head of a response takes the value between spaces and tabs: %j', (sent, value) => {
    expect(read(`X-A:${sent}`)).toMatchObject({ lines: ['X-A', value] })
  })

  it.each<[readonly string[], object]>([
    [['Content-Length: 5', 'Content-Length: 6'], { why: 'lengths that differ', header: 'Content-Length' }],
    [['Content-Length: 5', 'CONTENT-LENGTH: 05'], { why: 'lengths that differ', header: 'CONTENT-LENGTH' }],
    [['Content-Length: 5, 5'], { why: 'length that is no number', header: 'Content-Length' }],
    [['Content-Length: \xa05'], { why: 'length that is no number', header: 'Content-Length' }],
    [['Content-Length: +5'], { why: 'length that is no number', header: 'Content-Length' }],
    [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      { why: 'length beside a transfer coding', header: 'Transfer-Encoding' },
    ],
    [
      ['Transfer-Encoding: gzip, chunked'],
      { why: 'transfer coding other than chunked', header: 'Transfer-Encoding' },
    ],
    [
      ['Transfer-Encoding: chunked\xa0'],
      { why: 'transfer coding other than chunked', header: 'Transfer-Encoding' },
    ],
    [
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      { why: 'transfer coding twice', header: 'Transfer-Encoding' },
    ],
    [['X-A: a\0b'], { why: 'header value', header: 'X-A', byte: '0x00' }],
    [['X-A: a\rb'], { why: 'header value', header: 'X-A', byte: '0x0d' }],
    [['X-A: a\nb'], { why: 'header value', header: 'X-A', byte: '0x0a' }],
    [['X-A : a'], { why: 'header name', header: 'X-A?', byte: '0x20' }],
    [['X\xa0A: a'], { why: 'header name', header: 'X?A', byte: '0xa0' }],
    [[': a'], { why: 'header name', header: '' }],
    [['X-A'], { why: 'line without a colon', header: 'X-A' }],
    [['X-A: a', ' b'], { why: 'folded line' }],
    [[`${'N'.repeat(100)}: \x01`], { why: 'header value', header: 'N'.repeat(64), byte: '0x01' }],
  ])(
    'the head of a response that two readers could read in two ways is refused, and named: %j',
    (lines, flaw) => {
      expect(read(...lines)).toEqual(flaw)
    },
  )

  it.each([
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked', 'transfer coding in HTTP/1.0'],
    ['HTTP/2 200 OK', 'not HTTP/1'],
    ['HTTP/1.1 20 OK', 'not HTTP/1'],
    ['HTTP/1.1 200 O\0K', 'status line'],
    ['<html>', 'not HTTP/1'],
  ])('%j is refused: %s', (text, why) => {
    expect(readResponseHead(text, 'GET')).toMatchObject({ why })
  })

  it('the head of a response that is not complete yet is named as well', () => {
    expect(findFlaw('HTTP/1.1 200 OK\nX: a\n')).toMatchObject({ why: 'status line', byte: '0x0a' })
    expect(findFlaw('HTTP/1.1 200 OK\r\nX: a\nY: b')).toMatchObject({
      why: 'header value',
      header: 'X',
      byte: '0x0a',
    })
  })
})
