import { quote } from '../../lib/text.ts'
import type { Option } from '../option.ts'
import type { Unparsed } from '../sources/source.ts'

/** Placeholder in a value: it can never work, or most likely not. */
export interface Placeholder {
  readonly kind: 'problem' | 'warning'
  readonly sentence: string
}

/** `${NAME}`, `$(NAME)` and `{{ name }}` as shells, Kubernetes and template engines leave them when they know no value. */
const VARIABLE = /\$\{[A-Za-z_][\w.]*(?::?[-+?=][^}]*)?\}|\$\([A-Za-z_]\w*\)|\{\{[^{}]*\}\}/u

/** Examples' placeholders for an id, a name or a secret. */
const EXAMPLE =
  /^(?:x{4,}|\.{3}|…|todo|tbd|<[^<>]*>|\[[^[\]]*\]|(?:please[-_ ]?)?(?:change|replace)[-_ ]?(?:me|this|it)|your[-_ ].*)$/iu

/** Finds a placeholder in a value; a secret is never shown, and only one that is nothing else counts as such. */
export function findPlaceholder(option: Option, raw: Unparsed): Placeholder | undefined {
  if (option.placeholders === 'meant' || (option.kind === 'list' && option.exact)) return undefined
  const texts = raw.form === 'items' ? raw.items : [raw.text]
  for (const text of texts) {
    const found = option.secret ? inSecret(text) : inText(text)
    if (found !== undefined) return found
  }
  return undefined
}

function inText(text: string): Placeholder | undefined {
  const [variable] = VARIABLE.exec(text) ?? []
  if (variable !== undefined) {
    return {
      kind: 'problem',
      sentence: `put its value in place of ${quote(variable)}, nothing is filled in here`,
    }
  }
  const [angle] = /<[\w .:-]+>/u.exec(text) ?? []
  const shown = EXAMPLE.test(text) ? text : angle
  return shown === undefined
    ? undefined
    : { kind: 'warning', sentence: `put the real value in place of ${quote(shown)}` }
}

function inSecret(text: string): Placeholder | undefined {
  if (VARIABLE.exec(text)?.[0] === text && text !== '') {
    return { kind: 'problem', sentence: 'put the secret in place of the variable, nothing is filled in here' }
  }
  return EXAMPLE.test(text)
    ? { kind: 'warning', sentence: 'put the real secret in place of the placeholder' }
    : undefined
}
