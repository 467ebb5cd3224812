import type { RawConfig } from '../build.ts'
import { keyOf, type Option, type RuntimeName, variableOf } from '../option.ts'
import type { OptionTable } from '../options.ts'
import type { Report } from '../report.ts'
import { type AnySettings, readSettings } from '../settings.ts'
import type { Given, OptionSource } from '../sources/source.ts'
import { withStrict } from '../strict.ts'
import { readRecords } from './records/records.ts'
import type { ReadVariable } from './records/secret.ts'
import { readSection, type Section } from './section.ts'
import { type SettingsDeps, toOptionSource } from './section-settings.ts'
import { freeOptions } from './shape.ts'
import { fileShape } from './shapes/file.ts'
import { renderPlace } from './yaml/entry.ts'
import { parseYaml } from './yaml/parse-yaml.ts'
import { substitute } from './yaml/substitute.ts'

interface StructuredInput extends SettingsDeps {
  readonly name: string
  readonly text: string
  readonly table: OptionTable
  /** Flags, variables and the TOML file, which win over the key `options` of the file. */
  readonly sources: readonly OptionSource[]
  readonly readVariable: ReadVariable
}

/** The options and the records of a structured file with the sources beside it. */
export interface StructuredConfig {
  readonly all: AnySettings
  readonly raw: RawConfig
}

/**
 * Reads a structured file (oauth2-proxy's `--alpha-config`). Options that have a place in it are refused in the other
 * sources, as there; of variables, which may be left from before, it is a warning. Undefined when the file cannot be read
 * at all.
 */
export function readStructured(input: StructuredInput): StructuredConfig | undefined {
  const { table, runtime, report, name } = input
  const root = readRoot(input)
  if (root === undefined) return undefined
  const others = input.sources.map((source) =>
    withoutPlaced(source, { table, file: name, text: input.text }, report),
  )
  const free = withStrict([...others, toOptionSource(root.maps.get('options'), freeOptions(table))])
  const all = readSettings(
    {
      table,
      sources: free,
      runtime,
      nameOf: (flag, { option }) =>
        option?.structured === undefined
          ? nameFree(flag, { option, runtime, file: name })
          : root.labelOf(option.structured),
    },
    report,
  )
  return { all, raw: readRecords(root, { ...input, sources: free }) }
}

function readRoot({ name, text, table, report, readVariable }: StructuredInput): Section | undefined {
  const filled = substitute(text.replace(/^\uFEFF/u, ''), readVariable)
  if (!filled.ok) {
    for (const { sentence, line } of filled.problem) report.problem(`${name}, line ${line}`, sentence)
    return undefined
  }
  for (const { name: variable, line } of filled.value.unset) {
    report.warning(
      `${name}, line ${line}`,
      `set the variable ${variable}, it is not there and nothing stands in its place`,
    )
  }
  const parsed = parseYaml(filled.value.text)
  if (!parsed.ok) {
    for (const { sentence, place } of parsed.problem)
      report.problem(`${name}, ${renderPlace(place)}`, sentence)
    return undefined
  }
  const { root, second } = parsed.value
  if (second !== undefined) {
    report.warning(
      `${name}, ${renderPlace(second)}`,
      'remove this second document, only the first one counts',
    )
  }
  if (root.kind !== 'map' && root.kind !== 'nothing') {
    report.problem(
      `${name}, ${renderPlace(root.place)}`,
      'give a map, such as "server:" with "bindAddress:" below it',
    )
    return undefined
  }
  return readSection(root, { shape: fileShape(table), path: '' }, { file: name, report })
}

/** The options of a source that have no place in the file; the others are told where theirs is. */
function withoutPlaced(
  source: OptionSource,
  { table, file, text }: { readonly table: OptionTable; readonly file: string; readonly text: string },
  report: Report,
): OptionSource {
  const kept = new Map<string, Given>()
  for (const [flag, given] of source) {
    const place = table.get(flag)?.structured
    if (place === undefined) kept.set(flag, given)
    else if (given.source === 'flag') {
      report.usage(
        given.label,
        `remove this flag beside --alpha-config, ${place} in ${file} is the place for it`,
      )
    } else if (given.source === 'file') {
      report.problem(
        given.label,
        `remove this key beside --alpha-config, ${place} in ${file} is the place for it`,
      )
    } else if (!namesVariable(text, given.label)) {
      report.warning(
        given.label,
        `nothing reads this beside --alpha-config, ${place} in ${file} is the place for it`,
      )
    }
  }
  return kept
}

/** True where a file takes the value of a variable for one of its own: `${NAME}`, `fromEnv: NAME`. */
function namesVariable(text: string, variable: string): boolean {
  return new RegExp(String.raw`^[^#]*\b${variable}\b`, 'mu').test(text)
}

function nameFree(
  flag: string,
  {
    option,
    runtime,
    file,
  }: { readonly option: Option | undefined; readonly runtime: RuntimeName; readonly file: string },
): string {
  const key = option === undefined ? undefined : keyOf(flag, option)
  if (key === undefined) return `--${flag}`
  return `${runtime === 'workers' ? variableOf(key) : `--${flag}`} or options.${key} in ${file}`
}
