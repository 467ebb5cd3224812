import { toBase64 } from '../../lib/bytes.ts'
import { quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { OptionRows } from '../option.ts'
import type { SettingsOf } from '../settings.ts'
import { type Files, readBytesFile, readTextFile } from '../sources/files.ts'
import { checkUrl } from '../values/url.ts'

/** Options of the pages. */
export const PAGE_OPTIONS = {
  banner: {
    group: 'Pages',
    kind: 'string',
    default: '',
    markup: true,
    placeholders: 'meant',
    about: 'HTML above the sign-in button, yours and not escaped; `-` hides it, empty is a default text.',
  },
  footer: {
    group: 'Pages',
    kind: 'string',
    default: '',
    markup: true,
    placeholders: 'meant',
    about: 'HTML at the end of our pages, yours and not escaped; `-` hides it, empty is a default text.',
  },
  'custom-sign-in-logo': {
    group: 'Pages',
    kind: 'string',
    default: '',
    about:
      'Logo of the sign-in page: a .svg (inlined), .png, .jpg or .jpeg file, an `https://` address, which adds its origin to `img-src` of the page, or `-` for none. Files need Node or Deno.',
  },
  'show-debug-on-error': {
    group: 'Pages',
    kind: 'boolean',
    default: false,
    about: 'Show the reason and its details on error pages. Never tokens or secrets.',
  },
  'custom-templates-dir': {
    group: 'Pages',
    kind: 'file',
    default: '',
    supported: false,
    instead: 'banner, footer and custom-sign-in-logo change our pages',
    about: 'Directory with own pages.',
  },
} as const satisfies OptionRows

/** What operators put on our pages. */
export interface PagesConfig {
  /** Trusted HTML of the operator above the button; `-` hides, empty is the default text. */
  readonly banner: string
  readonly footer: string
  /** Markup of the logo, ready to be inlined; empty is ours, `-` is none. */
  readonly logo: string
  readonly showDebugOnError: boolean
}

/** More than this does not belong into every sign-in page. */
const LARGEST_LOGO_BYTES = 256 * 1024

/** What operators put on our pages. */
export function buildPages(settings: SettingsOf<typeof PAGE_OPTIONS>, files: Files): PagesConfig {
  const logo = readLogo(settings.value('custom-sign-in-logo'), files)
  if (!logo.ok) settings.problem('custom-sign-in-logo', logo.problem)
  const showDebugOnError = settings.value('show-debug-on-error')
  if (showDebugOnError) settings.warning('show-debug-on-error', 'visitors see the reasons of errors')
  return {
    banner: settings.value('banner'),
    footer: settings.value('footer'),
    logo: logo.ok ? logo.value : '',
    showDebugOnError,
  }
}

function readLogo(text: string, files: Files): Result<string, string> {
  if (text === '' || text === '-') return ok(text)
  if (/^https?:/iu.test(text)) return readLinkedLogo(text)
  if (/\.svg$/iu.test(text)) return readSvg(text, files)
  const [, type] = /\.(png|jpe?g)$/iu.exec(text) ?? []
  if (type === undefined) {
    return failed(`give a .svg, .png, .jpg or .jpeg file, an https URL or -, not ${quote(text)}`)
  }
  const bytes = readBytesFile(files, text)
  if (!bytes.ok) return bytes
  if (bytes.value.length > LARGEST_LOGO_BYTES) {
    return failed(`give a logo of at most ${LARGEST_LOGO_BYTES} bytes`)
  }
  const mediaType = type.toLowerCase() === 'png' ? 'image/png' : 'image/jpeg'
  return ok(`<img src="data:${mediaType};base64,${toBase64(bytes.value)}" alt="">`)
}

function readLinkedLogo(text: string): Result<string, string> {
  if (!text.startsWith('https://') || !checkUrl(text).ok || /["'<>]/u.test(text)) {
    return failed(`give a plain https:// URL, not ${quote(text)}`)
  }
  const source = text.replaceAll('&', '&amp;')
  return ok(`<img src="${source}" alt="" referrerpolicy="no-referrer">`)
}

/** Prologue and comments in front of the root element mean nothing inside of HTML. */
function readSvg(path: string, files: Files): Result<string, string> {
  const text = readTextFile(files, path)
  if (!text.ok) return text
  const start = text.value.search(/<svg[\s>]/u)
  if (start < 0) return failed(`put an <svg> element into ${quote(path)}`)
  if (text.value.length > LARGEST_LOGO_BYTES) {
    return failed(`give a logo of at most ${LARGEST_LOGO_BYTES} bytes`)
  }
  return ok(text.value.slice(start).trim())
}
