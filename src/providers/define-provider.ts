import type { CheckContext, CheckedKind, KindOptions, ProviderKind } from '../config/provider-kind.ts'
import type { ProviderConfig } from '../config/sections/provider.ts'
import { type AnySettings, type SettingsOf, settingsFor } from '../config/settings.ts'
import type { ProviderContext } from './context.ts'
import type { Provider } from './provider.ts'

/** Everything about one kind of provider. `Rows` are its own options, `Own` is what its maker gets of them. */
export interface ProviderDefinition<Rows extends KindOptions, Own>
  extends Omit<ProviderKind, 'options' | 'check'> {
  /** Options of its own, if it has any. */
  readonly options?: Rows
  /**
   * Reads these options, and reports what is wrong with them by the name that the operator used. `all` are the settings
   * of the whole provider.
   */
  readonly check?: (settings: SettingsOf<Rows>, all: AnySettings, context: CheckContext) => CheckedKind<Own>
  /** Makes the provider of one configuration; no request is sent yet. */
  create(config: ProviderConfig, own: Own, context: ProviderContext): Provider
}

/** A kind of provider that can be configured and made. */
export interface DefinedProvider extends ProviderKind {
  create(config: ProviderConfig, context: ProviderContext): Provider
}

const NOTHING_OWN: CheckedKind<undefined> = { own: undefined, allowedGroups: [] }

/** Defines a kind of provider; a line in `registry.ts` makes it known. */
export function defineProvider<const Rows extends KindOptions, Own>(
  definition: ProviderDefinition<Rows, Own>,
): DefinedProvider {
  const { options = {}, check } = definition
  return {
    ...definition,
    options,
    check: (settings, context) => check?.(settingsFor<Rows>(settings), settings, context) ?? NOTHING_OWN,
    // `own` is what `check` of this kind returned: the loader keeps it beside the kind, by which the registry finds this.
    create: (config, context) => definition.create(config, config.own as Own, context),
  }
}
