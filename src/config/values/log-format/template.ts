/** Value of an action: a field of the line, a constant, or the result of a function. */
export type LogExpression =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'call'; readonly name: LogFunction; readonly arguments: readonly LogExpression[] }

/** Part of a log line: text as it stands, a value, or a choice. */
export type LogPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: LogExpression }
  | {
      readonly kind: 'if'
      readonly condition: LogExpression
      readonly parts: LogTemplate
      readonly otherwise: LogTemplate
    }

/** Format of one kind of log line, read from a template in the syntax of Go's text/template. */
export type LogTemplate = readonly LogPart[]

/** Functions of Go's text/template that log formats have, with the least and the greatest number of arguments. */
export const LOG_FUNCTIONS = {
  print: [1, 32],
  printf: [1, 32],
  html: [1, 1],
  js: [1, 1],
  urlquery: [1, 1],
  len: [1, 1],
  eq: [2, 32],
  ne: [2, 2],
  lt: [2, 2],
  le: [2, 2],
  gt: [2, 2],
  ge: [2, 2],
  and: [1, 32],
  or: [1, 32],
  not: [1, 1],
} as const satisfies Record<string, readonly [least: number, most: number]>

/** Name of a function of log formats. */
export type LogFunction = keyof typeof LOG_FUNCTIONS

/** Conversions of printf: `%s`, `%q`, `%v` and `%d` with `-`, a width and a precision, and `%%`. */
export const PRINTF_VERB = /%(?<left>-?)(?<width>\d{0,3})(?:\.(?<precision>\d{1,3}))?(?<verb>[sqvd%])/gu

/** The conversions of a format that take an argument; undefined when it has one that is not known. */
export function countVerbs(format: string): number | undefined {
  if (format.replaceAll(PRINTF_VERB, '').includes('%')) return undefined
  return [...format.matchAll(PRINTF_VERB)].filter(({ groups }) => groups?.['verb'] !== '%').length
}

/** The fields that the templates of oauth2-proxy have, by kind of line. All are texts. */
export const LOG_FIELDS = {
  standard: ['Timestamp', 'File', 'Message'],
  auth: [
    'Client',
    'Host',
    'Message',
    'Protocol',
    'RequestID',
    'RequestMethod',
    'Status',
    'Timestamp',
    'UserAgent',
    'Username',
  ],
  request: [
    'Client',
    'Host',
    'Protocol',
    'RequestDuration',
    'RequestID',
    'RequestMethod',
    'RequestURI',
    'ResponseSize',
    'StatusCode',
    'Timestamp',
    'Upstream',
    'UserAgent',
    'Username',
  ],
} as const

/** Kind of log line that has a template of its own. */
export type LogKind = keyof typeof LOG_FIELDS
