import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toOwnPaths } from '../../src/config/own-paths.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Rooms from the bottom up: a room imports only from rooms above it in this list, types included, and from itself. */
const ROOMS = [
  'problems',
  'result',
  'platform',
  'lib',
  're2',
  'gotemplate',
  'crypto',
  'config',
  'pages',
  'http',
  'observe',
  'session',
  'providers',
  'policy',
  'proxy',
  'signin',
  'services',
  'endpoints',
  'gate',
  'app',
]

/** Rooms side by side: they may know each other's types, and none calls another. */
const SIBLINGS = ['session', 'providers', 'policy', 'proxy']

/** Third-party packages, and the only files, or folders, that may import each. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  hono: ['src/app.ts'],
  'hono/html': ['src/pages/markup.ts'],
  jose: ['src/crypto/seal.ts', 'src/providers/http/sign-jwt.ts', 'src/providers/oidc/jwks.ts'],
  valibot: [
    'src/providers/http/schemas.ts',
    // Each kind says the shapes of its provider's answers.
    'src/providers/kinds/',
    'src/session/payload.ts',
  ],
  'smol-toml': ['src/config/sources/toml.ts'],
  yaml: ['src/config/structured/convert.ts', 'src/config/structured/yaml/parse-yaml.ts'],
  'ipaddr.js': ['src/http/addresses.ts', 'src/config/values/cidr.ts'],
  oauth4webapi: ['src/providers/oidc/code-flow.ts'],
  arctic: ['src/providers/oauth2/oauth2.ts'],
}

/** Package of a specifier, which may name a module of it; `hono/html` is a library of its own. */
function libraryOf(specifier: string): string {
  return specifier in LIBRARIES ? specifier : (specifier.split('/', 1)[0] ?? specifier)
}

interface Import {
  readonly from: string
  readonly specifier: string
  readonly typeOnly: boolean
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const statements = text.matchAll(/^(?:import|export)\s(type\s)?([^'"();=]*?)\sfrom\s'([^']+)'/gmu)
  return [...statements].map(([, type, names, specifier]) => ({
    from: file,
    specifier: specifier ?? '',
    typeOnly: type !== undefined || everyNameIsType(names ?? ''),
  }))
}

function everyNameIsType(names: string): boolean {
  const list = /^\{([\s\S]*)\}/u.exec(names)?.[1]
  if (list === undefined) return false
  const parts = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return parts.length > 0 && parts.every((part) => part.startsWith('type '))
}

/** `src/session/seal.ts` is in room `session`, `src/app.ts` in room `app`. */
function roomOf(path: string): string {
  return (
    path
      .replace(/^src\//u, '')
      .split('/')[0]
      ?.replace(/\.ts$/u, '') ?? ''
  )
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1)
}

const source = filesBelow('src')
const sections = source.filter((file) => file.startsWith('src/config/sections/'))
const imports = source.flatMap(importsOf)
const arrows = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier, typeOnly }) => ({ from, to: resolve(from, specifier), typeOnly }))

describe('the house', () => {
  it('the checks of the house have source to look at', () => {
    expect(source.length).toBeGreaterThan(30)
    expect(imports.length).toBeGreaterThan(60)
  })

  it('imports, of values or types, never run upwards from room to room', () => {
    const known = new Set(ROOMS)
    expect(source.map(roomOf).filter((room) => !known.has(room))).toEqual([])
    const upward = arrows.filter(({ from, to }) => ROOMS.indexOf(roomOf(to)) > ROOMS.indexOf(roomOf(from)))
    expect(upward).toEqual([])
  })

  it('rooms that stand side by side share types only', () => {
    const calls = arrows.filter(
      ({ from, to, typeOnly }) =>
        !typeOnly &&
        roomOf(from) !== roomOf(to) &&
        SIBLINGS.includes(roomOf(from)) &&
        SIBLINGS.includes(roomOf(to)),
    )
    expect(calls).toEqual([])
  })

  it('patterns are compiled through two files of their room only', () => {
    const others = arrows.filter(({ from, to }) => roomOf(from) !== 're2' && roomOf(to) === 're2')
    expect(others.length).toBeGreaterThan(2)
    expect(others.filter(({ to }) => !/^src\/re2\/(?:compile|rewrite)\.ts$/u.test(to))).toEqual([])
  })

  it('templates are compiled through one file of their room only, and their values made in another', () => {
    const others = arrows.filter(
      ({ from, to }) => roomOf(from) !== 'gotemplate' && roomOf(to) === 'gotemplate',
    )
    const doors = ['src/gotemplate/compile.ts', 'src/gotemplate/values.ts']
    expect(others.filter(({ to, typeOnly }) => !typeOnly && !doors.includes(to))).toEqual([])
  })

  it.each(['cookie', 'server'])('session/%s is known to the maker of sessions only', (store) => {
    const folder = `src/session/${store}/`
    const strangers = arrows.filter(({ from, to }) => to.startsWith(folder) && !from.startsWith(folder))
    expect(strangers.map(({ from, to }) => [from, to])).toEqual([
      ['src/session/sessions.ts', `${folder}store.ts`],
    ])
  })

  it('value imports form no circle from file to file', () => {
    let left = arrows.filter(({ typeOnly }) => !typeOnly)
    expect(left.length).toBeGreaterThan(200)
    // An arrow that leads on to none, or that none leads to, is in no circle.
    for (let before = -1; before !== left.length; ) {
      before = left.length
      const starts = new Set(left.map(({ from }) => from))
      const ends = new Set(left.map(({ to }) => to))
      left = left.filter(({ from, to }) => starts.has(to) && ends.has(from))
    }
    expect(left).toEqual([])
  })

  it('each library is imported in its own files only', () => {
    const strays = imports.filter(({ from, specifier, typeOnly }) => {
      if (specifier.startsWith('.') || typeOnly) return false
      return !(LIBRARIES[libraryOf(specifier)] ?? []).some(
        (place) => from === place || (place.endsWith('/') && from.startsWith(place)),
      )
    })
    expect(strays).toEqual([])
  })

  it('the core knows web standards only', () => {
    const strays = source.filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8').replace(
        /\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|`[^`]*`/gmu,
        '',
      )
      return /(?<!\.)\b(?:process|Buffer|Deno|globalThis)\b|node:/u.test(text)
    })
    expect(strays).toEqual([])
  })

  it("a path of Sidegate's own is named in the list of paths and in the endpoint table only", () => {
    const paths = [...Object.values(toOwnPaths('')), '/robots.txt', '/liveness_check', '/readiness_check']
    const ends = paths.filter((path) => path !== '').map((path) => path.replaceAll('.', '\\.'))
    // A whole literal, or what stands behind a prefix in one.
    const named = new RegExp(`['"}](?:${ends.join('|')})(?=['"\`?#/])`, 'u')
    // A kind of provider names paths of its provider's.
    const files = source
      .filter((file) => !file.startsWith('src/providers/kinds/'))
      .filter((file) => named.test(withoutComments(textOf(file))))
    expect(files).toEqual(['src/config/own-paths.ts', 'src/endpoints/table.ts'])
  })

  it('files have no barrels, default exports, casts to any or silenced errors', () => {
    const strays = [...source, ...filesBelow('runtimes')].filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      const isDoor = file === 'runtimes/worker.ts'
      return (
        /^export \* from|\bas any\b|@ts-(?:ignore|expect-error|nocheck)/mu.test(text) ||
        (!isDoor && /^export default/mu.test(text))
      )
    })
    expect(strays).toEqual([])
  })

  it('a folder holds at most 15 files', () => {
    const folders = [...source, ...filesBelow('runtimes')].map((file) => file.slice(0, file.lastIndexOf('/')))
    const sizeOf = (folder: string) => folders.filter((other) => other === folder).length
    expect([...new Set(folders)].filter((folder) => sizeOf(folder) > 15)).toEqual([])
  })

  it('files stay short enough to read', () => {
    const long = [...source, ...filesBelow('runtimes')]
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250)
    expect(long).toEqual([])
  })

  it('an exported type name stands once', () => {
    const names = source.flatMap((file) =>
      [...textOf(file).matchAll(/^export (?:type|interface) (\w+)/gmu)].map(([, name = '']) => name),
    )
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('exports have a doc comment', () => {
    const bare = [...source, ...filesBelow('runtimes')].flatMap((file) => {
      const lines = readFileSync(join(ROOT, file), 'utf8').split('\n')
      return lines.flatMap((line, at) => {
        const name = /^export (?:async )?(?:function|const|interface|type) (\w+)/u.exec(line)?.[1]
        return name === undefined ||
          /(?:Deps|Options)$/u.test(name) ||
          lines[at - 1]?.trimEnd().endsWith('*/')
          ? []
          : [`${file}: ${name}`]
      })
    })
    expect(bare).toEqual([])
  })

  it('every setting that is kept is read', () => {
    const interfaces = ['src/config/config.ts', ...sections].flatMap(
      (file) =>
        textOf(file).match(/^(?:export )?(?:interface|type) (?:\w+Config|ListenAddress)\b[\s\S]*?^$/gmu) ??
        [],
    )
    const fields = [...interfaces.join('').matchAll(/\breadonly (\w+)\??:/gu)].map(([, name]) => name)
    expect(fields.length).toBeGreaterThan(90)
    const readers = [...source, ...filesBelow('runtimes')].filter((file) => !file.startsWith('src/config/'))
    const read = wordsOf(readers)
    expect(fields.filter((name) => !read.has(name ?? ''))).toEqual([])
  })

  it('the row, the type and the reader of an option stand in one file', () => {
    const tables = sections.flatMap(optionTablesOf)
    expect(tables.flatMap(({ flags }) => flags).length).toBeGreaterThan(100)
    const untyped = tables.filter(
      ({ flags, rest }) => flags.length > 0 && !/^export (?:interface|type) /mu.test(rest),
    )
    const unread = tables.flatMap(({ file, flags, rest }) =>
      flags.filter((flag) => !rest.includes(`'${flag}'`)).map((flag) => `${file}: ${flag}`),
    )
    expect([untyped.map(({ file }) => file), unread]).toEqual([[], []])
  })

  it('each table of options stands once in the table of all', () => {
    const assembled = textOf('src/config/options.ts').match(/(?<=^ {2}\.\.\.)\w+(?=,$)/gmu)
    const names = sections.flatMap(optionTablesOf).map(({ name }) => name)
    expect(assembled?.toSorted()).toEqual(names.toSorted())
  })

  it('each exported type has a name of its own', () => {
    const files = new Map<string, string[]>()
    for (const file of source) {
      for (const [, name = ''] of textOf(file).matchAll(/^export (?:interface|type|class) (\w+)/gmu))
        files.set(name, [...(files.get(name) ?? []), file])
    }
    expect(files.size).toBeGreaterThan(200)
    expect([...files].filter(([, places]) => places.length > 1)).toEqual([])
  })

  it('a kind of provider, and an option of one, is named in its own file only', () => {
    // An option of one word, such as `resource`, may be meant as that word.
    const flags = PROVIDER_KINDS.flatMap(({ options }) => Object.keys(options)).filter((flag) =>
      /-/u.test(flag),
    )
    const names = [...PROVIDER_KINDS.map(({ kind }) => kind), ...flags]
    expect(names.length).toBeGreaterThan(35)
    const named = new RegExp(
      `(?<![\\w/]|[^-]-)(?:${names.join('|').replaceAll('.', '\\.')})(?![\\w-])`,
      'giu',
    )
    const outside = [...source, ...filesBelow('runtimes')].filter(
      (file) => !file.startsWith('src/providers/kinds/') && file !== 'src/providers/registry.ts',
    )
    const strays = outside.flatMap((file) =>
      // Written so it is the protocol.
      [...withoutComments(textOf(file)).matchAll(named)]
        .filter(([name]) => name !== 'OAuth2')
        .map(([name]) => `${file}: ${name}`),
    )
    expect(strays).toEqual([])
  })

  it('each exported value is used', () => {
    const files = ['src', 'runtimes', 'test', 'deploy'].flatMap(filesBelow)
    const exported = [...source, ...filesBelow('runtimes')].flatMap((file) =>
      [...textOf(file).matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gmu)].map(
        ([, name = '']) => name,
      ),
    )
    const uses = new Map<string, number>()
    for (const word of files.flatMap((file) => textOf(file).match(/\w+/gu) ?? []))
      uses.set(word, (uses.get(word) ?? 0) + 1)
    expect(exported.filter((name) => (uses.get(name) ?? 0) < 2)).toEqual([])
  })
})

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Source without its comments; what stands between quotes stays, also where it looks like one. */
function withoutComments(text: string): string {
  const parts = /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/.*$/gmu
  return text.replace(parts, (_, quoted: string | undefined) => quoted ?? '')
}

function wordsOf(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.flatMap((file) => textOf(file).match(/\w+/gu) ?? []))
}

/** The tables of options of a file: their options that have an effect, and what stands in the file beside the tables. */
function optionTablesOf(file: string) {
  const pattern = /^export const (\w+) = \{\n([\s\S]*?)^\} as const satisfies OptionRows$/gmu
  const text = textOf(file)
  const rest = text.replace(pattern, '')
  return [...text.matchAll(pattern)].map(([, name = '', rows = '']) => {
    const flags = [...rows.matchAll(/^ {2}(?:'([^']+)'|(\w+)): \{([\s\S]*?)\},$/gmu)]
      .filter(([, , , row = '']) => !/\binert: true\b/u.test(row))
      .map(([, quoted, plain]) => quoted ?? plain ?? '')
    return { file, name, flags, rest }
  })
}
