import type { ChoiceDeps, ProviderChoice } from './choice.ts'

/** Creates the choice between providers, which is loaded where there are several; undefined for one. */
export async function loadProviderChoice(deps: ChoiceDeps): Promise<ProviderChoice | undefined> {
  if (deps.providers.length < 2) return undefined
  const { createProviderChoice } = await import('./choice.ts')
  return createProviderChoice(deps)
}
