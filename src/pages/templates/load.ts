import { compileTemplates, type Templates } from '../../gotemplate/compile.ts'
import type { TemplateProblem } from '../../gotemplate/failure.ts'
import type { Platform } from '../../platform.ts'
import type { Level } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'
import { compileFrame, type PagesSettings } from '../frame.ts'
import type { Page } from '../layout.ts'
import type { Pages } from '../pages.ts'
import { BULMA_STYLES } from './bulma.ts'
import { createTemplateData, TEMPLATE_FIELDS, type TemplateData } from './fields.ts'
import { ICON_STYLES } from './icons.ts'
import { toTemplatePolicy } from './policy.ts'
import { readTemplateFiles, TEMPLATE_FILES, type TemplateFiles } from './read.ts'

/** Files of `custom-templates-dir`, in force: what they have stands in the place of Sidegate's own pages. */
export interface CustomTemplates {
  /** Pages of which those that have a template are rendered from it. */
  extend(pages: Pages): Pages
  /** Text of `robots.txt`; undefined where there is no file. */
  robots(): string | undefined
  /** Style sheets, at the addresses that oauth2-proxy's templates link to. */
  readonly styles: readonly { readonly path: string; readonly text: string }[]
}

export interface TemplatesDeps {
  readonly config: PagesSettings
  readonly directory: string
  readonly platform: Pick<Platform, 'readFile' | 'watch'>
  readonly version: string
  /** Sink of log lines. */
  readonly log: { line(level: Level, message: string, fields: Readonly<Record<string, string>>): void }
}

/** One state of the files. */
interface Generation {
  readonly files: TemplateFiles
  readonly templates: Templates
  readonly policy: string
  /** Failures that were logged. */
  readonly told: Set<string>
}

/**
 * Reads and compiles the files, and again when one of them changes; a change that is broken is logged, and what was read
 * before stays. The failure is the message of a start that is refused, with a line for each mistake.
 */
export function loadTemplates(deps: TemplatesDeps): Result<CustomTemplates, string> {
  const { config, directory, platform, log } = deps
  const first = read(deps)
  if (!first.ok) {
    return failed(`Sidegate cannot start, fix the templates:\n${first.problem.replaceAll(/^/gmu, '  ')}`)
  }
  let current = first.value
  const reload = (): void => {
    const next = read(deps)
    if (!next.ok) log.line('error', 'Fix the templates, the ones before stay in force', { why: next.problem })
    else if (!isSame(next.value.files, current.files)) {
      current = next.value
      log.line('info', 'The templates were read again', describe(directory, current))
    }
  }
  for (const name of TEMPLATE_FILES) platform.watch?.({ path: `${directory}/${name}`, onChange: reload })
  announce(deps, current)
  const data = createTemplateData({ config, frame: compileFrame(config), version: deps.version })
  return ok({
    extend: (pages) => extendPages(pages, { data, current: () => current, deps }),
    robots: () => current.files['robots.txt'],
    styles: [
      { path: config.paths.bulmaStyles, text: BULMA_STYLES },
      { path: config.paths.iconStyles, text: ICON_STYLES },
    ],
  })
}

function read({ config, directory, platform }: TemplatesDeps): Result<Generation, string> {
  const files = readTemplateFiles(directory, platform)
  if (!files.ok) return files
  const pages = ['sign_in.html', 'error.html'] as const
  const given = pages.flatMap((name) => {
    const text = files.value[name]
    return text === undefined ? [] : [{ name, text }]
  })
  const compiled = compileTemplates({ files: given, pages, fields: TEMPLATE_FIELDS })
  if (!compiled.ok) return failed(compiled.problem.map((problem) => explain(directory, problem)).join('\n'))
  const { banner, footer, logo } = config.pages
  const policy = toTemplatePolicy([...given.map(({ text }) => text), banner, footer, logo])
  return ok({ files: files.value, templates: compiled.value, policy, told: new Set() })
}

function explain(directory: string, { file, line, sentence }: TemplateProblem): string {
  return `${directory}/${file}:${line}: ${sentence}`
}

function isSame(left: TemplateFiles, right: TemplateFiles): boolean {
  return TEMPLATE_FILES.every((name) => left[name] === right[name])
}

function describe(directory: string, { files, policy }: Generation): Readonly<Record<string, string>> {
  const found = TEMPLATE_FILES.filter((name) => files[name] !== undefined)
  return { directory, files: found.join(', '), policy }
}

function announce({ directory, log }: TemplatesDeps, generation: Generation): void {
  const fields = describe(directory, generation)
  if (fields['files'] === '') {
    log.line(
      'warn',
      `Put ${TEMPLATE_FILES.join(', ')} into custom-templates-dir, there is none of them yet`,
      {
        directory,
      },
    )
    return
  }
  log.line(
    'info',
    'Pages come from templates, whose Content-Security-Policy lets their scripts and styles be of any origin',
    fields,
  )
}

interface Extension {
  readonly data: TemplateData
  readonly current: () => Generation
  readonly deps: TemplatesDeps
}

function extendPages(pages: Pages, { data, current, deps }: Extension): Pages {
  /** A page from its template; undefined where there is none, or where it fails. */
  function render(
    name: 'sign_in.html' | 'error.html',
    values: () => ReturnType<TemplateData['error']>,
  ): Page | undefined {
    const generation = current()
    if (!generation.templates.has(name)) return undefined
    const body = generation.templates.render(name, values())
    if (body.ok) return { body: body.value, csp: generation.policy }
    const why = explain(deps.directory, body.problem)
    // One line for each place of a template, however many people see the page.
    const place = `${body.problem.file}:${body.problem.line}`
    if (!generation.told.has(place)) {
      generation.told.add(place)
      deps.log.line('error', "Fix the template, Sidegate's own page is shown in its place", { why })
    }
    return undefined
  }

  const extended: Pages = {
    ...pages,
    hasErrorTemplate: () => current().templates.has('error.html'),
    signIn(view) {
      // Templates know two failures of the form, by 400 and 401; this one is told on a page of its own.
      if (view.problem === 'too_many_attempts' && current().templates.has('sign_in.html')) {
        const { host, problem: reason, requestId = '', returnTo } = view
        return extended.error({ problem: { reason }, host, requestId, returnTo })
      }
      return render('sign_in.html', () => data.signIn(view)) ?? pages.signIn(view)
    },
    error(view) {
      // Without a request id it is an answer that is made in advance, for overload: it costs nothing, and never changes.
      if (view.requestId === undefined) return pages.error(view)
      return render('error.html', () => data.error(view)) ?? pages.error(view)
    },
  }
  return extended
}
