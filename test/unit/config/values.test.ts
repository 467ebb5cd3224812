import { describe, expect, it } from 'vitest'
import { parseCsvRecord } from '../../../src/config/sources/csv.ts'
import { parseCidr } from '../../../src/config/values/cidr.ts'
import { parseEmailDomain, parseWhitelistDomain } from '../../../src/config/values/domains.ts'
import { parseDuration } from '../../../src/config/values/duration.ts'
import { parseListenAddress } from '../../../src/config/values/listen-address.ts'

describe('durations', () => {
  it.each([
    ['0', 0],
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['2h45m', 9_900_000],
    ['168h0m0s', 604_800_000],
    ['.5s', 500],
    ['-1s', -1_000],
    ['+1s', 1_000],
    ['1000us', 1],
    ['1000µs', 1],
    ['1000000ns', 1],
  ])('parseDuration() takes %s for %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  it.each(['', '3600', '1', '1d', 's', '1 s', '1h 2m', '1e3s', '--1s', '.s', '0x1s', 'NaN'])(
    'parseDuration() refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('one CSV record', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a,', ['a', '']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"^/a{1,2}$"', ['^/a{1,2}$']],
    ['"say ""hi"""', ['say "hi"']],
    ['a, b', ['a', ' b']],
    ['"two\nlines"', ['two\nlines']],
  ])('parseCsvRecord() reads %j', (record, fields) => {
    expect(parseCsvRecord(record)).toEqual(fields)
  })

  it.each(['"a', 'a"b', '"a"b', '"a",b"'])('parseCsvRecord() refuses %j', (record) => {
    expect(parseCsvRecord(record)).toBeUndefined()
  })
})

describe('address ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.7', '10.0.0.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::1', '::1/128'],
    ['FC00::/7', 'fc00::/7'],
    ['2001:db8::/32', '2001:db8::/32'],
  ])('parseCidr() takes %s for %s', (text, cidr) => {
    expect(parseCidr(text)).toEqual({ ok: true, value: cidr })
  })

  it.each([
    '*',
    '',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0',
    '010.0.0.0/8',
    '0x7f.0.0.1',
    '2130706433',
    'fe80::1%eth0',
    '2001:db8::1/32',
    '::/129',
    ' 10.0.0.0/8',
    'localhost',
  ])('parseCidr() refuses %j', (text) => {
    expect(parseCidr(text).ok).toBe(false)
  })
})

describe('whitelist domains', () => {
  it.each([
    'app.example.com',
    '.example.com',
    '*.example.com',
    'localhost:4180',
    'example.com:*',
    '.internal',
    '.corp',
    '*.home',
    'A.Example',
  ])('parseWhitelistDomain() takes %s', (text) => {
    expect(parseWhitelistDomain(text)).toEqual({ ok: true, value: text.toLowerCase() })
  })

  it.each([
    '*',
    '.com',
    '*.com',
    'co.uk',
    '.co.uk',
    '*.com.au',
    '',
    '*.',
    '.',
    '..a',
    'https://a.example',
    '.\u212aube.example',
    'a.example/x',
    'a b',
    'a.example:0',
    'a.example:65536',
    'a.example:x',
    'a@b.example',
    '*.*.example.com',
    'a\n.example',
  ])('parseWhitelistDomain() refuses %j', (text) => {
    expect(parseWhitelistDomain(text).ok).toBe(false)
  })
})

describe('e-mail domains', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['.example.com', '.example.com'],
    ['*.example.com', '*.example.com'],
    ['*', '*'],
  ])('parseEmailDomain() takes %s for %s', (text, domain) => {
    expect(parseEmailDomain(text)).toEqual({ ok: true, value: domain })
  })

  it.each([
    '',
    ' ',
    '\u212aube.example',
    '@company.com',
    'a@company.com',
    ' company.com',
    '*.',
    '.',
    '*.com',
    'co.uk',
    '**',
    'a..b',
  ])('parseEmailDomain() refuses %j', (text) => {
    expect(parseEmailDomain(text).ok).toBe(false)
  })
})

describe('listen addresses', () => {
  it.each([
    ['127.0.0.1:4180', { kind: 'tcp', host: '127.0.0.1', port: 4180 }],
    ['http://127.0.0.1:0', { kind: 'tcp', host: '127.0.0.1', port: 0 }],
    [':443', { kind: 'tcp', host: '', port: 443 }],
    ['tcp://127.0.0.1:80', { kind: 'tcp', host: '127.0.0.1', port: 80 }],
    ['tcp6://[::1]:80', { kind: 'tcp', host: '::1', port: 80 }],
    ['[::1]:80', { kind: 'tcp', host: '::1', port: 80 }],
    ['unix:///run/gate.sock', { kind: 'unix', path: '/run/gate.sock', mode: undefined }],
    ['unix:///run/gate.sock,mode=0660', { kind: 'unix', path: '/run/gate.sock', mode: 0o660 }],
    ['fd:3', { kind: 'fd', fd: 3 }],
    ['FD:4', { kind: 'fd', fd: 4 }],
  ])('parseListenAddress() reads %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual({ ok: true, value: address })
  })

  it.each([
    '4180',
    'localhost',
    'a:b',
    '127.0.0.1:65536',
    'fd:2',
    'unix:///x,mode=9',
    'unix:///x,owner=me',
    'unix://x',
    '::1:80',
    'ftp://a:1',
    '127.0.0.1:80/x',
  ])('parseListenAddress() refuses %j', (text) => {
    expect(parseListenAddress(text).ok).toBe(false)
  })
})
