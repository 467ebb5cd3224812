import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OPTIONS_PAGE, renderOptionsPage } from '../tools/docs.ts'

const ROOT = join(import.meta.dirname, '../..')
const LONGEST_LINE = 120

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

it('docs/options.md says what the option table says: run `npm run docs` and commit the page', () => {
  expect(readFileSync(OPTIONS_PAGE, 'utf8')).toBe(renderOptionsPage())
})

it('docs/architecture.md shows the kind of provider that the tests sign in with', () => {
  const [kind = ''] = /^\/\*\* `GET[\s\S]*$/mu.exec(read('test/support/acme-kind.ts')) ?? []
  expect(kind).toContain('export const acme = defineProvider({')
  expect(read('docs/architecture.md')).toContain(kind)
})

it('CONTRIBUTING.md explains the ids of attacks', () => {
  const files = globSync('{src,runtimes,test}/**/*.ts', { cwd: ROOT })
  const used = files.flatMap((file) =>
    [...read(file).matchAll(/\b([A-Z]{2})-\d{2}\b/gu)].map(([, letters]) => letters),
  )
  const explained = [...read('CONTRIBUTING.md').matchAll(/\| `([A-Z]{2})` \|/gu)].map(
    ([, letters]) => letters,
  )
  expect([...new Set(used)].sort()).toEqual(explained.sort())
})

// Tables cannot be wrapped. Of the two that are left out one is written by a program, and the other lives on its tables.
const pages = globSync(['*.md', 'docs/*.md', 'deploy/**/*.md'], { cwd: ROOT }).filter(
  (file) => !['docs/options.md', 'docs/performance.md'].includes(file),
)
it.each(pages)('%s has lines that fit a terminal', (file) => {
  const prose = read(file)
    .replace(/^ *```[\s\S]*?^ *```$/gmu, '')
    .split('\n')
  expect(prose.filter((line) => line.length > LONGEST_LINE && !line.startsWith('|'))).toEqual([])
})
