import type { Frame } from '../frame.ts'
import { type Page, toPage } from '../layout.ts'
import { signOutForm } from '../links.ts'
import { html } from '../markup.ts'
import { appName, plainAppName } from '../name.ts'
import { fill, fillText } from '../texts.ts'

/** Content of the pages around a sign-out. */
export interface SignOutView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
}

/** The page after a sign-out. */
export function signedOutPage(frame: Frame, { host }: SignOutView): Page {
  const { signedOut: texts, recovery } = frame.texts
  const main = html`<h1>${texts.heading}</h1>
<p class="lead">${fill(texts.lead, { host: appName(frame, host) })}</p>
<div class="actions"><a class="button" href="${frame.paths.signIn}?rd=%2F">${recovery.signIn}</a></div>`
  return toPage(frame, {
    title: fillText(texts.title, { host: plainAppName(frame, host) }),
    main,
    formTargets: [],
    carriesFragment: false,
  })
}

/** The question before a sign-out that a plain link asked for: another site could have placed it. */
export function confirmSignOutPage(frame: Frame, { host }: SignOutView): Page {
  const { signOut: texts } = frame.texts
  const main = html`<h1>${fill(texts.heading, { host: html`<span class="host">${appName(frame, host)}</span>` })}</h1>
<div class="actions">${signOutForm(frame, 'first')}
<a class="button second" href="/">${texts.stay}</a></div>`
  const formTargets = frame.signOutTargets
  return toPage(frame, {
    title: fillText(texts.title, { host: plainAppName(frame, host) }),
    main,
    formTargets,
    carriesFragment: false,
  })
}
