import type { Frame } from './frame.ts'
import { html, type Markup } from './markup.ts'

/** Parameters of a link to `<prefix>/start`. */
export interface StartLink {
  /** The validated return target: an absolute path, or a URL of an allowed host. */
  readonly returnTo: string
  /** Id of the provider, where there is a choice. */
  readonly provider?: string | undefined
  /** E-mail address that chose the provider. */
  readonly loginHint?: string | undefined
  /** Asks the provider to let the person choose another account. */
  readonly otherAccount?: boolean
}

/** Address that starts a sign-in: `<prefix>/start?rd=…`. */
export function toStartHref(
  { paths }: Frame,
  { returnTo, provider, loginHint, otherAccount }: StartLink,
): string {
  // URLSearchParams never throws, unlike encodeURIComponent on a lone surrogate.
  const query = new URLSearchParams({ rd: returnTo })
  if (provider !== undefined) query.set('provider', provider)
  if (loginHint !== undefined) query.set('login_hint', loginHint)
  if (otherAccount === true) query.set('account', 'other')
  return `${paths.start}?${query}`
}

/** Address for a person who wants another account: the sign-in page where there is a choice, else the provider's. */
export function otherAccountHref(frame: Frame, returnTo: string): string {
  if (!frame.hasChoice) return toStartHref(frame, { returnTo, otherAccount: true })
  return `${frame.paths.signIn}?${new URLSearchParams({ rd: returnTo, account: 'other' })}`
}

/** Link that opens a sign-in in another tab, so that what this page holds is not lost. */
export function signInAsideLink({ paths, texts }: Frame): Markup {
  const query = new URLSearchParams({ rd: paths.signedIn })
  return html`<a class="button" href="${paths.signIn}?${query.toString()}" target="_blank" rel="noopener">${texts.recovery.signInAside}</a>`
}

/** The button that signs out: a form, because a link must not change anything. */
export function signOutForm({ paths, texts }: Frame, kind: 'first' | 'second'): Markup {
  return html`<form method="post" action="${paths.signOut}">
<button class="${kind === 'first' ? 'button' : 'button second'}">${texts.signOut.submit}</button>
</form>`
}
