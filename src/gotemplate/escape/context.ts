/** States of a browser that reads the page, as Go's html/template tells them apart. */
export type HtmlState =
  | 'text'
  | 'tag'
  | 'attribute-name'
  | 'after-name'
  | 'before-value'
  | 'html-comment'
  | 'rcdata'
  | 'attribute'
  | 'url'
  | 'srcset'
  | 'meta-content'
  | 'meta-content-url'
  | 'js'
  | 'js-double'
  | 'js-single'
  | 'js-template'
  | 'js-regexp'
  | 'js-block-comment'
  | 'js-line-comment'
  | 'js-html-open-comment'
  | 'js-html-close-comment'
  | 'css'
  | 'css-double'
  | 'css-single'
  | 'css-double-url'
  | 'css-single-url'
  | 'css-url'
  | 'css-block-comment'
  | 'css-line-comment'
  | 'error'
  | 'dead'

/** Character that ends an attribute value; `none` outside of attributes. */
export type Delimiter = 'none' | 'double' | 'single' | 'blank'

/** Kind of the attribute whose value follows. */
export type AttributeKind = 'none' | 'script' | 'script-type' | 'style' | 'url' | 'srcset' | 'meta-content'

/** Element whose content is not plain markup. */
export type SpecialElement = 'none' | 'script' | 'style' | 'textarea' | 'title' | 'meta'

/** State of the reader at one place of a template. `dead` is what follows a break or continue. */
export interface EscapeContext {
  readonly state: HtmlState
  readonly delimiter: Delimiter
  /** Part of a URL (RFC 3986): none yet, before the query, in query or fragment, or either. */
  readonly urlPart: 'none' | 'path' | 'query' | 'unknown'
  /** Meaning of a slash in a script. */
  readonly slash: 'regexp' | 'division' | 'unknown'
  /** Braces that are open in each `${` of a template literal. */
  readonly braces: readonly number[]
  readonly attribute: AttributeKind
  readonly element: SpecialElement
  /** Explanation, in the state `error`. */
  readonly problem?: string
}

/** State outside of all markup, in which a page begins and has to end. */
export const TEXT: EscapeContext = {
  state: 'text',
  delimiter: 'none',
  urlPart: 'none',
  slash: 'regexp',
  braces: [],
  attribute: 'none',
  element: 'none',
}

/** A context, and the number of characters that led to it. */
export type Step = readonly [EscapeContext, number]

/** An error that nothing leads out of. */
export function toError(problem: string): EscapeContext {
  return { ...TEXT, state: 'error', problem }
}

/** Text that is equal for equal contexts only. */
export function keyOf(context: EscapeContext): string {
  const { state, delimiter, urlPart, slash, braces, attribute, element } = context
  return [state, delimiter, urlPart, slash, braces.join('.'), attribute, element].join(' ')
}

/** True for contexts between which nothing differs. */
export function isSame(left: EscapeContext, right: EscapeContext): boolean {
  return keyOf(left) === keyOf(right)
}

const COMMENTS: readonly HtmlState[] = [
  'html-comment',
  'js-block-comment',
  'js-line-comment',
  'js-html-open-comment',
  'js-html-close-comment',
  'css-block-comment',
  'css-line-comment',
]

/** True inside of comments, whose content does not reach the page. */
export function isComment(state: HtmlState): boolean {
  return COMMENTS.includes(state)
}

/** True between `<` and `>`. */
export function isInTag(state: HtmlState): boolean {
  return ['tag', 'attribute-name', 'after-name', 'before-value', 'attribute'].includes(state)
}

/** True inside of strings, template literals and regular expressions of a script. */
export function isScriptLiteral(state: HtmlState): boolean {
  return ['js-double', 'js-single', 'js-template', 'js-regexp'].includes(state)
}

/** State in which the value of an attribute begins. */
export const VALUE_STATES: Readonly<Record<AttributeKind, HtmlState>> = {
  none: 'attribute',
  script: 'js',
  'script-type': 'attribute',
  style: 'css',
  url: 'url',
  srcset: 'srcset',
  'meta-content': 'meta-content',
}

/** The context in which a value stands here: at `<a href=` it begins an attribute value without quotes. */
export function nudge(context: EscapeContext): EscapeContext {
  switch (context.state) {
    case 'tag':
      return { ...context, state: 'attribute-name' }
    case 'before-value':
      return { ...context, state: VALUE_STATES[context.attribute], delimiter: 'blank', attribute: 'none' }
    case 'after-name':
      return { ...context, state: 'attribute-name', attribute: 'none' }
    default:
      return context
  }
}

/** Context behind two branches; undefined where they end so differently that what follows would be read in two ways. */
export function join(left: EscapeContext, right: EscapeContext): EscapeContext | undefined {
  if (left.state === 'dead') return right
  if (right.state === 'dead' || isSame(left, right)) return left
  if (isSame({ ...left, urlPart: right.urlPart }, right)) return { ...left, urlPart: 'unknown' }
  if (isSame({ ...left, slash: right.slash }, right)) return { ...left, slash: 'unknown' }
  const [nudgedLeft, nudgedRight] = [nudge(left), nudge(right)]
  if (isSame(nudgedLeft, left) && isSame(nudgedRight, right)) return undefined
  return join(nudgedLeft, nudgedRight)
}

/** A context in words, for messages. */
export function describe({ state, delimiter, element }: EscapeContext): string {
  const where = state.startsWith('js') ? 'a script' : state.startsWith('css') ? 'a style' : WORDS[state]
  if (delimiter !== 'none') return `${where ?? 'an attribute'}, in an attribute value`
  return where ?? (element === 'none' ? state : `<${element}>`)
}

const WORDS: Partial<Record<HtmlState, string>> = {
  text: 'text',
  tag: 'a tag',
  'attribute-name': 'the name of an attribute',
  'after-name': 'a tag',
  'before-value': 'an attribute without its value',
  'html-comment': 'a comment',
  url: 'a URL',
}
