import { utf8 } from '../../lib/bytes.ts'
import { REFUSED } from './html.ts'

/** Lets a URL pass that is relative or has a scheme that runs nothing: http, https, mailto. */
export function filterUrl(url: string): string {
  return isSafe(url) ? url : `#${REFUSED}`
}

function isSafe(url: string): boolean {
  const [scheme = ''] = url.split(':', 1)
  return scheme.length === url.length || scheme.includes('/') || /^(?:https?|mailto)$/iu.test(scheme)
}

/** Percent-encodes what no URL contains, and leaves its structure and escapes. */
export function normalizeUrl(url: string): string {
  return url.replaceAll(/%(?![\da-fA-F]{2})|[^%!#$&*+,/:;=?@[\]\-._~a-zA-Z\d]/gu, (char) => encode(char))
}

/** Percent-encodes everything but unreserved characters (RFC 3986 §2.3), for a value in a query. */
export function urlQuery(value: string): string {
  return value.replaceAll(/[^\-._~a-zA-Z\d]/gu, (char) => encode(char))
}

/** Encodes as the function `urlquery` of templates does, with `+` for a blank. */
export function queryEscape(value: string): string {
  return value.replaceAll(/[^\-._~a-zA-Z\d]/gu, (char) => (char === ' ' ? '+' : encode(char).toUpperCase()))
}

function encode(char: string): string {
  return Array.from(utf8(char), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

/** Filters and normalizes each URL of a `srcset`. */
export function srcset(value: string): string {
  return value.split(',').map(filterSource).join(',')
}

function filterSource(source: string): string {
  const [, blanks = '', url = '', rest = ''] = /^([\t\n\f\r ]*)([^\t\n\f\r ]*)([\s\S]*)$/u.exec(source) ?? []
  const isPlain = /^[\t\n\f\r a-zA-Z\d]*$/u.test(rest)
  return isPlain && isSafe(url) ? `${blanks}${normalizeUrl(url)}${rest}` : `#${REFUSED}`
}
