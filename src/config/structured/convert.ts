import { Document, isScalar, visit } from 'yaml'
import type { RawConfig } from '../build.ts'
import type { Option } from '../option.ts'
import type { OptionTable } from '../options.ts'
import type { RawHeader, RawHeaderValue } from '../sections/headers/check-headers.ts'
import type { RawServer } from '../sections/listen.ts'
import { type RawUpstream, UPSTREAM_OPTIONS } from '../sections/upstreams.ts'
import type { AnySettings } from '../settings.ts'
import type { Given, OptionSource } from '../sources/source.ts'
import type { Secret } from '../values/header-rows.ts'
import { defaultOf, parseValue } from '../values/values.ts'
import { freeOptions, optionsBelow, PROVIDERS } from './shape.ts'

interface ConvertInput {
  readonly raw: RawConfig
  readonly table: OptionTable
  /** Flags, variables and the TOML file: the first that gives an option counts. */
  readonly sources: readonly OptionSource[]
  readonly all: AnySettings
}

/** A tree of plain values; undefined members are left out. */
type Tree = { readonly [key: string]: Tree | unknown }

const HEADER = ` Written by --convert-config-to-alpha. Give it with --alpha-config, alone: all options are in it.
 Secrets stand in it as they were given, but for those of variables, which are named in their place.`

/**
 * Converts flags, variables and the TOML file to a structured file that means the same. What has a place in oauth2-proxy's
 * file stands there, everything else below `options`. A secret that a variable gave is the name of the variable.
 */
export function convert({ raw, all, table, sources }: ConvertInput): string {
  const provider = String(all.value('provider'))
  const winner = (flag: string): Given | undefined =>
    sources.map((source) => source.get(flag)).find((given) => given !== undefined)
  const given = (flag: string): unknown => {
    const [option, found] = [table.get(flag), winner(flag)]
    return option === undefined || found === undefined ? undefined : toPlain(option, found)
  }
  const pick = (places: ReadonlyMap<string, string>): Tree =>
    toTree([...places].map(([place, flag]) => [place, given(flag)] as const))
  const password = given('basic-auth-password')
  const toHeaders = (headers: readonly RawHeader[]) => headers.map((header) => toHeader(header, password))
  const tree = {
    server: toServer(raw.server),
    metricsServer: toServer(raw.metricsServer),
    upstreamConfig: { upstreams: raw.upstreams.map(toUpstream) },
    injectRequestHeaders: toHeaders(raw.headers.request),
    injectResponseHeaders: toHeaders(raw.headers.response),
    providers: [toProvider(pick(optionsBelow(table, PROVIDERS)), { given, provider })],
    options: pick(freeOptions(table)),
  }
  return render(tree)
}

/** Stands for a variable until the text is complete, in which every other dollar sign is doubled. */
const MARK = /@variable:(\w+)@/gu

function toPlain(option: Option, { raw, source, label }: Given): unknown {
  if (option.secret && source === 'variable') return `@variable:${label}@`
  if (raw.form === 'items') return raw.items
  if (option.kind === 'duration') return raw.text
  const parsed = parseValue(option, raw)
  return parsed.ok ? parsed.value : raw.text
}

function toTree(members: readonly (readonly [place: string, value: unknown])[]): Tree {
  const tree: Record<string, unknown> = {}
  const inner = new Map<string, [string, unknown][]>()
  for (const [place, value] of members) {
    if (value === undefined) continue
    const [first = '', ...rest] = place.split('.')
    if (rest.length === 0) tree[first] = value
    else inner.set(first, [...(inner.get(first) ?? []), [rest.join('.'), value]])
  }
  for (const [first, below] of inner) tree[first] = toTree(below)
  return tree
}

function toServer({ bindAddress, secureBindAddress, tls }: RawServer): Tree {
  const file = (source: Secret | undefined) =>
    source && 'file' in source ? { fromFile: source.file } : undefined
  const isSecure = Boolean(tls.cert.value || tls.key.value)
  return {
    bindAddress: bindAddress.value || undefined,
    secureBindAddress: secureBindAddress.value || undefined,
    tls: isSecure
      ? {
          key: file(tls.key.value),
          cert: file(tls.cert.value),
          minVersion: tls.minVersion.value || undefined,
          cipherSuites: tls.cipherSuites.value?.length ? tls.cipherSuites.value : undefined,
        }
      : undefined,
  }
}

const USUAL_TIMEOUT_MS = defaultOf(UPSTREAM_OPTIONS['upstream-timeout'])

function toUpstream(upstream: RawUpstream): Tree {
  const { id, path, uri, passHostHeader, proxyWebSockets, getBody, timeout } = upstream
  const [, digits] = /^static:\/\/(\d*)/u.exec(uri.value ?? '') ?? []
  const code = digits === '' ? '200' : digits
  const on = (value: boolean | undefined) => value || undefined
  const isApp = code === undefined
  const ms = timeout.value ?? 0
  return {
    id: id.value ?? path.value,
    path: path.value,
    uri: isApp ? toUri(uri.value ?? '') : undefined,
    static: isApp ? undefined : true,
    staticCode: isApp ? undefined : Number(code),
    insecureSkipTLSVerify: on(upstream.insecureSkipTLSVerify.value),
    passHostHeader: passHostHeader.value === false ? false : undefined,
    proxyWebSockets: proxyWebSockets.value === false ? false : undefined,
    timeout: ms === USUAL_TIMEOUT_MS ? undefined : ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`,
    disableKeepAlives: on(upstream.disableKeepAlives.value),
    getBody: on(getBody.value),
  }
}

/** The path of an upstream URL is the one that it takes, which has a key of its own. */
function toUri(text: string): string {
  return text.replace(/^(https?:\/\/[^/]+|binding:\w+)\/.*$/su, '$1').replace(/^(file:[^#]*)#.*$/su, '$1')
}

function toHeader({ name, preserveRequestValue, values }: RawHeader, password: unknown): Tree {
  return {
    name: name.value,
    preserveRequestValue: preserveRequestValue.value === true ? true : undefined,
    values: values.map((value) => ({ claimSource: toClaimSource(value, password) })),
  }
}

function toClaimSource({ claim, prefix, basicAuthPassword }: RawHeaderValue, password: unknown): Tree {
  const [only, ...others] = claim.value ?? []
  return {
    claim: others.length === 0 ? only : undefined,
    claims: others.length === 0 ? undefined : claim.value,
    prefix: prefix.value || undefined,
    basicAuthPassword: basicAuthPassword.value === undefined ? undefined : { value: password },
  }
}

interface ProviderInput {
  readonly given: (flag: string) => unknown
  readonly provider: string
}

function toProvider({ loginURLParameters: _, ...own }: Tree, { given, provider }: ProviderInput): Tree {
  const prompt = given('prompt') || undefined
  const parameters = {
    acr_values: given('acr-values'),
    prompt,
    approval_prompt: prompt === undefined ? given('approval-prompt') : undefined,
  }
  const loginURLParameters = Object.entries(parameters).flatMap(([name, value]) =>
    value ? [{ name, default: [value] }] : [],
  )
  return {
    id: provider,
    provider,
    ...own,
    code_challenge_method: given('code-challenge-method') || given('force-code-challenge-method'),
    loginURLParameters: loginURLParameters.length === 0 ? undefined : loginURLParameters,
  }
}

function render(tree: Tree): string {
  const document = new Document(pruned(tree))
  document.commentBefore = HEADER
  visit(document, {
    Scalar(key, node) {
      // In a block every character of the variable's value is itself.
      if (key !== 'key' && isScalar(node) && String(node.value).match(MARK)) node.type = 'BLOCK_LITERAL'
    },
  })
  const text = document.toString({ lineWidth: 0 })
  return text.replaceAll('$', () => '$$').replace(MARK, (_, name: string) => `\${${name}}`)
}

/** The tree without what is not there. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined && !isEmptyMap(member))
  return Object.fromEntries(members.map(([key, member]) => [key, pruned(member)]))
}

function isEmptyMap(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => member === undefined || isEmptyMap(member))
  )
}
