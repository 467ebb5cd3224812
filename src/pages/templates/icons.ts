/**
 * Style sheet at the address of oauth2-proxy's Font Awesome: the icons that sign-in pages use, as characters of the
 * fonts that every system has. There is no web font to load.
 */
export const ICON_STYLES = `.fa,.fas,.far,.fab,.fa-solid,.fa-regular,.fa-brands{display:inline-block;font-style:normal;font-weight:400;line-height:1;text-rendering:auto}
.fa-fw{width:1.25em;text-align:center}.fa-lg{font-size:1.25em}.fa-2x{font-size:2em}.fa-3x{font-size:3em}
${icons({
  'angle-down': '2304',
  'angle-up': '2303',
  'angle-left': '2039',
  'angle-right': '203a',
  'chevron-down': '2304',
  'chevron-right': '203a',
  'arrow-left': '2190',
  'arrow-right': '2192',
  'sign-in-alt': '2192',
  'right-to-bracket': '2192',
  'sign-out-alt': '2190',
  user: '1f464',
  users: '1f465',
  lock: '1f512',
  unlock: '1f513',
  key: '1f511',
  'shield-alt': '1f6e1',
  envelope: '2709',
  home: '2302',
  'info-circle': '2139',
  'circle-info': '2139',
  'question-circle': '003f',
  'exclamation-triangle': '26a0',
  'triangle-exclamation': '26a0',
  'exclamation-circle': '26a0',
  times: '00d7',
  xmark: '00d7',
  check: '2713',
  'sync-alt': '21bb',
  redo: '21bb',
})}
`

function icons(codes: Readonly<Record<string, string>>): string {
  return Object.entries(codes)
    .map(([name, code]) => `.fa-${name}::before{content:"\\${code}"}`)
    .join('\n')
}
