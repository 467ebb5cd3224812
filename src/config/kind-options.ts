import type { Option } from './option.ts'
import type { KindOption, ProviderKind, ProviderKinds } from './provider-kind.ts'
import type { AnySettings } from './settings.ts'
import { defaultOf, sameValue } from './values/values.ts'

/** The headings of the kinds, in their order. */
export function kindHeadings(kinds: ProviderKinds): readonly string[] {
  return kinds.map(({ displayName }) => displayName)
}

/** The options of all kinds as rows of the table, each under the heading of the first kind that has it. */
export function kindRows(kinds: ProviderKinds): readonly (readonly [flag: string, option: Option])[] {
  const rows = new Map<string, KindOption>()
  return kinds.flatMap((kind) => {
    const group = kind.displayName
    const added = Object.entries(kind.options).filter(([flag, option]) => rows.get(flag) !== option)
    for (const [flag, option] of added) {
      if (rows.has(flag))
        throw new TypeError(`Share one row for --${flag}: two kinds of providers describe it`)
      rows.set(flag, option)
    }
    return added.map(([flag, option]) => [flag, { ...option, group }] as const)
  })
}

/**
 * Warns of options that belong to other kinds than the chosen one. oauth2-proxy passes over them without a word, and many
 * configurations carry some; one that was meant to keep people out has to be said in any case.
 */
export function warnOfOtherKinds(
  settings: AnySettings,
  { chosen, kinds }: { chosen: ProviderKind; kinds: ProviderKinds },
): void {
  const others = new Map(kinds.flatMap(({ options }) => Object.entries(options)))
  for (const [flag, option] of others) {
    if (Object.hasOwn(chosen.options, flag)) continue
    if (sameValue(settings.value(flag), defaultOf(option))) continue
    const effect = option.restricts === true ? 'restricts no one' : 'has no effect'
    settings.warning(flag, `remove this, it ${effect} with --provider=${chosen.kind}`)
  }
}
