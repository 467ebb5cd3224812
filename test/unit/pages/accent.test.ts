import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAccent } from '../../../src/pages/accent.ts'

const COLORS = [
  '#000000',
  '#ffffff',
  '#2a54c9',
  '#ffcc00',
  '#d40000',
  '#00a86b',
  '#808080',
  '#767676',
  '#ff69b4',
]
const GROUNDS = { light: ['#f2f4f7', '#ffffff'], dark: ['#0f1217', '#181c23'] }

/** WCAG 2.2, written down a second time, from the text. */
function contrast(left: string, right: string): number {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const srgb = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return srgb <= 0.04045 ? srgb / 12.92 : ((srgb + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [darker = 0, lighter = 0] = [luminance(left), luminance(right)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function read(style: string): Record<'light' | 'dark', Record<string, string>> {
  const [light = '', dark = ''] = style.split('@media (prefers-color-scheme:dark)')
  const toRules = (text: string) =>
    Object.fromEntries(
      Array.from(text.matchAll(/--([a-z-]+):([^;}]+)/gu), ([, name, value]) => [name, value]),
    )
  return { light: toRules(light), dark: toRules(dark) }
}

describe.each(COLORS)('the accent %s', (color) => {
  it.each(['light', 'dark'] as const)('the accent %s can be read in the %s scheme', async (scheme) => {
    const rules = read((await createAccent(color)).style)[scheme]
    const { accent = '', button = '', 'button-strong': strong = '', 'on-button': on = '' } = rules
    expect(button).toBe(color)
    for (const ground of GROUNDS[scheme]) expect(contrast(accent, ground)).toBeGreaterThanOrEqual(4.5)
    for (const under of [button, strong]) expect(contrast(on, under)).toBeGreaterThanOrEqual(4.5)
    // A button that its ground would swallow has an outline.
    const [, card = ''] = GROUNDS[scheme]
    if (contrast(button, card) < 3) expect(rules['button-line']).toBe('var(--field)')
  })

  it('the accent %s has its hash, and cannot end its element', async () => {
    const { style, source } = await createAccent(color)
    expect(source).toBe(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(style).not.toContain('<')
  })
})

it('links and outlines keep the very colour where it can be read as it is', async () => {
  expect(read((await createAccent('#2a54c9')).style).light['accent']).toBe('#2a54c9')
})
