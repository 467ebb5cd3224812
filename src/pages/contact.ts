import { html, type Markup } from './markup.ts'

/** Contact for help: a link where the text is an https address or an e-mail address, else the text. */
export function toContact(contact: string): Markup {
  if (/^https:\/\/\S+$/u.test(contact))
    return html`<a href="${contact}">${contact.slice('https://'.length)}</a>`
  if (/^[^\s@:]+@[^\s@:]+$/u.test(contact)) return html`<a href="mailto:${contact}">${contact}</a>`
  return html`${contact}`
}
