import type { HeaderLines } from '../platform.ts'
import type { Frame } from './frame.ts'
import { html, type Markup } from './markup.ts'

/** A finished page: the document, and the Content-Security-Policy that goes with it. */
export interface Page {
  readonly body: string
  readonly csp: string
}

/** One page inside the common document. `formTargets` and `carriesFragment` widen its Content-Security-Policy. */
export interface PageContent {
  readonly title: string
  readonly main: Markup
  /** CSP sources beside `'self'`: a browser applies `form-action` to redirects after a POST as well (CSP3 §6.4.1). */
  readonly formTargets: readonly string[]
  readonly carriesFragment: boolean
}

/**
 * Headers of every page beside its own policy (type, framing, sniffing, isolation). The referrer policy is not
 * `no-referrer` because that makes browsers send `Origin: null` with Sidegate's own forms (Fetch, "append a request
 * Origin header").
 */
export const PAGE_HEADERS: HeaderLines = [
  'Content-Type',
  'text/html; charset=utf-8',
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'same-origin',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Cross-Origin-Resource-Policy',
  'same-origin',
  'Permissions-Policy',
  'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
]

/** Puts the content of one page into the document that all pages share. */
export function toPage(frame: Frame, content: PageContent): Page {
  const document = html`<!doctype html>
<html lang="${frame.texts.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${content.title}</title>
${frame.head}
${content.carriesFragment ? fragmentScript(frame) : undefined}
</head>
<body>
<main>
${frame.logo && html`<div class="logo">${frame.logo}</div>`}
${content.main}
</main>
${frame.footer && html`<footer>${frame.footer}</footer>`}
</body>
</html>
`
  return { body: document.toString(), csp: toPolicy(frame, content) }
}

function fragmentScript({ paths }: Frame): Markup {
  return html`<script src="${paths.fragmentScript}" defer></script>`
}

function toPolicy(frame: Frame, { formTargets, carriesFragment }: PageContent): string {
  const script = carriesFragment ? "script-src 'self'; " : ''
  const forms = ["'self'", ...formTargets].join(' ')
  return `default-src 'none'; ${script}${frame.assetPolicy}; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`
}
