import type { Reason } from '../problems.ts'
import { type Frame, toOrigin } from './frame.ts'
import { type Page, toPage } from './layout.ts'
import { toStartHref } from './links.ts'
import { breakable, html, type Markup } from './markup.ts'
import { fill, fillText } from './texts.ts'

/** Content of the sign-in page. */
export interface SignInView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
  /** Validated return target. */
  readonly returnTo: string
  /** One button each; a single one needs no name in its link. */
  readonly providers: readonly { readonly id: string; readonly displayName: string }[]
  /** Local users exist, and the form for them is not hidden. */
  readonly passwordForm: boolean
  /** Reason for the failure of the last attempt. */
  readonly problem?: Reason | undefined
  /** The user name of the last attempt. */
  readonly username?: string | undefined
}

/** The page that offers to sign in. */
export function signInPage(frame: Frame, view: SignInView): Page {
  const { signIn: texts, problems } = frame.texts
  const main = html`<h1>${fill(texts.title, { host: html`<span class="host">${breakable(view.host)}</span>` })}</h1>
${frame.banner && html`<div class="banner">${frame.banner}</div>`}
${view.problem && html`<p class="alert" role="alert">${problems[view.problem].sentence}</p>`}
<div class="actions">${providerButtons(frame, view)}</div>
${view.passwordForm ? passwordForm(frame, view) : undefined}`
  return toPage(frame, {
    title: fillText(texts.title, { host: view.host }),
    main,
    formTargets: view.passwordForm ? allowedOrigin(view.returnTo) : [],
    carriesFragment: true,
  })
}

// Links and not forms: the policy's form-action would have to name every host that a provider redirects over.
function providerButtons(frame: Frame, { providers, returnTo }: SignInView): Markup[] {
  const text = frame.texts.signIn.provider
  return providers.map(({ id, displayName }, index) => {
    const href = toStartHref(frame, { returnTo, provider: providers.length > 1 ? id : undefined })
    const kind = index === 0 ? 'button' : 'button second'
    return html`<a class="${kind}" href="${href}" data-rd="${returnTo}">${fill(text, { provider: displayName })}</a>`
  })
}

function passwordForm({ paths, texts }: Frame, { providers, returnTo, username }: SignInView): Markup {
  const { or, username: userName, password, submit } = texts.signIn
  return html`${providers.length > 0 ? html`<p class="or">${or}</p>` : undefined}
<form method="post" action="${paths.signIn}">
<input type="hidden" name="rd" value="${returnTo}" data-rd="${returnTo}">
<div class="field">
<label for="username">${userName}</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
</div>
<div class="field">
<label for="password">${password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
</div>
<button class="${providers.length > 0 ? 'button second' : 'button'}">${submit}</button>
</form>`
}

/** A return target on another allowed host is where the form's redirect ends. */
function allowedOrigin(returnTo: string): string[] {
  const origin = toOrigin(returnTo)
  return origin === undefined ? [] : [origin]
}
