import type { Frame } from './frame.ts'
import { breakable, type Fragment } from './markup.ts'

/** Name of the application on a page: the operator's, else its host. */
export function appName({ name, texts }: Pick<Frame, 'name' | 'texts'>, host: string | undefined): Fragment {
  return name ?? (host === undefined ? texts.app : breakable(host))
}

/** The same as plain text, for `<title>` and for programs. */
export function plainAppName({ name, texts }: Pick<Frame, 'name' | 'texts'>, host?: string): string {
  return name ?? host ?? texts.app
}
