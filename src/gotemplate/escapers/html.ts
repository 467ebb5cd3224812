import { attributeKindOf } from '../escape/attributes.ts'
import { goLower } from '../escape/html-steps.ts'
import type { Printed } from './escapers.ts'
import { stripTags } from './strip-tags.ts'

/** Word that stands where a value was refused, so that it can be searched for. Go's html/template writes the same one. */
export const REFUSED = 'ZgotmplZ'

const ENTITIES: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
}

/** Escapes for text between tags, where markup is welcome. */
export function text(printed: Printed): string {
  return printed.isMarkup ? printed.text : escapeAll(printed.text)
}

/** Escapes for `<title>` and `<textarea>`, where references count and tags do not. */
export function rcdata({ text, isMarkup }: Printed): string {
  return isMarkup ? escapeButReferences(text) : escapeAll(text)
}

/** Escapes for an attribute value in quotes, where the text of markup is left. */
export function attribute({ text, isMarkup }: Printed): string {
  return isMarkup ? escapeButReferences(stripTags(text)) : escapeAll(text)
}

/** Escapes as the function `html` of templates does. */
export function html(text: string): string {
  return text.replaceAll(/[\0"&'<>]/gu, (char) => ENTITIES[char] ?? char)
}

function escapeAll(text: string): string {
  return text.replaceAll(/[\0"&'+<>]/gu, (char) => ENTITIES[char] ?? char)
}

function escapeButReferences(text: string): string {
  return text.replaceAll(/[\0"'+<>]/gu, (char) => ENTITIES[char] ?? char)
}

/** Escapes for an attribute value without quotes, which blanks would end. */
export function unquotedAttribute({ text, isMarkup }: Printed): string {
  if (text === '') return REFUSED
  const escaped = (isMarkup ? stripTags(text) : text).replaceAll(
    isMarkup ? UNQUOTED_BUT_REFERENCES : UNQUOTED,
    (char) => (char === '\0' ? '&#xfffd;' : (SHORT[char] ?? `&#${char.codePointAt(0)};`)),
  )
  return escaped.replaceAll(NONCHARACTERS, (char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`)
}

const UNQUOTED = /[\0\t\n\v\f\r "&'+<=>`]/gu
const UNQUOTED_BUT_REFERENCES = /[\0\t\n\v\f\r "'+<=>`]/gu
const SHORT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Browsers of old did not take these there as they are. */
const NONCHARACTERS = /[\ufdd0-\ufdef\ufff0-\uffff]/gu

/** Lets a name of an attribute or of a part of one pass that does nothing by itself. */
export function attributeName({ text }: Printed): string {
  const name = goLower(text)
  return /^[a-z\d]+$/u.test(name) && attributeKindOf(name) === 'plain' ? name : REFUSED
}
