import type { OwnPaths } from '../config/own-paths.ts'
import type { PagesConfig } from '../config/sections/pages.ts'
import type { PolicyConfig } from '../config/sections/policy.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import type { SignInConfig } from '../config/sections/sign-in.ts'
import type { Accent } from './accent.ts'
import { toContact } from './contact.ts'
import { EN } from './locales/en.ts'
import { LOGO, toIconLink } from './logo.ts'
import { html, type Markup, trusted } from './markup.ts'
import { STYLE, STYLE_SOURCE } from './styles.ts'
import { fill, type Texts } from './texts.ts'

/** The part of the configuration that the pages read. */
export interface PagesSettings {
  readonly pages: PagesConfig
  readonly paths: OwnPaths
  readonly policy: Pick<PolicyConfig, 'emailDomains' | 'authenticatedEmailsFile' | 'perProvider'>
  readonly providers: readonly Pick<ProviderConfig, 'id' | 'displayName' | 'issuer'>[]
  readonly signIn: Pick<SignInConfig, 'htpasswdFile' | 'displayHtpasswdForm'>
}

/** The shared parts of all pages of one configuration, compiled once. */
export interface Frame {
  readonly paths: OwnPaths
  readonly texts: Texts
  /** The operator's name for the application. */
  readonly name: string | undefined
  /** Contact for help. */
  readonly contact: Markup | undefined
  /** True when links to a sign-in name the provider, because there are several. */
  readonly namesProvider: boolean
  /** True when there is more than one provider or form to sign in with. */
  readonly hasChoice: boolean
  /** Style sheets and icon, for the head of every page. */
  readonly head: Markup
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
export function compileFrame(config: PagesSettings, accent?: Accent): Frame {
  const { appName, banner, contact, footer, logo, showDebugOnError } = config.pages
  const { displayHtpasswdForm, htpasswdFile } = config.signIn
  const texts = EN
  return {
    paths: config.paths,
    texts,
    name: appName === '' ? undefined : appName,
    contact: contact === '' ? undefined : toContact(contact),
    namesProvider: config.providers.length > 1,
    hasChoice: config.providers.length > 1 || (htpasswdFile !== undefined && displayHtpasswdForm),
    head: trusted(`<style>${STYLE}</style>${accent === undefined ? '' : `\n<style>${accent.style}</style>`}
${toIconLink(accent?.colors)}`),
    logo: chosen(logo, LOGO),
    banner: chosen(banner, paragraph(domainsText(texts, config.policy))),
    footer: chosen(footer, html`${texts.footer}`),
    showDebug: showDebugOnError,
    assetPolicy: toAssetPolicy([banner, footer, logo].join(''), accent),
    signOutTargets: ['https:', ...config.providers.flatMap(plainHttpOrigin)],
  }
}

function chosen(setting: string, otherwise: Markup | undefined): Markup | undefined {
  if (setting === '-') return undefined
  return setting === '' ? otherwise : trusted(setting)
}

/** Sentence that names the e-mail domains of those who may sign in; undefined where they say nothing. */
export function domainsText(
  { signIn }: Texts,
  { emailDomains, authenticatedEmailsFile, perProvider = new Map() }: PagesSettings['policy'],
): Markup | undefined {
  if ([...perProvider.values()].some((rules) => rules.emailDomains !== undefined)) return undefined
  if (authenticatedEmailsFile !== undefined || emailDomains.length === 0 || emailDomains.includes('*'))
    return undefined
  return fill(signIn.domains, { domains: emailDomains.join(', ') })
}

function paragraph(text: Markup | undefined): Markup | undefined {
  return text && html`<p>${text}</p>`
}

/**
 * CSP directives for styles and images. Sidegate's own pages need style sheets, known by their hashes, and an icon that
 * stands in the page. Markup of the operator may bring pictures, and inline styles, as drawing programs write them into
 * SVG; a hash beside `'unsafe-inline'` would switch the latter off.
 */
function toAssetPolicy(operatorMarkup: string, accent: Accent | undefined): string {
  const sheets = accent === undefined ? STYLE_SOURCE : `${STYLE_SOURCE} ${accent.source}`
  const styles = /\bstyle\b/iu.test(operatorMarkup) ? "'unsafe-inline'" : sheets
  const images = /<(?:img|image)\b/iu.test(operatorMarkup) ? imageSources(operatorMarkup) : 'data:'
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
