import { trusted } from './markup.ts'

/** Shapes of the logo: a side gate that stands ajar. */
const SHAPES = `<rect width="44" height="44" rx="11" fill="currentColor" />
<path d="M13 33V17.5a9 9 0 0 1 18 0V33" fill="none" stroke="var(--card)" stroke-width="3" stroke-linecap="round" />
<path d="M13 33V17.5a9 9 0 0 1 9-9V33z" fill="var(--card)" />
<circle cx="18.6" cy="22" r="1.6" fill="currentColor" />
`

/** Sidegate's logo; its colours are those of the style sheet. */
export const LOGO = trusted(
  `<svg viewBox="0 0 44 44" width="44" height="44" aria-hidden="true" focusable="false">${SHAPES}</svg>`,
)

/** Accents of the style sheet on light and on dark ground. */
const COLORS = ['#2a54c9', '#93b4ff'] as const

/**
 * The icon of the tab, which stands in the page: without one browsers ask for `/favicon.ico`, which is the app's and needs
 * a sign-in. `colors` are `#rrggbb`.
 */
export function toIconLink([light, dark]: readonly [string, string] = COLORS): string {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 44 44'><style>svg{color:${light};--card:#fff}@media(prefers-color-scheme:dark){svg{color:${dark};--card:#181c23}}</style>${SHAPES}</svg>`
  return `<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,${encodeURIComponent(svg.replaceAll("'", '"'))}">`
}
