import type { Frame } from '../frame.ts'
import { html, type Markup } from '../markup.ts'
import type { SignInView } from './sign-in.ts'

/** The form that chooses the provider by the domain of an e-mail address; the start endpoint takes it. */
export function addressForm(
  { paths, texts }: Frame,
  { otherAccount = false, returnTo }: Pick<SignInView, 'otherAccount' | 'returnTo'>,
): Markup {
  const { or, address, next } = texts.signIn
  return html`<p class="or">${or}</p>
<form method="get" action="${paths.start}">
<input type="hidden" name="rd" value="${returnTo}" data-rd="${returnTo}">
${otherAccount ? html`<input type="hidden" name="account" value="other">` : undefined}
<div class="field">
<label for="login_hint">${address}</label>
<input id="login_hint" name="login_hint" type="email" autocomplete="email" required>
</div>
<button class="button second">${next}</button>
</form>`
}
