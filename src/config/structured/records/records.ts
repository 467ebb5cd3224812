import type { RawConfig } from '../../build.ts'
import type { OptionTable } from '../../options.ts'
import type { RawValue } from '../../raw.ts'
import type { RawHeader, RawHeaderValue } from '../../sections/headers/check-headers.ts'
import type { RawServer } from '../../sections/listen.ts'
import type { RawProvider } from '../../sections/provider.ts'
import { type AnySettings, readSettings } from '../../settings.ts'
import type { OptionSource } from '../../sources/source.ts'
import type { Section } from '../section.ts'
import { readSectionSettings, type SettingsDeps, toOptionSource } from '../section-settings.ts'
import { optionsBelow, PROVIDERS } from '../shape.ts'
import { givenText } from './given.ts'
import { readLoginUrlParameters } from './login-url-parameters.ts'
import { type ReadVariable, readSecretSource } from './secret.ts'
import { readUpstream } from './upstream.ts'

interface RecordDeps extends SettingsDeps {
  readonly table: OptionTable
  /** The sources of the options that have no place in the file, which hold for every provider. */
  readonly sources: readonly OptionSource[]
  readonly readVariable: ReadVariable
}

/** Fills the records of the configuration from the structured file. */
export function readRecords(root: Section, deps: RecordDeps): RawConfig {
  const upstreamConfig = root.maps.get('upstreamConfig')
  return {
    server: readServerSection(root, 'server', deps),
    metricsServer: readServerSection(root, 'metricsServer', deps),
    providers: readProviders(root, deps),
    upstreams: (upstreamConfig?.lists.get('upstreams') ?? []).map((section) => readUpstream(section, deps)),
    headers: {
      request: readHeaderList(root, 'injectRequestHeaders', deps),
      response: readHeaderList(root, 'injectResponseHeaders', deps),
    },
  }
}

/** Nothing listens unless the file says so. */
function readServerSection(root: Section, key: 'server' | 'metricsServer', deps: RecordDeps): RawServer {
  const server = root.maps.get(key) ?? emptySection(root, key)
  const settings = readSectionSettings(server, deps)
  return {
    bindAddress: givenText(settings, 'bindAddress'),
    secureBindAddress: switchedOn(givenText(settings, 'secureBindAddress')),
    tls: {
      cert: readSecretSource({ settings, section: server, place: 'tls.cert' }, deps.readVariable),
      key: readSecretSource({ settings, section: server, place: 'tls.key' }, deps.readVariable),
      minVersion: givenText(settings, 'tls.minVersion'),
      cipherSuites: { ...settings.raw('tls.cipherSuites'), value: listOf(settings, 'tls.cipherSuites') },
    },
  }
}

/** A TLS listener that was switched off is not missed. */
function switchedOn(address: RawValue<string>): RawValue<string> {
  return address.value === '-' ? { ...address, value: undefined } : address
}

/** A section of the file that is not there. */
function emptySection({ shape, labelOf }: Section, key: string): Section {
  const of = shape.keys[key]
  if (of?.kind !== 'map') throw new TypeError(`There is no section ${key}`)
  return {
    path: key,
    shape: of,
    leaves: new Map(),
    maps: new Map(),
    lists: new Map(),
    labelOf: (below) => labelOf(`${key}.${below}`),
  }
}

function readProviders(root: Section, deps: RecordDeps): readonly RawProvider[] {
  const sections = root.lists.get('providers') ?? []
  if (sections.length === 0) {
    deps.report.problem(root.labelOf('providers'), 'give a provider, people have nowhere to sign in')
  }
  return sections.map((section, at) => readProviderSection(section, at, deps))
}

function readProviderSection(section: Section, at: number, deps: RecordDeps): RawProvider {
  const { table, sources, runtime, report } = deps
  const places = optionsBelow(table, PROVIDERS)
  const flags = new Map([...places].map(([place, flag]) => [flag, place]))
  const settings = readSettings(
    {
      table,
      sources: [toOptionSource(section, places), ...sources],
      runtime,
      nameOf: (flag) => section.labelOf(flags.get(flag) ?? flag),
    },
    report,
  )
  const own = readSectionSettings(section, deps)
  // The first one is what oauth2-proxy takes it for when nothing is said.
  if (at > 0 && !settings.given('provider'))
    settings.problem('provider', 'say which kind of provider this is')
  return {
    id: givenText(own, 'id'),
    settings,
    additionalClaims: listOf(own, 'additionalClaims'),
    emailDomains: { ...own.raw('emailDomains'), value: listOf(own, 'emailDomains') },
    domains: { ...own.raw('domains'), value: listOf(own, 'domains') },
    loginUrlParameters: readLoginUrlParameters(section, deps),
  }
}

function readHeaderList(root: Section, key: string, deps: RecordDeps): readonly RawHeader[] {
  return (root.lists.get(key) ?? []).map((section) => {
    const settings = readSectionSettings(section, deps)
    if (settings.value('InsecureSkipHeaderNormalization') === true) {
      settings.warning(
        'InsecureSkipHeaderNormalization',
        'remove this, it has no effect: what clients send is deleted in every spelling that an app could take for this name',
      )
    }
    return {
      name: givenText(settings, 'name'),
      preserveRequestValue: {
        ...settings.raw('preserveRequestValue'),
        value: settings.value('preserveRequestValue') === true,
      },
      values: (section.lists.get('values') ?? []).map((value) => readHeaderValue(value, deps)),
    }
  })
}

function readHeaderValue(section: Section, deps: RecordDeps): RawHeaderValue {
  const settings = readSectionSettings(section, deps)
  const claim = givenText(settings, 'claimSource.claim')
  const claims = listOf(settings, 'claimSource.claims')
  if (claims.length > 0 && claim.value !== undefined) {
    settings.problem('claimSource.claims', 'give claim or claims, not both')
  }
  const secretAt = (place: string) => readSecretSource({ settings, section, place }, deps.readVariable)
  return {
    claim: claims.length > 0 ? { ...settings.raw('claimSource.claims'), value: claims } : toList(claim),
    prefix: givenText(settings, 'claimSource.prefix'),
    basicAuthPassword: secretAt('claimSource.basicAuthPassword'),
    secret: secretAt('secretSource'),
  }
}

function toList({ value, label }: RawValue<string>): RawValue<readonly string[]> {
  return { value: value === undefined ? undefined : [value], label }
}

function listOf(settings: AnySettings, key: string): readonly string[] {
  const value = settings.value(key)
  return Array.isArray(value) ? value : []
}
