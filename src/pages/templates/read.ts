import { quote } from '../../lib/text.ts'
import type { Platform } from '../../platform.ts'
import { failed, ok, type Result } from '../../result.ts'

/** Names of the files that `custom-templates-dir` may have, as oauth2-proxy knows them. */
export const TEMPLATE_FILES = ['sign_in.html', 'error.html', 'robots.txt'] as const

/** Texts of the files that are there. */
export type TemplateFiles = Readonly<Partial<Record<(typeof TEMPLATE_FILES)[number], string>>>

/** More than this is no page that a person waits for. */
const LARGEST_FILE = 256 * 1024

/** Reads the files; what is absent stays Sidegate's own. */
export function readTemplateFiles(
  directory: string,
  { readFile }: Pick<Platform, 'readFile'>,
): Result<TemplateFiles, string> {
  const files: Partial<Record<(typeof TEMPLATE_FILES)[number], string>> = {}
  for (const name of TEMPLATE_FILES) {
    const path = `${directory}/${name}`
    const text = readOne(path, readFile)
    if (!text.ok) return text
    if (text.value === undefined) continue
    if (text.value.length > LARGEST_FILE)
      return failed(`make ${quote(path)} shorter than ${LARGEST_FILE} characters`)
    files[name] = text.value
  }
  return ok(files)
}

function readOne(path: string, readFile: Platform['readFile']): Result<string | undefined, string> {
  try {
    return ok(readFile?.(path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? ok(undefined)
      : failed(`make ${quote(path)} readable (${code})`)
  }
}
