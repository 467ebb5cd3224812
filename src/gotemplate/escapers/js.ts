import { formatArguments, formatFloatAsJson } from '../run/print.ts'
import { type GoValue, isHtml, isList, isMap, isStruct } from '../values.ts'

const BASE = '\\0-\\x1f"`&\'+/<>\\\\\\u2028\\u2029'
const STRING = new RegExp(`[${BASE}]`, 'gu')
const TEMPLATE = new RegExp(`[${BASE}$\\{\\}]`, 'gu')
const REGEXP = /[\0-\x1f"$&'()*+\-./<>?[\\\]^{|}\u2028\u2029]/gu

const SHORT: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
  '/': '\\/',
}

/** Escapes for a string of a script, in quotes of either kind; nothing of it means anything to HTML either. */
export function jsString(text: string): string {
  return text.replaceAll(STRING, toJsEscape)
}

/** Escapes for a template literal, where `${` would begin code. */
export function jsTemplate(text: string): string {
  return text.replaceAll(TEMPLATE, toJsEscape)
}

/** Escapes for a regular expression, which then matches the text as it is. */
export function jsRegexp(text: string): string {
  const escaped = text.replaceAll(REGEXP, (char) =>
    '"&\'+<>'.includes(char) || char < ' ' || char > '~' ? toJsEscape(char) : `\\${char}`,
  )
  // Two slashes would begin a comment.
  return escaped === '' ? '(?:)' : escaped
}

function toJsEscape(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Writes a value as an expression of a script, which is JSON; blanks keep it apart from words beside it. */
export function jsValue(values: readonly GoValue[]): string {
  const [value = null] = values
  const json = toJson(values.length === 1 ? value : formatArguments(values))
  return /^[\w$]|[\w$]$/u.test(json) ? ` ${json} ` : json
}

function toJson(value: GoValue): string {
  if (typeof value === 'string') return toJsonString(value)
  if (typeof value === 'number') return formatFloatAsJson(value)
  if (isHtml(value)) return toJsonString(value.text)
  if (isList(value)) return `[${value.map(toJson).join(',')}]`
  if (isMap(value)) return toJsonObject([...value].sort(([left], [right]) => (left < right ? -1 : 1)))
  if (value !== null && isStruct(value)) return toJsonObject([...value.fields])
  return String(value)
}

function toJsonObject(entries: readonly (readonly [string, GoValue])[]): string {
  return `{${entries.map(([name, value]) => `${toJsonString(name)}:${toJson(value)}`).join(',')}}`
}

function toJsonString(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/gu, toJsEscape)
}
