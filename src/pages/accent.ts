import { sha256, toBase64 } from '../lib/bytes.ts'

/** Style sheet of an accent colour, which follows the default one, and its CSP source. */
export interface Accent {
  readonly style: string
  readonly source: string
  /** Colours on light and on dark ground, for the icon. */
  readonly colors: readonly [string, string]
}

type Rgb = readonly [number, number, number]

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** The grounds that accents stand on, page and card, as in styles.ts. */
const SCHEMES = { light: { grounds: ['#f2f4f7', '#ffffff'] }, dark: { grounds: ['#0f1217', '#181c23'] } }
/** Contrasts of WCAG 2.2: §1.4.3 for text, §1.4.11 for what shows where a button is. */
const TEXT_CONTRAST = 4.5
const SHAPE_CONTRAST = 3

/**
 * Derives the accents of both schemes from one colour, `#rrggbb`: buttons have the colour itself, with black or white on
 * it, whichever can be read, and an outline where they would not stand out; links, outlines of the focus and the logo have
 * it as far towards black or white as it takes to be read.
 */
export async function createAccent(color: string): Promise<Accent> {
  const brand = parse(color)
  const light = derive(brand, SCHEMES.light.grounds, BLACK)
  const dark = derive(brand, SCHEMES.dark.grounds, WHITE)
  const style = `:root{${light.rules}}@media (prefers-color-scheme:dark){:root{${dark.rules}}}`
  const source = `'sha256-${toBase64(await sha256(style))}'`
  return { style, source, colors: [light.text, dark.text] }
}

function derive(brand: Rgb, grounds: readonly string[], towards: Rgb): { rules: string; text: string } {
  const [ground = WHITE, card = WHITE] = grounds.map(parse)
  const on = contrast(WHITE, brand) >= TEXT_CONTRAST ? WHITE : BLACK
  // Away from the text on it, so that it can be read all the better.
  const strong = mix(brand, on === WHITE ? BLACK : WHITE, 0.2)
  const text = toHex(readable(brand, [ground, card], towards))
  const line = contrast(brand, card) >= SHAPE_CONTRAST ? 'transparent' : 'var(--field)'
  const rules = [
    `--accent:${text}`,
    `--button:${toHex(brand)}`,
    `--button-strong:${toHex(strong)}`,
    `--on-button:${toHex(on)}`,
    `--button-line:${line}`,
    `--soft:${toHex(mix(card, brand, 0.08))}`,
  ].join(';')
  return { rules, text }
}

function readable(color: Rgb, grounds: readonly Rgb[], towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.04) {
    const candidate = mix(color, towards, share)
    if (grounds.every((ground) => contrast(candidate, ground) >= TEXT_CONTRAST)) return candidate
  }
  return towards
}

/** Contrast ratio (WCAG 2.2). */
function contrast(left: Rgb, right: Rgb): number {
  const [light, dark] = [luminance(left), luminance(right)].toSorted((a, b) => b - a)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** Relative luminance (WCAG 2.2). */
function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function mix([r1, g1, b1]: Rgb, [r2, g2, b2]: Rgb, share: number): Rgb {
  const between = (from: number, to: number): number => Math.round(from + (to - from) * share)
  return [between(r1, r2), between(g1, g2), between(b1, b2)]
}

function parse(hex: string): Rgb {
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16)
  return [part(1), part(3), part(5)]
}

function toHex(color: Rgb): string {
  return `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
