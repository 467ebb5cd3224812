import { raw, html as template } from 'hono/html'

/** HTML in which every value from outside is escaped. */
export type Markup = ReturnType<typeof raw>

/** A value in a template: text is escaped, markup is kept, undefined renders nothing. */
export type Fragment = string | number | Markup | undefined | readonly Fragment[]

/** Builds markup from a template; text and attribute values in it are escaped (`&`, `<`, `>`, both quotes). */
export function html(strings: TemplateStringsArray, ...fragments: readonly Fragment[]): Markup {
  const markup = template(strings, ...fragments)
  // The type of a fragment admits no promise, and only a promise makes the template one.
  if (markup instanceof Promise) throw new TypeError('A page cannot wait for a fragment')
  return markup
}

/** Takes markup as it is: for the operator's banner, footer and logo, and for what is written in this folder. */
export function trusted(markup: string): Markup {
  return raw(markup)
}

/** A host name that stays in one piece where a line has room for it, and otherwise breaks after its dots. */
export function breakable(host: string): Markup {
  const labels = host.split(/(?<=\.)/u).map(inOnePiece)
  return html`<span class="name">${labels.map((label, at) => (at === 0 ? label : html`<wbr>${label}`))}</span>`
}

/** Keeps a label in one piece: browsers break lines after hyphens, too. */
function inOnePiece(label: string): Fragment {
  return label.includes('-') ? html`<span class="label">${label}</span>` : label
}
