import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../src/config/structured/yaml/entry.ts'
import { parseYaml } from '../../../../src/config/structured/yaml/parse-yaml.ts'

/** What a text says, without the places. */
function readValue(text: string): unknown {
  const parsed = parseYaml(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problem))
  return plain(parsed.value.root)
}

function plain(entry: Entry): unknown {
  if (entry.kind === 'list') return entry.entries.map(plain)
  if (entry.kind === 'map')
    return Object.fromEntries(entry.members.map(({ key, value }) => [key, plain(value)]))
  return entry.kind === 'nothing' ? null : `${entry.kind} ${entry.text}`
}

function faultsOf(text: string): readonly string[] {
  const parsed = parseYaml(text)
  return parsed.ok
    ? []
    : parsed.problem.map(({ sentence, place }) => `${place.line}:${place.column} ${sentence}`)
}

describe('a YAML file', () => {
  it.each<[string, string, unknown]>([
    ['an empty file is nothing', '', null],
    ['a comment alone is nothing', '# a\n', null],
    ['a document start is no part of it', '---\na: 1\n', { a: 'number 1' }],
    ['only the first document counts', '---\na: 1\n---\nb: ]\n', { a: 'number 1' }],
    ['an end mark ends it', 'a: 1\n...\n', { a: 'number 1' }],
    [
      'yes and no are texts, true is a boolean',
      'a: [yes, no, on, true, "true"]',
      {
        a: ['text yes', 'text no', 'text on', 'boolean true', 'text true'],
      },
    ],
    [
      'numbers keep their spelling',
      'a: [1.50, 0x1F, 12345678901234567890]',
      {
        a: ['number 1.50', 'number 0x1F', 'number 12345678901234567890'],
      },
    ],
    ['an alias is what its anchor is', 'a: &x {b: 1}\nc: *x', { a: { b: 'number 1' }, c: { b: 'number 1' } }],
    [
      'merge keys stand behind the own ones',
      'a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}',
      {
        a: { b: 'number 1', c: 'number 2' },
        d: { b: 'number 1', c: 'number 3' },
      },
    ],
    ['binary text is decoded', 'a: !!binary c2VjcmV0', { a: 'text secret' }],
    ['a block text keeps its lines', 'a: |-\n  b\n  c\n', { a: 'text b\nc' }],
    ['Windows line ends are line ends', 'a: 1\r\nb: x\r\n', { a: 'number 1', b: 'text x' }],
  ])('a YAML file is read: %s', (_, text, expected) => {
    expect(readValue(text)).toEqual(expected)
  })

  it.each<[string, string, string]>([
    ['a tab', 'a:\n\tb: 1', '2:1 indent with blanks, not with tabs'],
    [
      'an open quote',
      'a: "secret',
      '1:11 fix the YAML syntax: a quote, bracket, colon, comma or blank is missing',
    ],
    ['a key that is there twice', 'a: 1\nb: 2\na: 3', '3:1 give the key "a" once, it is there twice'],
    ['an alias without an anchor', 'a: *b', '1:4 give this alias an anchor'],
    ['an unknown tag', 'a: !secret x', '1:4 remove the tag; !!str and !!binary are known'],
    ['a list as a key', '[a]: 1', '1:1 give a key that is a text'],
    ['a merge key without a map', '<<: 1', '1:5 give a map, or a list of maps, behind the merge key <<'],
    ['binary text that is none', 'a: !!binary "?"', '1:13 give base64 behind !!binary'],
  ])('a fault of a YAML file has its place and repeats no value: %s', (_, text, expected) => {
    expect(faultsOf(text)[0]).toBe(expected)
    expect(faultsOf(text).join()).not.toContain('secret')
  })
})

describe('a hostile YAML file is refused quickly', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
  for (let at = 1; at < 20; at += 1)
    bomb.push(
      `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join()}]`,
    )

  it.each<[string, string, string]>([
    ['aliases of aliases', bomb.join('\n'), 'give at most 20000 values'],
    ['an alias within its own anchor', 'a: &a [*a]', 'nest at most 64 lists and maps'],
    ['merge keys within their own anchor', 'a: &a {<<: *a}', 'nest at most 64 lists and maps'],
    ['brackets in brackets', 'a: '.concat('['.repeat(500_000)), 'nest at most 64 lists and maps'],
    ['braces in braces', 'a: '.concat('{b: '.repeat(250_000)), 'nest at most 64 lists and maps'],
    ['dashes behind dashes', '- '.repeat(500_000), 'nest at most 64 lists and maps'],
    ['question marks behind question marks', '? '.repeat(500_000), 'nest at most 64 lists and maps'],
    [
      'lines further and further in',
      Array.from({ length: 1_000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
      'nest at most 64',
    ],
    ['a long list', '- a\n'.repeat(30_000), 'give at most 20000 values'],
    [
      'a map of many keys',
      Array.from({ length: 30_000 }, (_, at) => `k${at}: 1`).join('\n'),
      'give at most 20000 values',
    ],
    ['a large text', 'a'.repeat(1_100_000), 'give at most 1048576 characters'],
  ])('a hostile YAML file is refused quickly: %s [DS-65]', (_, text, expected) => {
    const faults = faultsOf(text)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(expected)
  })
})
