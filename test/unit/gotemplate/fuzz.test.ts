import { describe, expect, it } from 'vitest'
import { compileTemplates } from '../../../src/gotemplate/compile.ts'
import { readCases, toData } from './go-cases.ts'

const { page, written } = readCases()
const data = toData(page)
const SOURCES = written.map(({ template }) => template)

/** Pieces that change what follows them. */
const PIECES = [
  '{{',
  '}}',
  '{{end}}',
  '{{else}}',
  '"',
  "'",
  '`',
  '\\',
  '<',
  '>',
  '<!--',
  '/*',
  '*/',
  '//',
  '${',
  '}',
  '=',
  ' ',
  '\n',
  '|',
  '(',
  ')',
  '$x',
  ':=',
  '.',
  '-',
  '{{-',
  '-}}',
  '{{break}}',
  '{{range .L}}',
  '{{template "t"}}',
  '{{define "t"}}',
  '\u2028',
  '\ud83d',
  '&#',
  '</script',
  '\0',
]

/** A generator that gives the same numbers in each run (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function mutate(random: (below: number) => number): string {
  let text = SOURCES[random(SOURCES.length)] ?? ''
  for (let edits = 1 + random(4); edits > 0; edits -= 1) {
    const at = random(text.length + 1)
    const piece = PIECES[random(PIECES.length)] ?? ''
    const other = SOURCES[random(SOURCES.length)] ?? ''
    const cut = [0, 1, random(8)][random(3)] ?? 0
    text = text.slice(0, at) + (random(6) === 0 ? other : piece) + text.slice(at + cut)
  }
  return text
}

describe('broken templates', () => {
  it('a broken template is refused or rendered, and never throws [DS-42]', () => {
    const random = createRandom(20_261_127)
    let rendered = 0
    for (let round = 0; round < 4_000; round += 1) {
      const text = mutate(random)
      const files = [{ name: 'page.html', text }]
      const compiled = compileTemplates({ files, pages: ['page.html'], fields: [...data.fields.keys()] })
      const problems = compiled.ok ? [] : compiled.problem
      const result = compiled.ok ? compiled.value.render('page.html', data) : undefined
      if (result?.ok) rendered += 1
      const sentences = [...problems, ...(result?.ok === false ? [result.problem] : [])]
      const bugs = sentences.filter(({ sentence }) => /report this bug/u.test(sentence))
      expect([text, bugs]).toEqual([text, []])
      expect(sentences.filter(({ line }) => line < 1)).toEqual([])
    }
    expect(rendered).toBeGreaterThan(300)
  })
})
