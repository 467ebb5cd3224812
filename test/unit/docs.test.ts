import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keysOf, variableOf } from '../../src/config/option.ts'
import { optionTable } from '../../src/config/options.ts'
import { PROBLEMS } from '../../src/problems.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import {
  OPTIONS_PAGE,
  renderOptionsPage,
  renderSchemaFile,
  renderStructuredFile,
  SCHEMA_FILE,
} from '../tools/docs.ts'
import { fillMigratingPage, MIGRATING_PAGE } from '../tools/migrating.ts'
import { STRUCTURED_PAGE } from '../tools/structured-page.ts'

const ROOT = join(import.meta.dirname, '../..')
const LONGEST_LINE = 120

/** Words that are riddles to a reader who knows the protocols and not this code base. */
const BANNED =
  /\b(?:nobody|somebody|whoever|whom|anew|mends?|ours|lent|lends|errand|doors?)\b|\bthe way (?:of|on)\b/iu

/** First words of a doc block that asks a riddle instead of naming the thing. */
const RIDDLE = /^(?:What|Who|Whose|Whom|Where|How|When|Which|Why|Whether|Nobody|Somebody|Whoever)\b/u

/** Verbs, without the s of the third person, that begin no test title; those that are nouns too (`call`) are left out. */
const VERBS = `add answer ask become begin break bring carry carrie change clear come cost count cut decide delete denie
  deny drop end explain find forget get give goe go hand have hold ignore join judge keep know lead learn leave let listen
  look lose make mount move name offer passe pin plan prefer put reache read refuse remember remove repeat replace
  report run say see send serve show sign speak split stand start stay stop take tell throw treat trust turn use wait warn
  win work write`

/** First words of a test title that needs its `describe` to make sense. */
const NO_SUBJECT = new RegExp(
  `^(?:${[
    'is are was were be has had does do did can cannot may might must should will and or but with without because of in',
    'at on to for from by as also not when if even only still never over before after until than that who what which opens',
    ...VERBS.split(/\s+/u).map((verb) => `${verb}s?`),
  ]
    .join(' ')
    .replaceAll(' ', '|')})[ ,:]`,
  'u',
)

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

it('docs/structured-config.md has every key of the tables: run `npm run docs` when this fails', () => {
  expect(readFileSync(STRUCTURED_PAGE, 'utf8')).toBe(renderStructuredFile())
})

it('docs/config.schema.json is the schema of the option table: run `npm run docs` when this fails', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(renderSchemaFile())
})

it('docs/options.md says what the option table says: run `npm run docs` and commit the page', () => {
  expect(readFileSync(OPTIONS_PAGE, 'utf8')).toBe(renderOptionsPage())
})

it('docs/migrating.md says what the tables of differences and of strict say: run `npm run docs` and commit the page', () => {
  const page = readFileSync(MIGRATING_PAGE, 'utf8')
  expect(fillMigratingPage(page)).toBe(page)
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

/** Titles of `it` and `test`, plain or `each`; those of `describe.each` look the same and are among them. */
function titlesOf(file: string): readonly string[] {
  const calls =
    /(?:\b(?:it|test)(?:\.\w+)*|\))\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`),\s/gu
  return [...read(file).matchAll(calls)].map(
    ([, single, double, template]) => single ?? double ?? template ?? '',
  )
}

describe('the titles of tests', () => {
  const files = globSync('test/**/*.ts', { cwd: ROOT })
  const titles = files.flatMap((file) => titlesOf(file).map((title) => ({ file, title })))

  it('a title names its subject first, so that it makes sense alone', () => {
    expect(titles.length).toBeGreaterThan(1_300)
    expect(titles.filter(({ title }) => NO_SUBJECT.test(title))).toEqual([])
  })

  it('a title has the id of its attack last, in brackets', () => {
    const early = titles.filter(({ title }) => /^[A-Z]{2}-\d{2}\b|\([A-Z]{2}-\d{2}\b/u.test(title))
    expect(early).toEqual([])
  })

  it('a title has no word that makes its reader stop', () => {
    expect(titles.filter(({ title }) => BANNED.test(title))).toEqual([])
  })
})

/** Doc blocks and comments of a file, each on one line and without its marks. */
function commentsOf(file: string, pattern: RegExp): readonly string[] {
  return [...read(file).matchAll(pattern)].map(([comment]) =>
    comment
      .replace(/^\/[*/]+ ?|\s*\*+\/$/gu, '')
      .replace(/\s*\n\s*(?:\*|\/\/) ?/gu, ' ')
      .trim(),
  )
}

describe('the voice of the code', () => {
  const files = globSync('{src,runtimes}/**/*.ts', { cwd: ROOT })
  const blocks = files.flatMap((file) =>
    commentsOf(file, /\/\*\*[\s\S]*?\*\//gu).map((block) => ({ file, block })),
  )

  it('a doc block begins with a noun phrase or a verb of the third person', () => {
    expect(blocks.length).toBeGreaterThan(1_500)
    expect(blocks.filter(({ block }) => RIDDLE.test(block))).toEqual([])
  })

  it('a comment has no word that makes its reader stop', () => {
    const comments = files.flatMap((file) =>
      commentsOf(file, /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/gu).map((comment) => ({ file, comment })),
    )
    expect(comments.filter(({ comment }) => BANNED.test(comment))).toEqual([])
  })

  it('a message has no word that makes its reader stop', () => {
    const tokens = /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/.*/gu
    const texts = files.flatMap((file) =>
      [...read(file).matchAll(tokens)].map(([, text = '']) => ({ file, text })),
    )
    // A text of one word is a name in the code.
    const messages = texts.filter(({ text }) => text.includes(' '))
    expect(messages.length).toBeGreaterThan(700)
    expect(messages.filter(({ text }) => BANNED.test(text))).toEqual([])
  })
})

describe('the pages of providers', () => {
  const kinds = PROVIDER_KINDS.map(({ kind }) => kind)
  const index = read('docs/providers/README.md')
  const texts = [index, ...kinds.map((kind) => read(`docs/providers/${kind}.md`))]
  const table = optionTable(PROVIDER_KINDS)

  it('the pages of providers are those of the kinds that are registered, each with a row of the index', () => {
    const files = globSync('*.md', { cwd: join(ROOT, 'docs/providers') })
    expect(files.sort()).toEqual(['README.md', ...kinds.map((kind) => `${kind}.md`)].sort())
    const rows = [...index.matchAll(/^\| \[[^\]]+\]\(([\w.-]+)\.md\) \|/gmu)].map(([, kind]) => kind)
    expect(rows.toSorted()).toEqual(kinds.toSorted())
  })

  it.each(kinds)('the page of %s has the form of all, and its settings choose that provider', (kind) => {
    const text = read(`docs/providers/${kind}.md`)
    expect([...text.matchAll(/^## (.*)$/gmu)].map(([, heading]) => heading)).toEqual([
      'At the provider',
      'Settings',
      'Restrictions and groups',
      'Sessions and sign-out',
      'What goes wrong',
      'Beside oauth2-proxy',
    ])
    expect(text).toContain(`OAUTH2_PROXY_PROVIDER=${kind}\n`)
    const own = PROVIDER_KINDS.find((each) => each.kind === kind)?.options ?? {}
    const restricting = Object.entries(own).filter(([, row]) => row.restricts === true)
    for (const [flag] of restricting) {
      const option = table.get(flag)
      const names = option === undefined ? [] : keysOf(flag, option).map(variableOf)
      expect(names.some((name) => text.includes(name))).toBe(true)
    }
  })

  it('the pages of providers name settings and codes that exist', () => {
    const variables = new Set([...table].flatMap(([flag, option]) => keysOf(flag, option).map(variableOf)))
    const named = texts.flatMap((text) => text.match(/OAUTH2_PROXY_[A-Z0-9_]+/gu) ?? [])
    expect(named.length).toBeGreaterThan(200)
    expect(named.filter((name) => !variables.has(name))).toEqual([])
    const flags = texts.flatMap((text) =>
      [...text.matchAll(/(?<![\w-])--([a-z][a-z0-9-]+)/gu)].map(([, flag = '']) => flag),
    )
    expect(flags.filter((flag) => !table.has(flag))).toEqual([])
    const codes = texts.flatMap((text) => [...text.matchAll(/`code: (\w+)`/gu)].map(([, code = '']) => code))
    expect(codes.length).toBeGreaterThan(100)
    expect(codes.filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([])
  })
})

// Tables cannot be wrapped. Of the two that are left out one is written by a program, and the other lives on its tables.
const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md'], { cwd: ROOT }).filter(
  (file) => !['docs/options.md', 'docs/performance.md'].includes(file),
)
it.each(pages)('%s has lines that fit a terminal', (file) => {
  const prose = read(file)
    .replace(/^ *```[\s\S]*?^ *```$/gmu, '')
    .split('\n')
  expect(prose.filter((line) => line.length > LONGEST_LINE && !line.startsWith('|'))).toEqual([])
})
