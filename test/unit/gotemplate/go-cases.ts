import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileTemplates } from '../../../src/gotemplate/compile.ts'
import { type GoStruct, type GoValue, toHtml } from '../../../src/gotemplate/values.ts'

/** What Go made of a template: its text, or the step that failed. */
export type GoOutcome = string | { readonly error: 'parse' | 'escape' | 'execute' }

/** A value with its type, as the program in `go/` writes it. */
type Tagged =
  | null
  | boolean
  | string
  | readonly Tagged[]
  | { readonly html: string }
  | { readonly int: string }
  | { readonly float: number }
  | { readonly map: Readonly<Record<string, Tagged>> }

/** The cases of the file: the first line holds the data, each other line a template. */
export interface GoCases {
  readonly values: readonly Tagged[]
  readonly page: Readonly<Record<string, Tagged>>
  readonly places: readonly GoPlace[]
  readonly written: readonly GoCase[]
}

/** A template with the outcome for each of the values. */
export interface GoPlace {
  readonly place: string
  readonly outcomes: readonly GoOutcome[]
}

/** A template over the data of the page. */
export interface GoCase {
  readonly kind: 'syntax' | 'random'
  readonly template: string
  readonly outcome: GoOutcome
}

export function readCases(file = join(import.meta.dirname, 'go-cases.jsonl')): GoCases {
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
  // The program in go/ writes these shapes.
  const { values, page } = JSON.parse(head ?? '') as Pick<GoCases, 'values' | 'page'>
  const cases = lines.map((line) => JSON.parse(line) as GoPlace | GoCase)
  return {
    values,
    page,
    places: cases.filter((one) => 'place' in one),
    written: cases.filter((one) => 'kind' in one),
  }
}

export function toValue(tagged: Tagged): GoValue {
  if (tagged === null || typeof tagged === 'boolean' || typeof tagged === 'string') return tagged
  if (isList(tagged)) return tagged.map(toValue)
  if ('html' in tagged) return toHtml(tagged.html)
  if ('int' in tagged) return BigInt(tagged.int)
  if ('float' in tagged) return tagged.float
  return new Map(Object.entries(tagged.map).map(([key, value]) => [key, toValue(value)]))
}

function isList(tagged: Tagged): tagged is readonly Tagged[] {
  return Array.isArray(tagged)
}

/** Fields of the struct of Go in their order, which JSON does not keep. */
const ORDER = 'SHEIZNFBCMLXOD'

export function toData(fields: Readonly<Record<string, Tagged>>): GoStruct {
  const entries = Object.entries(fields).map(([name, value]) => [name, toValue(value)] as const)
  const inOrder = entries.sort(([left], [right]) => ORDER.indexOf(left) - ORDER.indexOf(right))
  return { kind: 'struct', fields: new Map(inOrder) }
}

/** The text, or where it failed: before anything is rendered, or while it is. */
export function render(
  template: string,
  data: GoStruct,
): string | { readonly error: string; readonly why: string } {
  const name = 'page.html'
  const compiled = compileTemplates({
    files: [{ name, text: template }],
    pages: [name],
    fields: [...data.fields.keys()],
  })
  if (!compiled.ok)
    return {
      error: 'compile',
      why: compiled.problem.map(({ line, sentence }) => `${line}: ${sentence}`).join(),
    }
  const rendered = compiled.value.render(name, data)
  if (rendered.ok) return rendered.value
  return { error: 'execute', why: `${rendered.problem.line}: ${rendered.problem.sentence}` }
}
