import { join } from 'node:path'
import { optionTable } from '../../src/config/options.ts'
import { STRICT } from '../../src/config/strict.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { DIFFERENCES } from '../compare/table.ts'

/** Where the page lives. */
export const MIGRATING_PAGE = join(import.meta.dirname, '../../docs/migrating.md')

/** The page with its tables as the data has them now; what stands around them stays. */
export function fillMigratingPage(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, render]) => {
    const start = `<!-- table ${name}: written by \`npm run docs\` -->\n`
    const end = `\n<!-- end of table ${name} -->`
    const [before, rest] = text.split(start)
    const after = rest?.split(end)[1]
    if (before === undefined || after === undefined)
      throw new Error(`${MIGRATING_PAGE} has no place for ${name}`)
    return `${before}${start}\n${render()}${end}${after}`
  }, page)
}

const TABLES: Readonly<Record<string, () => string>> = {
  differences: () => [...new Set(DIFFERENCES.map(({ area }) => area))].map(renderArea).join('\n'),
  strict: () =>
    table(
      ['setting', '`--strict`', 'without it, as in oauth2-proxy'],
      STRICT.map(({ flag, value, danger }) => [
        `[\`--${flag}\`](options.md#${flag})`,
        `\`${value}\``,
        danger,
      ]),
    ),
  fate: () =>
    table(['fate', 'options'], [['accepted, nothing to change', flagsWhere(({ inert }) => inert === true)]]),
}

function renderArea(area: string): string {
  const rows = DIFFERENCES.filter((row) => row.area === area)
  const head = ['', 'with', 'oauth2-proxy', 'here', 'because', 'switch']
  const cells = rows.map(({ id, input, ours, reason, theirs, switch: way }) => [
    id,
    input,
    theirs,
    ours,
    reason,
    way,
  ])
  return `### ${area}\n\n${table(head, cells)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

type Listed = { readonly inert?: true }

function flagsWhere(fits: (option: Listed) => boolean): string {
  const flags = [...optionTable(PROVIDER_KINDS)].flatMap(([flag, option]) =>
    fits(option) ? [`\`${flag}\``] : [],
  )
  return flags.join(', ') || 'none'
}
