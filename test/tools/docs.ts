import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf, type Option, renderDefault, variableOf } from '../../src/config/option.ts'
import { groupsOf, optionTable } from '../../src/config/options.ts'
import { renderJsonSchema } from '../../src/config/structured/json-schema.ts'
import { PROVIDER_KINDS } from '../../src/providers/registry.ts'
import { fillMigratingPage, MIGRATING_PAGE } from './migrating.ts'
import { renderStructuredPage, STRUCTURED_PAGE } from './structured-page.ts'

const TABLE = optionTable(PROVIDER_KINDS)
const ROWS = [...TABLE]

/** Where the page lives. */
export const OPTIONS_PAGE = join(import.meta.dirname, '../../docs/options.md')

const INTRODUCTION = `# Options

<!-- Written by \`npm run docs\` from the options in src/config/sections and src/providers/kinds; edit those. -->

Every option is a flag, and nearly every one is an environment variable and a TOML key too; what is marked YAML has a
place of its own in the [structured file](structured-config.md) and is not taken beside one. The names are those of
oauth2-proxy, so settings can be kept; where an option does something else here, its description says so.

**Who wins.** Flag, then variable, then the TOML file of \`--config\`, then the default. An empty variable counts as not
set; an empty flag (\`--ping-path=\`) does count.

**Lists.** A list flag may be repeated, and each one is a CSV record: \`--upstream=http://a/,http://b/x/\`; an item with a comma
is quoted: \`--skip-auth-route='"^/a{1,2}$"'\`. Variables are split at every comma, without quoting. In TOML write an array.
Blanks beside a comma are dropped with a warning, but for patterns, quoted items and arrays.
Variables and keys of most lists are plural (\`OAUTH2_PROXY_UPSTREAMS\`); a misspelt \`OAUTH2_PROXY_*\` variable is a warning that
names the nearest one.

**Values.** Booleans are \`true\` or \`false\` (also \`1\`, \`t\`, \`0\`, \`f\`), and as flags need \`=\` to be false. Durations
have units: \`300ms\`, \`1.5h\`, \`2h45m\`. A bare number is refused; in the TOML file of oauth2-proxy it means nanoseconds.
A line break at the end of a value is dropped with a warning; of a flag that is given twice the last value counts, with a
warning. Nothing is expanded: \`\${NAME}\`, \`$(NAME)\` and \`{{ name }}\` in a value stop the start.

**Mistakes.** Whatever is wrong stops the start, and everything is said at once, without secret values. Exit code 2 is a
command line that cannot be read (unknown flag, value of the wrong kind), 1 is everything else. \`--config-test\` only checks,
and says what is doubtful as well, each line with \`warning:\` in front.

**Providers** have a page each, with what to click and which of these options they need: [providers](providers/README.md).

**Secrets** belong into variables or files: everybody on a machine can read command lines.
`

/** The whole page, from the option table. */
export function renderOptionsPage(): string {
  const sections = groupsOf(TABLE).map((group) => {
    const rows = ROWS.filter(([, option]) => option.group === group)
    return rows.length === 0
      ? ''
      : `\n## ${group}\n${rows.map(([flag, option]) => renderOption(flag, option)).join('')}`
  })
  return `${INTRODUCTION}${sections.join('')}`
}

function renderOption(flag: string, option: Option): string {
  const names = [`\`--${flag}\``]
  const key = keyOf(flag, option)
  if (key !== undefined) names.push(`\`${variableOf(key)}\``, `\`${key}\``)
  if (option.structured !== undefined) names.push(`YAML \`${option.structured}\``)
  return `\n### ${flag}\n\n${names.join(' · ')}\\\n${renderTraits(option)}\n\n${option.about}\n`
}

function renderTraits(option: Option): string {
  const text = renderDefault(option)
  const traits = [
    option.kind === 'enum'
      ? option.values.map((value) => (value === '' ? 'empty' : `\`${value}\``)).join(', ')
      : option.kind,
    text === '' ? 'no default' : `default \`${text}\``,
  ]
  if (option.kind === 'integer' && option.max !== undefined)
    traits.push(`from ${option.min ?? 0} to ${option.max}`)
  if (option.kind === 'duration' && option.max !== undefined) traits.push(`at most \`${option.max}\``)
  if (option.secret) traits.push('secret')
  if (option.runtimes?.includes('workers') === false) traits.push('not on Workers')
  if (option.inert) traits.push('no effect')
  return traits.join('; ')
}

/** JSON Schema of structured files, which editors can be pointed to. */
export const SCHEMA_FILE = join(import.meta.dirname, '../../docs/config.schema.json')

/** The schema as `--config-schema` prints it. */
export function renderSchemaFile(): string {
  return renderJsonSchema(TABLE)
}

/** The page about structured files. */
export function renderStructuredFile(): string {
  return renderStructuredPage(TABLE)
}

if (import.meta.main) {
  writeFileSync(OPTIONS_PAGE, renderOptionsPage())
  writeFileSync(SCHEMA_FILE, renderSchemaFile())
  writeFileSync(STRUCTURED_PAGE, renderStructuredFile())
  writeFileSync(MIGRATING_PAGE, fillMigratingPage(readFileSync(MIGRATING_PAGE, 'utf8')))
}
