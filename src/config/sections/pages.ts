import { toBase64 } from '../../lib/bytes.ts'
import { hasControls, quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import { type OptionRows, SERVERS } from '../option.ts'
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
  'app-name': {
    group: 'Pages',
    kind: 'string',
    default: '',
    about: 'Name of the application on our pages; empty is its host.',
  },
  contact: {
    group: 'Pages',
    kind: 'string',
    default: '',
    about:
      'Contact for people who need help: an e-mail address, an https:// address or a short text. Stands on error pages.',
  },
  'accent-color': {
    group: 'Pages',
    kind: 'string',
    default: '',
    about:
      'Colour of buttons and links, `#rgb` or `#rrggbb`. What stands on a button is black or white, whichever can be read; links are as much darker or lighter as they have to be.',
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
    runtimes: SERVERS,
    about:
      "Directory with any of `sign_in.html` and `error.html` (templates of Go's html/template) and `robots.txt`, read again when they change; what is absent stays Sidegate's own page. See pages.md.",
  },
} as const satisfies OptionRows

/** Texts, logo and HTML that operators put on the pages. */
export interface PagesConfig {
  /** Trusted HTML of the operator above the button; `-` hides, empty is the default text. */
  readonly banner: string
  readonly footer: string
  /** Markup of the logo, ready to be inlined; empty is Sidegate's, `-` is none. */
  readonly logo: string
  /** Name of the application; empty is the host. */
  readonly appName: string
  /** Contact in plain text; empty is none. */
  readonly contact: string
  /** Colour `#rrggbb`; undefined for the default. */
  readonly accentColor: string | undefined
  readonly showDebugOnError: boolean
  /** Directory of the operator's templates, without a slash at its end. */
  readonly templatesDirectory: string | undefined
}

/** More than this does not belong into every sign-in page. */
const LARGEST_LOGO_BYTES = 256 * 1024

/** Reads the texts, logo and HTML that operators put on the pages. */
export function buildPages(settings: SettingsOf<typeof PAGE_OPTIONS>, files: Files): PagesConfig {
  const logo = readLogo(settings.value('custom-sign-in-logo'), files)
  if (!logo.ok) settings.problem('custom-sign-in-logo', logo.problem)
  const showDebugOnError = settings.value('show-debug-on-error')
  if (showDebugOnError) settings.warning('show-debug-on-error', 'visitors see the reasons of errors')
  return {
    banner: settings.value('banner'),
    footer: settings.value('footer'),
    logo: logo.ok ? logo.value : '',
    appName: readLine(settings, 'app-name', 60),
    contact: readLine(settings, 'contact', 200),
    accentColor: readColor(settings),
    showDebugOnError,
    templatesDirectory: settings.value('custom-templates-dir').replace(/(?<=.)\/+$/u, '') || undefined,
  }
}

function readLine(
  settings: SettingsOf<typeof PAGE_OPTIONS>,
  flag: 'app-name' | 'contact',
  longest: number,
): string {
  const text = settings.value(flag).trim()
  if (text.length > longest || hasControls(text)) {
    settings.problem(flag, `give one line of at most ${longest} characters, not ${quote(text)}`)
    return ''
  }
  return text
}

/** Reads a colour in six digits (CSS Color 4 §5.2). */
function readColor(settings: SettingsOf<typeof PAGE_OPTIONS>): string | undefined {
  const text = settings.value('accent-color').toLowerCase()
  if (text === '') return undefined
  const short = /^#([\da-f])([\da-f])([\da-f])$/u.exec(text)?.slice(1)
  if (short !== undefined) return `#${short.map((digit) => digit + digit).join('')}`
  if (/^#[\da-f]{6}$/u.test(text)) return text
  settings.problem('accent-color', `give a colour such as #2a54c9, not ${quote(text)}`)
  return undefined
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
