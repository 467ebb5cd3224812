import { failed, ok, type Result } from '../../../result.ts'

/** A text whose variables are filled in. */
export interface Substituted {
  readonly text: string
  /** Variables that are not set and have no default; nothing stands in their place. */
  readonly unset: readonly { readonly name: string; readonly line: number }[]
}

/** A place that cannot be filled in. */
export interface SubstitutionFault {
  readonly sentence: string
  readonly line: number
}

interface Filling {
  readonly readVariable: (name: string) => string | undefined
  /** Names of groups of patterns, which rewrite targets name in the same form. */
  readonly groups: ReadonlySet<string>
  readonly unset: { readonly name: string; readonly line: number }[]
  readonly faults: SubstitutionFault[]
}

/**
 * Fills in variables as oauth2-proxy does (a8m/envsubst): `$NAME`, `${NAME}`, `${NAME:-default}` and `:=` where it is empty or
 * not set, `-` and `=` where it is not set, `${NAME+other}` and `:+` where it is set; `$$` is a dollar sign. What a rewrite
 * target has stays: `$1`, `${1}`, and the names of groups that the file has, unless a variable of that name is set.
 * oauth2-proxy turns `$2` into `$1` and takes `${1}` away. Comments are left alone.
 */
export function substitute(
  text: string,
  readVariable: Filling['readVariable'],
): Result<Substituted, readonly SubstitutionFault[]> {
  const groups = new Set(Array.from(text.matchAll(/\(\?P?<(\w+)>/gu), ([, name = '']) => name))
  const filling: Filling = { readVariable, groups, unset: [], faults: [] }
  const lines = text
    .split('\n')
    .map((line, at) => (/^\s*#/u.test(line) ? line : fillLine(line, at + 1, filling)))
  if (filling.faults.length > 0) return failed(filling.faults)
  return ok({ text: lines.join('\n'), unset: filling.unset })
}

const EMPTY = `\${}`
const NAME = String.raw`[\p{L}\p{Nd}_]+`
/** In turn: a dollar sign, a group's number, a variable with or without a default, an expression of another form. */
const EXPRESSION = new RegExp(
  String.raw`\$\$|\$\{?\d+\}?|\$(${NAME})|\$\{(${NAME})(?:(:?[-=+])([^}]*))?\}|\$\{[^}]*\}?`,
  'gu',
)

function fillLine(line: string, number: number, filling: Filling): string {
  return line.replace(EXPRESSION, (whole, plain?: string, name = plain, operator?: string, other = '') => {
    if (whole === '$$') return '$'
    if (name === undefined) {
      if (/^\$\{?\d/u.test(whole) || whole === EMPTY) return whole
      const sentence = whole.endsWith('}')
        ? `write $NAME, \${NAME} or \${NAME:-default}; write $$ for a dollar sign`
        : `close the brace behind \${ in the same line; write $$ for a dollar sign`
      filling.faults.push({ sentence, line: number })
      return ''
    }
    return expand({ whole, name, operator, other, line: number }, filling)
  })
}

interface Expression {
  readonly whole: string
  readonly name: string
  readonly operator: string | undefined
  readonly other: string
  readonly line: number
}

function expand(
  { whole, name, operator, other, line }: Expression,
  { readVariable, groups, unset, faults }: Filling,
): string {
  const value = readVariable(name)
  if (operator === undefined) {
    if (value === undefined && groups.has(name)) return whole
    if (value === undefined) unset.push({ name, line })
    return value ?? ''
  }
  if (other.includes('${')) faults.push({ sentence: `write the default without another \${…} in it`, line })
  // A default may be one variable, and is text otherwise.
  const [, variable] = /^\$([\p{L}\p{Nd}_]+)$/u.exec(other) ?? []
  const instead = variable === undefined ? other : (readVariable(variable) ?? '')
  if (operator.endsWith('+')) return value === undefined ? '' : instead
  const isMissing = operator.startsWith(':') ? !value : value === undefined
  return isMissing ? instead : (value ?? '')
}
