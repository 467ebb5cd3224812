/**
 * Turns A to Z into lower case and leaves every other character. Unicode's mapping would make one name of another: U+212A
 * (KELVIN SIGN) becomes `k`.
 */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/gu, (letters) => letters.toLowerCase())
}
