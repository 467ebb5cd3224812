// Writes into docs/providers/README.md how many test cases stand behind each cell of its table:
//
//     npx vitest run --project unit test/unit/providers --reporter=json --outputFile=/tmp/report.json
//     node test/tools/provider-cases.ts /tmp/report.json
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const INDEX = join(import.meta.dirname, '../../docs/providers/README.md')

/** Columns of the table behind the first, and the titles that belong to each but the first; the first that fits counts. */
const COLUMNS = ['sign-in', 'groups', 'refresh', 'restrictions', 'sign-out', 'bearer tokens'] as const
const TITLES: readonly (readonly [(typeof COLUMNS)[number], RegExp])[] = [
  ['bearer tokens', /bearer token/iu],
  ['sign-out', /sign-out|logout|left by|revoke/iu],
  ['refresh', /refresh|once a day|a day later|new token|takes back/iu],
  [
    'restrictions',
    /rule|tenant|not permitted|other (?:workspaces|repositories)|start stops|project .* with level/iu,
  ],
  ['groups', /groups?\b|roles?\b|projects|workspaces|servers|director|Graph|organisation|teams\b/iu],
]

/** Files with the cases of one kind, and the beginnings of titles in those with several. */
const FILES: Readonly<Record<string, string>> = {
  'kinds/apple': 'apple',
  'kinds/github': 'github',
  'kinds/google': 'google',
  'kinds/keycloak': 'keycloak-oidc',
  'kinds/login-gov': 'login.gov',
}
const BEGINNINGS: Readonly<Record<string, string>> = {
  'AD FS': 'adfs',
  Azure: 'azure',
  'Entra ID': 'entra-id',
  'the options of Entra ID': 'entra-id',
}

/** Files of the generic provider whose cases all belong to one column. */
const WHOLE: Readonly<Record<string, string>> = {
  'oidc/bearer': 'bearer tokens',
  'oidc/logout-token': 'sign-out',
  'oidc/refresh': 'refresh',
}

function nameOf(file: string): string {
  return file.replace(/^.*providers\/|\.test\.ts$/gu, '')
}

function kindOf(file: string, title: string): string | undefined {
  const name = nameOf(file)
  if (name.startsWith('oidc/')) return 'oidc'
  if (FILES[name] !== undefined) return FILES[name]
  const [, named] = Object.entries(BEGINNINGS).find(([beginning]) => title.startsWith(beginning)) ?? []
  const rest = title.replace(/^presets of OpenID providers /u, '').toLowerCase()
  return named ?? PROVIDER_KINDS.find(({ kind }) => rest.startsWith(`${kind} `))?.kind
}

// Cast: the file is what vitest's reporter writes.
const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report
const counts = new Map<string, number>()
for (const { name, assertionResults } of report.testResults) {
  for (const { fullName, status } of assertionResults) {
    const column =
      WHOLE[nameOf(name)] ?? TITLES.find(([, pattern]) => pattern.test(fullName))?.[0] ?? 'sign-in'
    const cell = `${kindOf(name, fullName)}/${column}`
    if (status === 'passed') counts.set(cell, (counts.get(cell) ?? 0) + 1)
  }
}

const text = readFileSync(INDEX, 'utf8').replace(
  /^\| \[[^\]]+\]\(([\w.-]+)\.md\) .*$/gmu,
  (row, kind: string) => {
    const [before = '', first = '', ...cells] = row.split('|').slice(0, -1)
    const counted = COLUMNS.map((column, at) => {
      const words = (cells[at] ?? '').replace(/ \d+$/u, '').trim().replace(/ \d+$/u, '')
      const count = counts.get(`${kind}/${column}`)
      return ` ${words}${count === undefined ? '' : ` ${count}`} `
    })
    return `${[before, first, ...counted].join('|')}|`
  },
)
writeFileSync(INDEX, text)
