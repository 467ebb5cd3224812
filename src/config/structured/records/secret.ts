import { fromBase64 } from '../../../lib/bytes.ts'
import { quote } from '../../../lib/text.ts'
import type { RawValue } from '../../raw.ts'
import type { AnySettings } from '../../settings.ts'
import type { Secret } from '../../values/header-rows.ts'
import type { Section } from '../section.ts'

/** Reads any variable of the process. */
export type ReadVariable = (name: string) => string | undefined

/** Stands in for a secret that was refused, so that the one problem does not look like several. */
const REPORTED: Secret = { value: '' }

/**
 * Reads a secret source at a place of a section: exactly one of `value`, `fromEnv` and `fromFile`. Undefined with its label
 * when there is none.
 */
export function readSecretSource(
  {
    settings,
    section,
    place,
  }: { readonly settings: AnySettings; readonly section: Section; readonly place: string },
  readVariable: ReadVariable,
): RawValue<Secret> {
  const [value, fromEnv, fromFile] = [`${place}.value`, `${place}.fromEnv`, `${place}.fromFile`] as const
  const given = [value, fromEnv, fromFile].filter((key) => settings.value(key) !== '')
  const [key = value, another] = given
  const { label } = settings.raw(key)
  const text = String(settings.value(key))
  if (another !== undefined) {
    settings.problem(another, 'give one of value, fromEnv and fromFile, not several')
    return { value: REPORTED, label }
  }
  if (given.length === 0) {
    if (!isThere(section, place)) return { value: undefined, label: section.labelOf(place) }
    settings.problem(value, 'give one of value, fromEnv and fromFile, and not an empty one')
    return { value: REPORTED, label }
  }
  if (key === fromFile) return { value: { file: text }, label }
  if (key === value) {
    if (looksEncoded(text)) {
      settings.warning(
        key,
        'this looks like base64 and counts as it stands, as in oauth2-proxy since 7.14; write !!binary in front to have it decoded',
      )
    }
    return { value: { value: text }, label }
  }
  const found = readVariable(text)
  if (!found)
    settings.problem(
      key,
      `set the variable ${quote(text)}, it is ${found === undefined ? 'not there' : 'empty'}`,
    )
  return { value: found ? { value: found } : REPORTED, label }
}

/** True for base64 of readable text, which older versions of oauth2-proxy and its documentation want here. */
function looksEncoded(text: string): boolean {
  if (!/^(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(text)) return false
  const bytes = fromBase64(text)
  return bytes?.every((byte) => byte === 0x0a || (byte >= 0x20 && byte < 0x7f)) ?? false
}

function isThere({ maps }: Section, place: string): boolean {
  const [first = '', ...rest] = place.split('.')
  const inner = maps.get(first)
  return inner !== undefined && (rest.length === 0 || isThere(inner, rest.join('.')))
}
