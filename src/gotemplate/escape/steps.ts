import { quote } from '../../lib/text.ts'
import {
  type EscapeContext,
  type HtmlState,
  isComment,
  isScriptLiteral,
  type SpecialElement,
  type Step,
  TEXT,
  toError,
} from './context.ts'
import { stepCss, stepCssString } from './css-steps.ts'
import { decodeEntities } from './entities.ts'
import {
  stepAfterName,
  stepAttributeName,
  stepBeforeValue,
  stepHtmlComment,
  stepMetaContent,
  stepMetaContentUrl,
  stepTag,
  stepText,
  stepUrl,
} from './html-steps.ts'
import { stepBlockComment, stepJs, stepJsDelimited, stepJsTemplate, stepLineComment } from './js-steps.ts'

const stay = (context: EscapeContext, text: string): Step => [context, text.length]

const STEPS: Readonly<Record<HtmlState, (context: EscapeContext, text: string) => Step>> = {
  text: stepText,
  tag: stepTag,
  'attribute-name': stepAttributeName,
  'after-name': stepAfterName,
  'before-value': stepBeforeValue,
  'html-comment': stepHtmlComment,
  rcdata: stepSpecialEnd,
  attribute: stay,
  url: stepUrl,
  srcset: stepUrl,
  'meta-content': stepMetaContent,
  'meta-content-url': stepMetaContentUrl,
  js: stepJs,
  'js-double': stepJsDelimited,
  'js-single': stepJsDelimited,
  'js-template': stepJsTemplate,
  'js-regexp': stepJsDelimited,
  'js-block-comment': stepBlockComment,
  'js-line-comment': stepLineComment,
  'js-html-open-comment': stepLineComment,
  'js-html-close-comment': stepLineComment,
  css: stepCss,
  'css-double': stepCssString,
  'css-single': stepCssString,
  'css-double-url': stepCssString,
  'css-single-url': stepCssString,
  'css-url': stepCssString,
  'css-block-comment': stepBlockComment,
  'css-line-comment': stepLineComment,
  error: stay,
  dead: stay,
}

/** Moves over the first tokens of a text, as its state says. */
export function stepAs(state: HtmlState, context: EscapeContext, text: string): Step {
  return STEPS[state](context, text)
}

/** Moves to the end tag of an element whose content is no markup. */
function stepSpecialEnd(context: EscapeContext, text: string): Step {
  const { element } = context
  if (element === 'none' || isInLiteral(context)) return [context, text.length]
  const end = text.search(END_TAGS[element])
  return end === -1 ? [context, text.length] : [TEXT, end]
}

/** True where an end tag of a script ends nothing: inside of literals it is written in another way. */
function isInLiteral({ element, state }: EscapeContext): boolean {
  return element === 'script' && (isScriptLiteral(state) || isComment(state))
}

const END_TAGS: Readonly<Record<Exclude<SpecialElement, 'none'>, RegExp>> = {
  script: /<\/script[> \t\n\f/]/i,
  style: /<\/style[> \t\n\f/]/i,
  textarea: /<\/textarea[> \t\n\f/]/i,
  title: /<\/title[> \t\n\f/]/i,
  meta: /<\/[> \t\n\f/]/i,
}

/** Characters that end an attribute value. */
export const VALUE_ENDS = { double: /"/u, single: /'/u, blank: /[ \t\n\f\r>]/u }

/** A text that is read from its start to its end, step by step. */
export interface TextReader {
  readonly text: string
  /** Index of the next end tag of an element, from the place at which it was looked for. */
  readonly endTags: Map<SpecialElement, number>
}

/** Moves over the first tokens behind a place, whatever they are; what may not stand there leads to an error. */
export function step(context: EscapeContext, reader: TextReader, at: number): Step {
  const { text } = reader
  if (context.delimiter !== 'none') return stepValue(context, context.delimiter, text.slice(at))
  const end = isInLiteral(context) ? text.length : endTagBehind(context, reader, at)
  return end === at ? [TEXT, 0] : stepAs(context.state, context, text.slice(at, end))
}

/** A script has thousands of tokens and one end, which is looked for once. */
function endTagBehind({ element }: EscapeContext, { text, endTags }: TextReader, at: number): number {
  if (element === 'none') return text.length
  const known = endTags.get(element)
  if (known !== undefined && known >= at) return known
  const found = text.slice(at).search(END_TAGS[element])
  const end = found === -1 ? text.length : at + found
  endTags.set(element, end)
  return end
}

/** Moves over an attribute value, or to the end of the text inside of it. */
function stepValue(context: EscapeContext, delimiter: keyof typeof VALUE_ENDS, text: string): Step {
  const found = text.search(VALUE_ENDS[delimiter])
  const end = found === -1 ? text.length : found
  const value = text.slice(0, end)
  const strange = delimiter === 'blank' ? /["'<=`]/u.exec(value)?.[0] : undefined
  if (strange !== undefined) {
    return [
      toError(`put quotes around the attribute value ${quote(value)}, it contains ${strange}`),
      text.length,
    ]
  }
  if (found === -1) return [stepThrough(context, decodeEntities(value)), text.length]
  const isOtherScript =
    context.state === 'attribute' &&
    context.element === 'script' &&
    context.attribute === 'script-type' &&
    !isScriptType(value)
  const element = isOtherScript ? 'none' : context.element
  return [{ ...TEXT, state: 'tag', element }, delimiter === 'blank' ? end : end + 1]
}

function stepThrough(start: EscapeContext, text: string): EscapeContext {
  let context = start
  for (let rest = text; rest !== ''; ) {
    const [after, length] = stepAs(context.state, context, rest)
    context = after
    rest = rest.slice(length)
  }
  return context
}

/** Media types of scripts, and of data that browsers read as JSON (HTML, "script", attribute `type`). */
const SCRIPT_TYPES = new Set(
  `application/ecmascript application/javascript application/json application/ld+json application/x-ecmascript
  application/x-javascript module text/ecmascript text/javascript text/javascript1.0 text/javascript1.1
  text/javascript1.2 text/javascript1.3 text/javascript1.4 text/javascript1.5 text/jscript text/livescript
  text/x-ecmascript text/x-javascript`.split(/\s+/u),
)

function isScriptType(value: string): boolean {
  const [type = ''] = value.split(';', 1)
  const name = type.toLowerCase().trim()
  return name === '' || SCRIPT_TYPES.has(name)
}
