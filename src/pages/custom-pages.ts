import type { Config } from '../config/config.ts'
import { createAccent } from './accent.ts'
import { createPages, type Pages } from './pages.ts'
import type { CustomTemplates, loadTemplates, TemplatesDeps } from './templates/load.ts'

/** The renderer of templates, which a runtime provides if it has files: no other has it in its bundle. */
export interface TemplateEngine {
  /** Version of the program, which templates may show. */
  readonly version: string
  /** Imports the module when there are templates. */
  load(): Promise<{ readonly loadTemplates: typeof loadTemplates }>
}

type CustomPagesDeps = Pick<TemplatesDeps, 'platform' | 'log'> & {
  readonly templateEngine: TemplateEngine | undefined
}

/** Creates the pages of one configuration; throws what to fix when its templates cannot be used. */
export async function createCustomPages(
  config: Config,
  deps: CustomPagesDeps,
): Promise<{ readonly pages: Pages; readonly templates: CustomTemplates | undefined }> {
  const { accentColor } = config.pages
  const own = createPages(config, accentColor === undefined ? undefined : await createAccent(accentColor))
  const templates = await readTemplates(config, deps)
  return { pages: templates?.extend(own) ?? own, templates }
}

/** Reads the operator's templates; undefined where there are none, and throws what to fix. */
export async function readTemplates(
  config: Config,
  { templateEngine, ...deps }: CustomPagesDeps,
): Promise<CustomTemplates | undefined> {
  const directory = config.pages.templatesDirectory
  if (directory === undefined) return undefined
  if (templateEngine === undefined) throw new TypeError('this runtime has no templates')
  const { loadTemplates: load } = await templateEngine.load()
  const loaded = load({ config, directory, version: templateEngine.version, ...deps })
  if (loaded.ok) return loaded.value
  throw new Error(loaded.problem)
}
