import type { RawValue } from '../../raw.ts'
import type { AnySettings } from '../../settings.ts'

/** A text, undefined where the file does not give it. */
export function givenText(settings: AnySettings, key: string): RawValue<string> {
  const { label } = settings.raw(key)
  const value = settings.value(key)
  return { value: settings.given(key) && typeof value === 'string' ? value : undefined, label }
}
