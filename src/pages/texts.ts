import type { FindingCode, Reason } from '../problems.ts'
import { type Fragment, html, type Markup } from './markup.ts'

/**
 * Every text of the pages, and of `message` in JSON answers, in one language. `{name}` is a place for a value. The
 * texts are fixed: nothing that arrived with a request is part of them, only of the values.
 */
export interface Texts {
  /** BCP 47 tag for the `lang` attribute. */
  readonly lang: string
  /** Text in place of a name for the application, where none is known. */
  readonly app: string
  /** Texts of failures; `{app}` is the name of the application, or its host. */
  readonly problems: Readonly<Record<Reason, { readonly title: string; readonly sentence: string }>>
  readonly findings: Readonly<Record<FindingCode, string>>
  readonly recovery: Readonly<Record<'account' | 'signIn' | 'signInAside' | 'reload' | 'home', string>>
  readonly facts: Readonly<Record<'account' | 'requestId' | 'seen' | 'contact', string>>
  readonly signIn: Readonly<
    Record<
      'title' | 'domains' | 'provider' | 'or' | 'address' | 'next' | 'username' | 'password' | 'submit',
      string
    >
  >
  readonly signedIn: Readonly<Record<'title' | 'heading' | 'lead' | 'targetLost' | 'open', string>>
  readonly formReplay: Readonly<Record<'title' | 'lead' | 'submit', string>>
  readonly signedOut: Readonly<Record<'title' | 'heading' | 'lead', string>>
  readonly signOut: Readonly<Record<'title' | 'heading' | 'submit' | 'stay', string>>
  readonly footer: string
}

const PLACE = /\{(\w+)\}/u

/** The text with values in its places, as markup: values that are texts are escaped. */
export function fill(text: string, values: Readonly<Record<string, Fragment>>): Markup {
  const pieces = text.split(PLACE)
  return html`${pieces.map((piece, at) => (at % 2 === 0 ? piece : values[piece]))}`
}

/** The same as plain text, for `<title>`. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  const pieces = text.split(PLACE)
  return pieces.map((piece, at) => (at % 2 === 0 ? piece : (values[piece] ?? ''))).join('')
}
