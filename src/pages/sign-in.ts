import { type Frame, toOrigin } from './frame.ts'
import { type Page, toPage } from './layout.ts'
import { toStartHref } from './links.ts'
import { breakable, html, type Markup } from './markup.ts'

/** What the sign-in page shows. */
export interface SignInView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
  /** Validated return target. */
  readonly returnTo: string
  /** One button each; a single one needs no name in its link. */
  readonly providers: readonly { readonly id: string; readonly displayName: string }[]
  /** Local users exist, and the form for them is not hidden. */
  readonly passwordForm: boolean
  /** Why the last attempt failed: fixed text for a person. */
  readonly message?: string | undefined
  /** The user name of the last attempt. */
  readonly username?: string | undefined
}

/** The page that offers to sign in. */
export function signInPage(frame: Frame, view: SignInView): Page {
  const main = html`<h1>Sign in to <span class="host">${breakable(view.host)}</span></h1>
${frame.banner && html`<div class="banner">${frame.banner}</div>`}
${view.message && html`<p class="alert" role="alert">${view.message}</p>`}
<div class="actions">${providerButtons(frame, view)}</div>
${view.passwordForm ? passwordForm(frame, view) : undefined}`
  return toPage(frame, {
    title: `Sign in to ${view.host}`,
    main,
    formTargets: view.passwordForm ? allowedOrigin(view.returnTo) : [],
    carriesFragment: true,
  })
}

// Links and not forms: the policy's form-action would have to name every host that a provider redirects over.
function providerButtons(frame: Frame, { providers, returnTo }: SignInView): Markup[] {
  return providers.map(({ id, displayName }, index) => {
    const href = toStartHref(frame, { returnTo, provider: providers.length > 1 ? id : undefined })
    const kind = index === 0 ? 'button' : 'button second'
    return html`<a class="${kind}" href="${href}" data-rd="${returnTo}">Sign in with ${displayName}</a>`
  })
}

function passwordForm({ prefix }: Frame, { providers, returnTo, username }: SignInView): Markup {
  return html`${providers.length > 0 ? html`<p class="or">or</p>` : undefined}
<form method="post" action="${prefix}/sign_in">
<input type="hidden" name="rd" value="${returnTo}" data-rd="${returnTo}">
<div class="field">
<label for="username">User name</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
</div>
<button class="${providers.length > 0 ? 'button second' : 'button'}">Sign in</button>
</form>`
}

/** A return target on another allowed host is where the form's redirect ends. */
function allowedOrigin(returnTo: string): string[] {
  const origin = toOrigin(returnTo)
  return origin === undefined ? [] : [origin]
}
