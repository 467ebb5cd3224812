import { isOwnPath } from '../../config/own-paths.ts'
import type { ProviderConfig } from '../../config/sections/provider.ts'
import type { Cookie, CookieChange, Exchange } from '../../http/exchange.ts'
import { onlyValue } from '../../http/form.ts'
import { findHeader } from '../../http/head.ts'
import { compileEmailDomains } from '../../policy/emails.ts'
import { problem } from '../../problems.ts'
import type { Provider } from '../../providers/provider.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { SignInContext } from '../context.ts'

/** A provider that was chosen for a sign-in. */
export interface Chosen {
  readonly provider: Provider
  /** E-mail address that chose it, for `login_hint` (OpenID Connect Core 1.0 §3.1.2.1). */
  readonly loginHint?: string | undefined
}

/** Providers that the sign-in page of a request offers. */
export interface Offer {
  /** At least one, the one that this browser used last before the others. */
  readonly providers: readonly Provider[]
  readonly loginHint?: string | undefined
  /** True when the request names a provider that there is not, or an address that none is for. */
  readonly unknown: boolean
  /** True when an e-mail address can choose. */
  readonly asksForAddress: boolean
}

/** The choice between several providers. */
export interface ProviderChoice {
  /**
   * Chooses the provider of a sign-in: the one that is named in `provider`, else in X-Auth-Request-Provider by a trusted
   * gateway, else the one whose domains have the address in `login_hint`; without any the one that was used last, else the
   * first. Fails with `provider_unknown`.
   */
  choose(exchange: Exchange, parameters: URLSearchParams | undefined): Result<Chosen>
  offer(exchange: Exchange): Offer
  /** Makes the cookie that remembers the provider of a sign-in: its id, and nothing about the person. */
  remember(cookies: readonly Cookie[], provider: string): readonly CookieChange[]
}

/** Longest time for which browsers keep a cookie is 400 days (RFC 6265bis §5.5). */
const YEAR_SECONDS = 31_536_000
/** Limit on an e-mail address (RFC 5321 §4.5.3.1). */
const MAX_ADDRESS = 254

/** Collaborators of the choice. */
export type ChoiceDeps = Pick<SignInContext, 'providers'> & {
  readonly config: Pick<SignInContext['config'], 'paths' | 'cookie' | 'signIn'> & {
    readonly providers: readonly Pick<
      ProviderConfig,
      'id' | 'domains' | 'loginParameters' | 'loginUrlParameters'
    >[]
  }
}

/** Creates the choice of a configuration with several providers. */
export function createProviderChoice({ config, providers }: ChoiceDeps): ProviderChoice {
  const cookieName = `${config.cookie.name}_provider`
  const remembers = config.signIn.rememberProvider
  const findByAddress = compileAddresses(config.providers, providers)

  /** True where the settings leave `login_hint` to this. */
  function mayHint(id: string): boolean {
    const own = config.providers.find((each) => each.id === id)
    return (
      own !== undefined &&
      ![...Object.keys(own.loginParameters), ...own.loginUrlParameters.map(({ name }) => name)].includes(
        'login_hint',
      )
    )
  }

  /** The provider that a request names; undefined when it names none. */
  function named(exchange: Exchange, parameters: URLSearchParams | undefined): Result<Chosen | undefined> {
    const id = (parameters && onlyValue(parameters, 'provider')) || nameByGateway(exchange)
    if (id) {
      const provider = providers.find((each) => each.id === id)
      return provider === undefined ? unknown('provider') : ok({ provider })
    }
    const address = parameters && onlyValue(parameters, 'login_hint')
    if (!address || findByAddress === undefined) return ok(undefined)
    const provider = address.length > MAX_ADDRESS ? undefined : findByAddress(address)
    return provider === undefined
      ? unknown('address')
      : ok({ provider, loginHint: mayHint(provider.id) ? address : undefined })
  }

  function ordered(cookies: readonly Cookie[]): readonly Provider[] {
    const last = remembers ? cookies.find(({ name }) => name === cookieName)?.value : undefined
    const used = providers.filter(({ id }) => id === last)
    return [...used, ...providers.filter(({ id }) => id !== last)]
  }

  return {
    choose(exchange, parameters) {
      const chosen = named(exchange, parameters)
      if (!chosen.ok) return chosen
      const [provider] = ordered(exchange.cookies)
      return chosen.value !== undefined
        ? ok(chosen.value)
        : provider === undefined
          ? unknown('provider')
          : ok({ provider })
    },
    offer(exchange) {
      const { path, query } = exchange.target
      // The app's own addresses may have parameters of these names.
      const chosen = named(exchange, isOwnPath(config.paths, path) ? new URLSearchParams(query) : undefined)
      const only = chosen.ok ? chosen.value : undefined
      return {
        providers: only === undefined ? ordered(exchange.cookies) : [only.provider],
        loginHint: only?.loginHint,
        unknown: !chosen.ok,
        asksForAddress: findByAddress !== undefined && only === undefined,
      }
    },
    remember: (cookies, value) =>
      !remembers || cookies.some((cookie) => cookie.name === cookieName && cookie.value === value)
        ? []
        : [{ name: cookieName, value, maxAgeSeconds: YEAR_SECONDS, purpose: 'session' }],
  }
}

const unknown = (why: 'provider' | 'address') => failed(problem('provider_unknown', { why }))

/** Id of the provider that a trusted gateway names. */
function nameByGateway({ facts, request }: Exchange): string | undefined {
  return facts.trusted ? findHeader(request.headers, 'x-auth-request-provider') : undefined
}

/**
 * Compiles the look-up by e-mail address: of providers that name its domain the first counts, and one that names every
 * domain (`*`) only where no other does. Undefined where no provider names any.
 */
function compileAddresses(
  configs: ChoiceDeps['config']['providers'],
  providers: readonly Provider[],
): ((address: string) => Provider | undefined) | undefined {
  const rules = configs.flatMap(({ id, domains }) => {
    const exact = domains.filter((domain) => domain !== '*')
    return [
      { id, domains: exact, isRest: false },
      { id, domains: exact.length === domains.length ? [] : ['*'], isRest: true },
    ]
  })
  const compiled = rules
    .filter(({ domains }) => domains.length > 0)
    .sort((one, other) => Number(one.isRest) - Number(other.isRest))
    .map(({ id, domains }) => ({ id, rule: compileEmailDomains(domains) }))
  if (compiled.length === 0) return undefined
  return (address) => {
    const found = /^[^@\s]+@[^@\s]+$/u.test(address) && compiled.find(({ rule }) => rule.admits(address))
    return found ? providers.find(({ id }) => id === found.id) : undefined
  }
}
