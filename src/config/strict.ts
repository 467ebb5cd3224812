import { findStrict } from './sections/program.ts'
import type { Given, OptionSource } from './sources/source.ts'

/** One setting that `strict` turns on, and the danger in what oauth2-proxy does instead. */
export interface StrictRow {
  readonly flag: string
  /** Value as a person writes it in the flag. */
  readonly value: string
  /** The danger in what oauth2-proxy does, and so does Sidegate without the setting. */
  readonly danger: string
}

/**
 * Everything that `strict` turns on. Each row has a flag of its own, which wins over `strict` wherever it is given;
 * docs/migrating.md prints this table.
 */
export const STRICT: readonly StrictRow[] = [
  {
    flag: 'sign-out-at-provider',
    value: 'true',
    danger:
      'a sign-out leaves the session at the provider, and the next visit signs in again without a password',
  },
  {
    flag: 'session-revalidate',
    value: '5m',
    danger: 'an account that is disabled at the provider keeps its session until cookie-expire',
  },
  {
    flag: 'session-max-lifetime',
    value: '168h',
    danger: 'a session that is refreshed never ends, and neither does a stolen cookie',
  },
  {
    flag: 'sign-in-page-signs-out',
    value: 'false',
    danger: 'opening an address ends a session',
  },
  {
    flag: 'empty-constraints',
    value: 'deny',
    danger: 'an empty allowed_groups, which a gateway filled from an empty variable, admits everybody',
  },
  {
    flag: 'oidc-other-audiences',
    value: 'false',
    danger: 'an ID token that also holds for other programs is accepted',
  },
]

/**
 * Sources with the settings of `strict` behind them, where it is on. Behind all others, so that each setting can be given
 * singly.
 */
export function withStrict(sources: readonly OptionSource[]): readonly OptionSource[] {
  const strict = findStrict(sources)
  if (strict === undefined) return sources
  const rows = STRICT.map(({ flag, value }): readonly [string, Given] => [
    flag,
    {
      raw: { form: 'text', text: value },
      source: strict.source,
      label: `${flag} (${strict.label})`,
    },
  ])
  return [...sources, new Map(rows)]
}
