import { keyOf, type Option, renderDefault, variableOf } from './option.ts'
import { groupsOf, type OptionTable } from './options.ts'

const WIDTH = 100
const INDENT = ' '.repeat(8)

/** The text of `--help`: every option by group, with its variable and default. */
export function renderHelp(table: OptionTable): string {
  const groups = groupsOf(table).map((group) => {
    const rows = [...table].filter(([, option]) => option.group === group)
    return rows.length === 0
      ? ''
      : `${group}\n${rows.map(([flag, option]) => renderOption(flag, option)).join('')}`
  })
  const usage =
    'Usage: sidegate [--option=value ...]\n\nFlags win over variables, variables over the --config file.\n'
  return [usage, ...groups.filter((text) => text !== '')].join('\n')
}

function renderOption(flag: string, option: Option): string {
  const key = keyOf(flag, option)
  const traits = [
    option.kind === 'enum' ? option.values.filter((value) => value !== '').join('|') : option.kind,
    ...(key === undefined ? [] : [variableOf(key)]),
    ...(renderDefault(option) === '' ? [] : [`default ${renderDefault(option)}`]),
  ]
  return `  --${flag}  (${traits.join(', ')})\n${wrap(option.about.replaceAll('`', ''))}\n`
}

function wrap(text: string): string {
  const lines = [INDENT]
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 1 > WIDTH) lines.push(`${INDENT}${word}`)
    else lines[lines.length - 1] = line === INDENT ? `${line}${word}` : `${line} ${word}`
  }
  return lines.join('\n')
}
