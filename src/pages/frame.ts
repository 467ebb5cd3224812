import type { OwnPaths } from '../config/own-paths.ts'
import type { PagesConfig } from '../config/sections/pages.ts'
import type { PolicyConfig } from '../config/sections/policy.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import { EN } from './locales/en.ts'
import { html, type Markup, trusted } from './markup.ts'
import { STYLE_SOURCE } from './styles.ts'
import { fill, type Texts } from './texts.ts'

/** The part of the configuration that the pages read. */
export interface PagesSettings {
  readonly pages: PagesConfig
  readonly paths: OwnPaths
  readonly policy: Pick<PolicyConfig, 'emailDomains' | 'authenticatedEmailsFile'>
  readonly providers: readonly Pick<ProviderConfig, 'issuer'>[]
}

/** The shared parts of all pages of one configuration, compiled once. */
export interface Frame {
  readonly paths: OwnPaths
  readonly texts: Texts
  readonly logo: Markup | undefined
  readonly banner: Markup | undefined
  readonly footer: Markup | undefined
  readonly showDebug: boolean
  /** CSP directives for styles and images. */
  readonly assetPolicy: string
  /** CSP sources, beside `'self'`, that a sign-out may redirect to. */
  readonly signOutTargets: readonly string[]
}

/** Compiles what the operator chose: the default text where a setting is empty, nothing where it is `-`. */
export function compileFrame(config: PagesSettings): Frame {
  const { banner, footer, logo, showDebugOnError } = config.pages
  const texts = EN
  return {
    paths: config.paths,
    texts,
    logo: chosen(logo, LOGO),
    banner: chosen(banner, domainsHint(texts, config.policy)),
    footer: chosen(footer, html`${texts.footer}`),
    showDebug: showDebugOnError,
    assetPolicy: toAssetPolicy([banner, footer, logo].join('')),
    signOutTargets: ['https:', ...config.providers.flatMap(plainHttpOrigin)],
  }
}

function chosen(setting: string, otherwise: Markup | undefined): Markup | undefined {
  if (setting === '-') return undefined
  return setting === '' ? otherwise : trusted(setting)
}

function domainsHint(
  { signIn }: Texts,
  { emailDomains, authenticatedEmailsFile }: PagesSettings['policy'],
): Markup | undefined {
  if (authenticatedEmailsFile !== undefined || emailDomains.length === 0 || emailDomains.includes('*'))
    return undefined
  return html`<p>${fill(signIn.domains, { domains: emailDomains.join(', ') })}</p>`
}

/**
 * CSP directives for styles and images. Sidegate's own pages need one style sheet, known by its hash, and no image.
 * Markup of the operator may bring pictures, and inline styles, as drawing programs write them into SVG; a hash beside
 * `'unsafe-inline'` would switch the latter off.
 */
function toAssetPolicy(operatorMarkup: string): string {
  const styles = /\bstyle\b/iu.test(operatorMarkup) ? "'unsafe-inline'" : STYLE_SOURCE
  const images = /<(?:img|image)\b/iu.test(operatorMarkup) ? imageSources(operatorMarkup) : "'none'"
  return `style-src ${styles}; img-src ${images}`
}

/** CSP sources of images: `'self'`, inline pictures, and the https origins that the markup names. */
function imageSources(markup: string): string {
  const origins = (markup.match(/https:\/\/[a-z0-9.-]+(?::\d+)?/giu) ?? []).map((origin) =>
    origin.toLowerCase(),
  )
  return [...new Set(["'self'", 'data:', ...origins])].join(' ')
}

/**
 * Origin of a provider without TLS, as on a developer's machine; it has to be named, because `https:` leaves it out.
 */
function plainHttpOrigin({ issuer }: Pick<ProviderConfig, 'issuer'>): string[] {
  const origin = issuer === undefined ? undefined : toOrigin(issuer)
  return origin?.startsWith('http://') ? [origin] : []
}

/** The origin of an absolute http(s) URL, if it can stand in a policy as it is; undefined for anything else. */
export function toOrigin(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { origin } = new URL(url)
  return /^https?:\/\/[a-z0-9.:[\]-]+$/u.test(origin) ? origin : undefined
}

/** The logo: a side gate that stands ajar. */
const LOGO = html`<svg viewBox="0 0 44 44" width="44" height="44" aria-hidden="true" focusable="false">
<rect width="44" height="44" rx="11" fill="currentColor" />
<path d="M13 33V17.5a9 9 0 0 1 18 0V33" fill="none" stroke="var(--card)" stroke-width="3" stroke-linecap="round" />
<path d="M13 33V17.5a9 9 0 0 1 9-9V33z" fill="var(--card)" />
<circle cx="18.6" cy="22" r="1.6" fill="currentColor" />
</svg>`
