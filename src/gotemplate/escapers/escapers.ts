import { formatArguments, formatPrinted } from '../run/print.ts'
import { type GoValue, isHtml } from '../values.ts'
import { cssString, filterCssValue } from './css.ts'
import { attribute, attributeName, html, rcdata, text, unquotedAttribute } from './html.ts'
import { jsRegexp, jsString, jsTemplate, jsValue } from './js.ts'
import { filterUrl, normalizeUrl, queryEscape, srcset, urlQuery } from './url.ts'

/** Name of a function that makes a value safe for the place where it stands. */
export type EscaperName =
  | 'text'
  | 'rcdata'
  | 'attribute'
  | 'unquotedAttribute'
  | 'name'
  | 'comment'
  | 'urlFilter'
  | 'urlNormalizer'
  | 'urlQuery'
  | 'srcset'
  | 'cssValue'
  | 'cssString'
  | 'jsValue'
  | 'jsString'
  | 'jsTemplate'
  | 'jsRegexp'
  | 'html'
  | 'urlquery'

/** A value as an escaper sees it: its text, and whether that is trusted markup. */
export interface Printed {
  readonly text: string
  readonly isMarkup: boolean
}

const ESCAPERS: Readonly<Record<Exclude<EscaperName, 'jsValue'>, (printed: Printed) => string>> = {
  text,
  rcdata,
  attribute,
  unquotedAttribute,
  name: attributeName,
  comment: () => '',
  urlFilter: ({ text }) => filterUrl(text),
  urlNormalizer: ({ text }) => normalizeUrl(text),
  urlQuery: ({ text }) => urlQuery(text),
  srcset: ({ text }) => srcset(text),
  cssValue: ({ text }) => filterCssValue(text),
  cssString: ({ text }) => cssString(text),
  jsString: ({ text }) => jsString(text),
  jsTemplate: ({ text }) => jsTemplate(text),
  jsRegexp: ({ text }) => jsRegexp(text),
  html: ({ text }) => html(text),
  urlquery: ({ text }) => queryEscape(text),
}

/** Makes the value of a pipeline safe; `values` are several where a pipeline has none but arguments. */
export function escapeValue(values: readonly GoValue[], escapers: readonly EscaperName[]): string {
  const [first = 'text', ...rest] = escapers
  let escaped = first === 'jsValue' ? jsValue(values) : ESCAPERS[first](print(values, first))
  for (const name of rest) {
    escaped = name === 'jsValue' ? jsValue([escaped]) : ESCAPERS[name]({ text: escaped, isMarkup: false })
  }
  return escaped
}

/** Nil is nothing, except to the functions that templates name themselves. */
function print(values: readonly GoValue[], escaper: EscaperName): Printed {
  const [value] = values
  if (values.length === 1 && isHtml(value)) return { text: value.text, isMarkup: true }
  const isOwn = escaper === 'html' || escaper === 'urlquery'
  const text = isOwn ? formatPrinted(values) : formatArguments(values.filter((one) => one !== null))
  return { text, isMarkup: false }
}
