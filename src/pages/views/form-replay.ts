import type { Frame } from '../frame.ts'
import { type Page, toPage } from '../layout.ts'
import { signInAsideLink } from '../links.ts'
import { html } from '../markup.ts'
import { appName, plainAppName } from '../name.ts'
import { fill, fillText } from '../texts.ts'

/** Content of the page that keeps a form. */
export interface FormReplayView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
  /** Names and values as they were sent, decoded. Nothing of them is shown. */
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

/**
 * The page for a form that was sent without a session: it holds what was entered and sends it when the person says so,
 * never by itself. The form names no target, which is the address of the page (HTML §4.10.21.3), so that nothing that
 * arrived has to be written into one; its button has no name, so that no field is added.
 */
export function formReplayPage(frame: Frame, { host, fields }: FormReplayView): Page {
  const { formReplay: texts } = frame.texts
  const main = html`<h1>${texts.title}</h1>
<p class="lead">${fill(texts.lead, { host: appName(frame, host) })}</p>
<div class="actions">${signInAsideLink(frame)}
<form method="post" accept-charset="utf-8">
${fields.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button second">${texts.submit}</button>
</form></div>`
  return toPage(frame, { title: texts.title, main, formTargets: [], carriesFragment: false })
}

/** Content of the page at which a sign-in ends that has no return target. */
export interface SignedInView {
  /** External host of the application, as the browser sees it. */
  readonly host: string
  /** The return target was too long to be kept. */
  readonly targetLost?: boolean
}

/** The page on which a sign-in in another tab ends, and one that lost its return target. */
export function signedInPage(frame: Frame, { host, targetLost = false }: SignedInView): Page {
  const { signedIn: texts } = frame.texts
  const main = html`<h1>${texts.heading}</h1>
<p class="lead">${targetLost ? texts.targetLost : texts.lead}</p>
<div class="actions"><a class="button second" href="/"><span>${fill(texts.open, { host: appName(frame, host) })}</span></a></div>`
  return toPage(frame, {
    title: fillText(texts.title, { host: plainAppName(frame, host) }),
    main,
    formTargets: [],
    carriesFragment: false,
  })
}
