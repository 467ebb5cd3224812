import { failed, ok, type Result } from '../result.ts'
import { escapePage } from './escape/escape.ts'
import { TemplateFailure, type TemplateProblem } from './failure.ts'
import { checkFields } from './fields.ts'
import { mergeTrees, parseFile, type TemplateFile } from './parse/parse.ts'
import type { TemplateTree } from './parse/tree.ts'
import { executePage } from './run/execute.ts'
import { FUNCTIONS } from './run/functions.ts'
import type { GoStruct } from './values.ts'

/** Files of templates that are ready to be rendered. */
export interface Templates {
  /** True when one of the files defines a template of that name. */
  has(name: string): boolean
  /** Renders a page. The failure is one that depends on the data; nothing throws. */
  render(name: string, data: GoStruct): Result<string, TemplateProblem>
}

/** Files, the templates of them that are pages, and what these pages know. */
export interface TemplatesInput {
  readonly files: readonly TemplateFile[]
  readonly pages: readonly string[]
  /** Names of the fields that the data of every page have. */
  readonly fields: readonly string[]
}

const FUNCTION_NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys())

/**
 * Compiles files of Go's html/template, which share the templates that they define. What would fail whenever it is
 * rendered fails here: the first mistake of each file, with its line.
 */
export function compileTemplates({
  files,
  pages,
  fields,
}: TemplatesInput): Result<Templates, readonly TemplateProblem[]> {
  const trees = new Map<string, TemplateTree>()
  const problems: TemplateProblem[] = []
  for (const file of files) {
    const parsed = attempt(file.name, () => parseFile(file, FUNCTION_NAMES))
    if (parsed.ok) mergeTrees(trees, parsed.value)
    else problems.push(parsed.problem)
  }
  if (problems.length > 0) return failed(problems)
  const planned = new Map(
    pages
      .filter((name) => trees.has(name))
      .map((name) => {
        const page = attempt(name, () => {
          checkFields(trees, name, fields)
          return escapePage(trees, name)
        })
        if (!page.ok) problems.push(page.problem)
        return [name, page] as const
      }),
  )
  if (problems.length > 0) return failed(problems)
  return ok({
    has: (name) => planned.has(name),
    render(name, data) {
      const page = planned.get(name)
      if (page?.ok !== true) return failed({ file: name, line: 0, sentence: 'define this template' })
      return attempt(name, () => executePage(page.value, data))
    },
  })
}

/**
 * The failures of this room are exceptions inside of it, and values outside. So is any other one: whatever a template does,
 * the visitor gets a page.
 */
function attempt<Value>(file: string, work: () => Value): Result<Value, TemplateProblem> {
  try {
    return ok(work())
  } catch (error) {
    if (error instanceof TemplateFailure) return failed({ ...error.place, sentence: error.message })
    const isDeep = error instanceof RangeError
    const sentence = isDeep
      ? 'nest fewer blocks and templates in each other'
      : `report this bug: ${String(error)}`
    return failed({ file, line: 0, sentence })
  }
}
