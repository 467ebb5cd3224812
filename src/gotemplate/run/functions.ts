import { utf8 } from '../../lib/bytes.ts'
import { goLower } from '../escape/html-steps.ts'
import { html } from '../escapers/html.ts'
import { queryEscape } from '../escapers/url.ts'
import { type GoValue, isHtml, isList, isMap, isTrue, textOf, toHtml, typeNameOf } from '../values.ts'
import { isEqual, isLess } from './compare.ts'
import { bounded, refuseValue } from './limits.ts'
import { formatArguments, formatLine, formatPrinted } from './print.ts'
import { printFormat } from './printf.ts'
import { isPrintable } from './quoted.ts'

/** A function that templates may call. */
export interface TemplateFunction {
  /** Arguments that it needs, and takes at most. */
  readonly least: number
  readonly most: number
  /** The first argument has to be a string. */
  readonly wantsText?: boolean
  call(values: readonly GoValue[]): GoValue
}

type Rest = readonly GoValue[]

/** The functions of Go's text/template but `call`, and those of oauth2-proxy; `and` and `or` are with the evaluator. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({
    and: any(1, () => refuseValue('evaluated elsewhere')),
    or: any(1, () => refuseValue('evaluated elsewhere')),
    not: exactly(1, ([value = null]) => !isTrue(value)),
    eq: any(1, equals),
    ne: exactly(2, ([left = null, right = null]) => !isEqual(left, right)),
    lt: exactly(2, ([left = null, right = null]) => isLess(left, right)),
    le: exactly(2, ([left = null, right = null]) => isLess(left, right) || isEqual(left, right)),
    gt: exactly(2, ([left = null, right = null]) => !(isLess(left, right) || isEqual(left, right))),
    ge: exactly(2, ([left = null, right = null]) => !isLess(left, right)),
    len: exactly(1, ([value = null]) => BigInt(lengthOf(value))),
    index: any(1, index),
    slice: any(1, slice),
    print: any(0, formatArguments),
    println: any(0, formatLine),
    printf: { least: 1, most: Number.POSITIVE_INFINITY, wantsText: true, call: printFormat },
    html: any(0, (values) => html(formatPrinted(values))),
    js: any(0, (values) => jsEscape(formatPrinted(values))),
    urlquery: any(0, (values) => queryEscape(formatPrinted(values))),
    ToUpper: ofText(goUpper),
    ToLower: ofText(goLower),
  }),
)

function any(least: number, call: (values: Rest) => GoValue): TemplateFunction {
  return { least, most: Number.POSITIVE_INFINITY, call }
}

function exactly(count: number, call: (values: Rest) => GoValue): TemplateFunction {
  return { least: count, most: count, call }
}

function ofText(call: (text: string) => string): TemplateFunction {
  return { least: 1, most: 1, wantsText: true, call: ([text = null]) => bounded(call(textOf(text) ?? '')) }
}

function equals([first = null, ...others]: Rest): boolean {
  if (others.length === 0) return refuseValue('eq needs a second value')
  return others.some((other) => isEqual(first, other))
}

/** Length in bytes of UTF-8 for strings, in elements for slices and maps. */
function lengthOf(value: GoValue): number {
  const text = textOf(value)
  if (text !== undefined) return utf8(text).length
  if (isList(value)) return value.length
  return isMap(value) ? value.size : refuseValue(`a ${typeNameOf(value)} has no length`)
}

function index([item = null, ...keys]: Rest): GoValue {
  if (item === null) return refuseValue('nil has no elements')
  return keys.reduce(elementOf, item)
}

function elementOf(item: GoValue, key: GoValue): GoValue {
  if (isMap(item)) {
    if (typeof key !== 'string' && key !== null)
      return refuseValue(`a ${typeNameOf(key)} is no key of the map`)
    return key === null ? refuseValue('nil is no key of the map') : (item.get(key) ?? null)
  }
  const text = textOf(item)
  const elements = text === undefined ? item : Array.from(utf8(text), BigInt)
  if (!isList(elements)) return refuseValue(`a ${typeNameOf(item)} has no elements`)
  const at = toIndex(key, elements.length - 1)
  return elements[at] ?? null
}

function toIndex(key: GoValue, last: number): number {
  if (typeof key !== 'bigint') return refuseValue(`a ${typeNameOf(key)} is no index`)
  if (key < 0n || key > BigInt(last)) return refuseValue(`the index ${key} is out of range`)
  return Number(key)
}

function slice([item = null, ...bounds]: Rest): GoValue {
  const text = textOf(item)
  if (text === undefined) {
    if (!isList(item)) return refuseValue(`a ${typeNameOf(item)} cannot be sliced`)
    return item.slice(...rangeOf(bounds, { length: item.length, most: 3 }))
  }
  const bytes = utf8(text)
  const range = rangeOf(bounds, { length: bytes.length, most: 2 })
  // What was cut in the middle of a character is no character any more.
  const part = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes.slice(...range))
  return isHtml(item) ? toHtml(part) : part
}

function rangeOf(
  bounds: Rest,
  { length, most }: { readonly length: number; readonly most: number },
): readonly [number, number] {
  if (bounds.length > most) return refuseValue('there are too many indexes')
  const [from = 0, to = length, limit = length] = bounds.map((bound) => toIndex(bound, length))
  return from > to || to > limit ? refuseValue(`there is no slice from ${from} to ${to}`) : [from, to]
}

/** Escapes as the function `js` of templates does. */
function jsEscape(text: string): string {
  return text.replaceAll(/[\0-\x1f\\'"<>&=]|[^\0-\x7f]/gu, (char) => {
    if ('\\\'"'.includes(char)) return `\\${char}`
    if (isPrintable(char) && char > '~') return char
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  })
}

/** Upper case as Go maps it, character by character: what takes two characters stays as it is. */
function goUpper(text: string): string {
  return Array.from(text, (char) => {
    const upper = char.toUpperCase()
    return Array.from(upper).length === 1 ? upper : titleOf(char)
  }).join('')
}

/** Greek letters with a subscript iota have a capital of one character, which JavaScript does not use. */
function titleOf(char: string): string {
  const code = char.codePointAt(0) ?? 0
  const isRow = code >= 0x1f80 && code <= 0x1faf
  const isAlone = code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3
  return isRow ? String.fromCodePoint(code | 8) : isAlone ? String.fromCodePoint(code + 9) : char
}
