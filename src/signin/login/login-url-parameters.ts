import type { LoginUrlRule } from '../../config/sections/provider/login-url-parameters.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import { compilePattern } from '../../re2/compile.ts'

/** Parameters of the authorization request out of the query of the start endpoint, for the provider with this id. */
export type ChooseLoginParameters = (
  provider: string,
  query: URLSearchParams,
) => Readonly<Record<string, readonly string[]>>

/**
 * Compiles the rules of `loginURLParameters`: of each parameter the values that some rule allows are taken; where none is,
 * the parameter is left out of the result, and its default is sent.
 */
export function compileLoginParameters(
  providers: readonly Pick<ProviderConfig, 'id' | 'loginUrlParameters'>[],
): ChooseLoginParameters {
  const rules = new Map(
    providers.map(({ id, loginUrlParameters }) => [
      id,
      loginUrlParameters.map(({ name, allow }) => ({ name, allowed: allow.map(compileRule) })),
    ]),
  )
  return (provider, query) => {
    const chosen = (rules.get(provider) ?? []).map(({ name, allowed }) => {
      const values = query.getAll(name).filter((value) => allowed.some((allows) => allows(value)))
      return [name, values] as const
    })
    return Object.fromEntries(chosen.filter(([, values]) => values.length > 0))
  }
}

function compileRule(rule: LoginUrlRule): (value: string) => boolean {
  if ('value' in rule) return (value) => value === rule.value
  const pattern = compilePattern(rule.pattern)
  // The loader checked it.
  if (!pattern.ok) throw new TypeError(pattern.problem)
  return pattern.value.test
}
