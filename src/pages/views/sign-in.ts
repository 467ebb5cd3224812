import type { Reason } from '../../problems.ts'
import { type Frame, toOrigin } from '../frame.ts'
import { type Page, toPage } from '../layout.ts'
import { toStartHref } from '../links.ts'
import { breakable, html, type Markup } from '../markup.ts'
import { appName, plainAppName } from '../name.ts'
import { fill, fillText } from '../texts.ts'
import { addressForm } from './address-form.ts'

/** Content of the sign-in page. */
export interface SignInView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
  /** Validated return target. */
  readonly returnTo: string
  /** Providers to choose from, one button each, the first one before the others. */
  readonly providers: readonly { readonly id: string; readonly displayName: string }[]
  /** E-mail address that chose the provider. */
  readonly loginHint?: string | undefined
  /** Shows the form for an e-mail address that chooses the provider. */
  readonly addressForm?: boolean
  /** Shows the password form: local users exist, and the form is not hidden. */
  readonly passwordForm: boolean
  /** Asks for another account than the one that the provider would choose. */
  readonly otherAccount?: boolean
  /** Reason for the failure of the last attempt. */
  readonly problem?: Reason | undefined
  /** The user name of the last attempt. */
  readonly username?: string | undefined
  /**
   * Status that oauth2-proxy would send, for templates that ask for it: 403 in the place of a page of the app, 400 and
   * 401 behind a wrong try, else 200.
   */
  readonly statusCode?: number
  readonly requestId?: string
}

/** The page that offers to sign in. */
export function signInPage(frame: Frame, view: SignInView): Page {
  const { signIn: texts } = frame.texts
  const main = html`<h1>${fill(texts.title, { host: html`<span class="host">${appName(frame, view.host)}</span>` })}</h1>
${frame.banner && html`<div class="banner">${frame.banner}</div>`}
${view.passwordForm && !isAboutProvider(view) ? undefined : alert(frame, view)}
<div class="actions">${providerButtons(frame, view)}</div>
${view.addressForm ? addressForm(frame, view) : undefined}
${view.passwordForm ? passwordForm(frame, view) : undefined}`
  return toPage(frame, {
    title: fillText(texts.title, { host: plainAppName(frame, view.host) }),
    main,
    formTargets: toFormTargets(frame, view),
    carriesFragment: true,
  })
}

// Links and not forms: the policy's form-action would have to name every host that a provider redirects over.
function providerButtons(
  frame: Frame,
  { loginHint, otherAccount = false, providers, returnTo }: SignInView,
): Markup[] {
  const text = frame.texts.signIn.provider
  return providers.map(({ id, displayName }, index) => {
    const provider = frame.namesProvider || providers.length > 1 ? id : undefined
    const href = toStartHref(frame, { returnTo, provider, loginHint, otherAccount })
    const kind = index === 0 ? 'button' : 'button second'
    return html`<a class="${kind}" href="${href}" data-rd="${returnTo}">${buttonText(text, displayName)}</a>`
  })
}

/**
 * Text of a button. A provider without a name of its own is called by its host; one element, since the button lays out
 * its children.
 */
function buttonText(text: string, displayName: string): Markup {
  const isHost = /^[^\s.]+(?:\.[^\s.]+)+$/u.test(displayName)
  return isHost
    ? html`<span>${fill(text, { provider: breakable(displayName) })}</span>`
    : fill(text, { provider: displayName })
}

// An alert that is there when the page loads is not announced by every screen reader; the description of the field that
// has the focus is. So the cursor stands where the next try begins.
function passwordForm(frame: Frame, view: SignInView): Markup {
  const { paths, texts } = frame
  const { providers, returnTo, username } = view
  const problem = isAboutProvider(view) ? undefined : view.problem
  const { or, username: userName, password, submit } = texts.signIn
  const marks =
    problem && html` aria-describedby="${ALERT_ID}"${problem === 'too_many_attempts' ? '' : INVALID}`
  const focused = problem && (username ? 'password' : 'username')
  return html`${providers.length > 0 ? html`<p class="or">${or}</p>` : undefined}
<form method="post" action="${paths.signIn}">
<input type="hidden" name="rd" value="${returnTo}" data-rd="${returnTo}">
${alert(frame, { problem })}
<div class="field">
<label for="username">${userName}</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required${marks}${focused === 'username' ? FOCUS : ''}>
</div>
<div class="field">
<label for="password">${password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${marks}${focused === 'password' ? FOCUS : ''}>
</div>
<button class="${providers.length > 0 ? 'button second' : 'button'}">${submit}</button>
</form>`
}

const ALERT_ID = 'sign-in-failed'
const INVALID = html` aria-invalid="true"`
const FOCUS = html` autofocus`

function alert({ texts }: Frame, { problem }: Pick<SignInView, 'problem'>): Markup | undefined {
  return (
    problem && html`<p class="alert" role="alert" id="${ALERT_ID}">${texts.problems[problem].sentence}</p>`
  )
}

/** True for a failure that is no fault of what was entered as user name and password. */
function isAboutProvider({ problem }: SignInView): boolean {
  return problem === 'provider_unknown'
}

/** CSP sources of the forms. That of an address leads to a provider, as a sign-out may, and over what that redirects to. */
function toFormTargets(
  frame: Frame,
  { addressForm: hasAddress, passwordForm: hasPassword, returnTo }: SignInView,
): string[] {
  return [...(hasPassword ? allowedOrigin(returnTo) : []), ...(hasAddress ? frame.signOutTargets : [])]
}

/** CSP sources of the form: a return target on another allowed host is where the form's redirect ends. */
function allowedOrigin(returnTo: string): string[] {
  const origin = toOrigin(returnTo)
  return origin === undefined ? [] : [origin]
}
