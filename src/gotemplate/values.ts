/**
 * A value of a template. `bigint` is Go's int, `number` its float64, `null` its nil; an array is a slice, a Map is a map
 * with keys of text. Nothing else of JavaScript is a value: templates see no object, no prototype and no function.
 */
export type GoValue = null | boolean | bigint | number | string | GoHtml | GoList | GoMap | GoStruct

/** Markup that is trusted (template.HTML), and so not escaped in text. */
export interface GoHtml {
  readonly kind: 'html'
  readonly text: string
}

/** A slice. */
export type GoList = readonly GoValue[]

/** A map; a key that is missing is nil. */
export type GoMap = ReadonlyMap<string, GoValue>

/** Data of a template; a field that is missing is an error. */
export interface GoStruct {
  readonly kind: 'struct'
  readonly fields: ReadonlyMap<string, GoValue>
}

/** Kind that comparisons go by; `other` is nil, slices, maps and structs. */
export type BasicKind = 'bool' | 'int' | 'float' | 'string' | 'other'

/** Marks markup as trusted. */
export function toHtml(text: string): GoHtml {
  return { kind: 'html', text }
}

/** Makes the data of a template; lone surrogates, which Go's strings cannot hold, are replaced. */
export function toStruct(fields: Readonly<Record<string, GoValue>>): GoStruct {
  const entries = Object.entries(fields).map(([name, value]) => [name, toWellFormed(value)] as const)
  return { kind: 'struct', fields: new Map(entries) }
}

function toWellFormed(value: GoValue): GoValue {
  if (typeof value === 'string') return replaceSurrogates(value)
  return isHtml(value) ? toHtml(replaceSurrogates(value.text)) : value
}

/** `String.prototype.toWellFormed`, which Node 18 and older browsers' engines do not have. */
function replaceSurrogates(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
}

/** True for trusted markup. */
export function isHtml(value: GoValue | undefined): value is GoHtml {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'html'
}

/** True for a struct. */
export function isStruct(value: GoValue): value is GoStruct {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'struct'
}

/** True for a slice. */
export function isList(value: GoValue): value is GoList {
  return Array.isArray(value)
}

/** True for a map. */
export function isMap(value: GoValue): value is GoMap {
  return value instanceof Map
}

/** Text of a string, of either type; undefined for other values. */
export function textOf(value: GoValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  return isHtml(value) ? value.text : undefined
}

/** Truth of a value: false for what is empty, zero or nil. */
export function isTrue(value: GoValue): boolean {
  if (value === null) return false
  const text = textOf(value)
  if (text !== undefined) return text !== ''
  if (isList(value)) return value.length > 0
  if (isMap(value)) return value.size > 0
  return typeof value === 'object' ? true : Boolean(value)
}

/** Kind that comparisons go by. */
export function basicKindOf(value: GoValue): BasicKind {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  return textOf(value) === undefined ? 'other' : 'string'
}

/** Name of the type, as messages of Go and `%T` show it. */
export function typeNameOf(value: GoValue): string {
  if (value === null) return '<nil>'
  if (isHtml(value)) return 'template.HTML'
  if (isList(value)) return '[]interface {}'
  if (isMap(value)) return 'map[string]interface {}'
  if (isStruct(value)) return 'struct'
  const kind = basicKindOf(value)
  return kind === 'float' ? 'float64' : kind
}
