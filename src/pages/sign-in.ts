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
  /** Why the last attempt with the form failed. */
  readonly failure?: SignInFailure | undefined
  /** The user name of the last attempt. */
  readonly username?: string | undefined
}

/** A failed attempt with a user name and a password. */
export interface SignInFailure {
  /** Fixed text for a person. */
  readonly message: string
  /** What was entered is wrong or missing, and may be right the next time. */
  readonly fields: boolean
}

/** The page that offers to sign in. */
export function signInPage(frame: Frame, view: SignInView): Page {
  const main = html`<h1>Sign in to <span class="host">${breakable(view.host)}</span></h1>
${frame.banner && html`<div class="banner">${frame.banner}</div>`}
${view.passwordForm ? undefined : alert(view.failure)}
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

// An alert that is there when the page loads is not announced by every screen reader; the description of the field that
// has the focus is. So the cursor stands where the next try begins.
function passwordForm({ prefix }: Frame, { providers, returnTo, username, failure }: SignInView): Markup {
  const marks = failure && html` aria-describedby="${ALERT_ID}"${failure.fields ? INVALID : undefined}`
  const asksForName = username === undefined || username === ''
  return html`${providers.length > 0 ? html`<p class="or">or</p>` : undefined}
<form method="post" action="${prefix}/sign_in">
<input type="hidden" name="rd" value="${returnTo}" data-rd="${returnTo}">
${alert(failure)}
<div class="field">
<label for="username">User name</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required${marks}${failure && asksForName ? FOCUS : undefined}>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${marks}${failure && !asksForName ? FOCUS : undefined}>
</div>
<button class="${providers.length > 0 ? 'button second' : 'button'}">Sign in</button>
</form>`
}

const ALERT_ID = 'sign-in-failed'
const INVALID = html` aria-invalid="true"`
const FOCUS = html` autofocus`

function alert(failure: SignInFailure | undefined): Markup | undefined {
  return failure && html`<p class="alert" role="alert" id="${ALERT_ID}">${failure.message}</p>`
}

/** A return target on another allowed host is where the form's redirect ends. */
function allowedOrigin(returnTo: string): string[] {
  const origin = toOrigin(returnTo)
  return origin === undefined ? [] : [origin]
}
