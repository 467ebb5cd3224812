import { quote } from '../../lib/text.ts'
import { attributeKindOf } from './attributes.ts'
import {
  type AttributeKind,
  type Delimiter,
  type EscapeContext,
  type HtmlState,
  type SpecialElement,
  type Step,
  TEXT,
  toError,
  VALUE_STATES,
} from './context.ts'

const BLANK = /[ \t\n\f\r]/u

/** Moves over text outside of tags: to the end of a tag's name, or of `<!--`. */
export function stepText(context: EscapeContext, text: string): Step {
  for (let from = 0; ; ) {
    const open = text.indexOf('<', from)
    if (open === -1 || open + 1 === text.length) return [context, text.length]
    if (text.startsWith('<!--', open)) return [{ ...TEXT, state: 'html-comment' }, open + 4]
    const isEnd = text[open + 1] === '/'
    const start = open + (isEnd ? 2 : 1)
    if (start === text.length) return [context, text.length]
    const name = tagNameAt(text, start)
    if (name !== '') {
      const element = isEnd ? 'none' : specialElement(name)
      return [{ ...TEXT, state: 'tag', element }, start + name.length]
    }
    from = start
  }
}

function tagNameAt(text: string, at: number): string {
  const name = /[a-zA-Z][a-zA-Z\d]*(?:[:-][a-zA-Z\d][a-zA-Z\d]*)*/uy
  name.lastIndex = at
  return name.exec(text)?.[0] ?? ''
}

const ELEMENTS: readonly SpecialElement[] = ['script', 'style', 'textarea', 'title', 'meta']

function specialElement(name: string): SpecialElement {
  return ELEMENTS.find((element) => element === name.toLowerCase()) ?? 'none'
}

const CONTENT_STATES: Readonly<Record<SpecialElement, HtmlState>> = {
  none: 'text',
  script: 'js',
  style: 'css',
  textarea: 'rcdata',
  title: 'rcdata',
  meta: 'text',
}

/** Moves over the inside of a tag: to the end of an attribute's name, or of the tag. */
export function stepTag(context: EscapeContext, text: string): Step {
  const { element } = context
  const start = skipBlanks(text, 0)
  if (start === text.length) return [context, start]
  if (text[start] === '>') {
    const inside = {
      ...TEXT,
      state: CONTENT_STATES[element],
      element: element === 'meta' ? 'none' : element,
    } as const
    return [inside, start + 1]
  }
  const end = endOfName(text, start)
  if (typeof end === 'string') return [toError(end), text.length]
  if (end === start) {
    return [
      toError(`put an attribute or > where ${quote(text.slice(start, start + 20))} stands`),
      text.length,
    ]
  }
  const attribute = kindOf(element, goLower(text.slice(start, end)))
  const state = end === text.length ? 'attribute-name' : 'after-name'
  return [{ ...TEXT, state, element, attribute }, end]
}

function kindOf(element: SpecialElement, name: string): AttributeKind {
  if (element === 'script' && name === 'type') return 'script-type'
  if (element === 'meta' && name === 'content') return 'meta-content'
  const kind = attributeKindOf(name)
  return kind === 'plain' || kind === 'unsafe' ? 'none' : kind
}

/** Lower case as Go maps it, character by character. */
export function goLower(text: string): string {
  return Array.from(text, (char) => Array.from(char.toLowerCase())[0] ?? char).join('')
}

/** Index of the first character behind a name, or the reason why it is none. */
function endOfName(text: string, start: number): number | string {
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (/[ \t\n\f\r=>]/u.test(char)) return at
    if (/['"<]/u.test(char))
      return `remove the ${char} from the name of an attribute, ${quote(text.slice(start, at + 1))}`
  }
  return text.length
}

/** Moves over the rest of an attribute's name. */
export function stepAttributeName(context: EscapeContext, text: string): Step {
  const end = endOfName(text, 0)
  if (typeof end === 'string') return [toError(end), text.length]
  return [end === text.length ? context : { ...context, state: 'after-name' }, end]
}

/** Moves over `=`, or notices that the attribute has no value. */
export function stepAfterName(context: EscapeContext, text: string): Step {
  const at = skipBlanks(text, 0)
  if (at === text.length) return [context, at]
  return text[at] === '='
    ? [{ ...context, state: 'before-value' }, at + 1]
    : [{ ...context, state: 'tag' }, at]
}

/** Moves over the quote with which a value begins. */
export function stepBeforeValue(context: EscapeContext, text: string): Step {
  const at = skipBlanks(text, 0)
  if (at === text.length) return [context, at]
  const delimiter: Delimiter = text[at] === '"' ? 'double' : text[at] === "'" ? 'single' : 'blank'
  const inside = { ...context, state: VALUE_STATES[context.attribute], delimiter }
  return [inside, delimiter === 'blank' ? at : at + 1]
}

/** Moves over a comment. */
export function stepHtmlComment(context: EscapeContext, text: string): Step {
  const end = text.indexOf('-->')
  return end === -1 ? [context, text.length] : [TEXT, end + 3]
}

/** Moves over a URL, and remembers in which part of it what follows stands. */
export function stepUrl(context: EscapeContext, text: string): Step {
  if (/[#?]/u.test(text)) return [{ ...context, urlPart: 'query' }, text.length]
  const begins = context.urlPart === 'none' && skipBlanks(text, 0) !== text.length
  return [begins ? { ...context, urlPart: 'path' } : context, text.length]
}

/** Moves over the content of a `<meta>`, to `url=` of a refresh. */
export function stepMetaContent(context: EscapeContext, text: string): Step {
  const found = /url[ \t\n\f\r]*=/i.exec(text)
  if (found === null) return [context, text.length]
  return [{ ...context, state: 'meta-content-url' }, found.index + found[0].length]
}

/** Moves over the URL in the content of a `<meta>`. */
export function stepMetaContentUrl(context: EscapeContext, text: string): Step {
  const end = text.indexOf(';')
  return end === -1 ? [context, text.length] : [{ ...context, state: 'meta-content' }, end + 1]
}

/** Index behind the blanks of HTML that stand at a place. */
export function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && BLANK.test(text[at] ?? '')) at += 1
  return at
}
