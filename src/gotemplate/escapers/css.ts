import { decodeCss } from '../escape/css-steps.ts'
import { REFUSED } from './html.ts'

const SPECIAL = /[\0\t\n\f\r"&'()+/:;<>\\{}]/gu

/** Escapes for a string of a style. A blank ends an escape that what follows would go on with. */
export function cssString(text: string): string {
  return text.replaceAll(SPECIAL, (char, at: number) => {
    if (char === '\\') return '\\\\'
    const isOpen = at + 1 === text.length || /[\da-fA-F\t\n\f\r ]/u.test(text[at + 1] ?? '')
    return `\\${char.charCodeAt(0).toString(16)}${isOpen ? ' ' : ''}`
  })
}

/** Lets values such as `10px`, `blue` and `#888` pass, and nothing that ends a value or runs code. */
export function filterCssValue(text: string): string {
  const value = decodeCss(text)
  const letters = value.replaceAll(/[^\w]/gu, '').toLowerCase()
  const isUnsafe = /[\0"'()/;@[\\\]`{}<>]|--/u.test(value) || /expression|mozbinding/u.test(letters)
  return isUnsafe ? REFUSED : value
}
