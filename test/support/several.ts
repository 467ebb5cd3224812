import { createFakeProvider, type FakeProvider } from './fake-provider.ts'
import { type AGate, startGate, type TestGate } from './gate.ts'
import type { Visitor } from './visitor.ts'

/** What a test decides about a gate with two providers, `work` and `partners`, of one structured file. */
export interface ASeveral extends Omit<AGate, 'file' | 'others'> {
  /** Further lines of each provider, `key: value`. */
  readonly work?: readonly string[]
  readonly partners?: readonly string[]
  /** Lines at the end of the file. */
  readonly more?: string
  /** Whether the answers of both name their issuer (RFC 9207). */
  readonly namesIssuer?: boolean
}

/** A gate with two providers; `gate.provider` is the first of them. */
export interface Several {
  readonly gate: TestGate
  readonly work: FakeProvider
  readonly partners: FakeProvider
}

/** The structured file of two providers. */
export function severalFile({ work = [], partners = [], more = '' }: ASeveral = {}): string {
  const provider = (id: string, issuer: string, lines: readonly string[]): string =>
    [
      `  - id: ${id}`,
      '    provider: oidc',
      '    clientID: $CLIENT_ID',
      '    clientSecret: $CLIENT_SECRET',
      `    oidcConfig: { issuerURL: ${issuer} }`,
      ...lines.map((line) => `    ${line}`),
    ].join('\n')
  return `server: { bindAddress: 127.0.0.1:4180 }
providers:
${provider('work', '$OP', ['name: Work', ...work])}
${provider('partners', 'https://partners.test', ['name: Partners', ...partners])}
upstreamConfig: { upstreams: [{ id: app, path: /, uri: 'http://127.0.0.1:8080' }] }
${more}`
}

/** Starts a gate with two providers. Both know alice@example.com, under the same subject. */
export async function startSeveral(given: ASeveral = {}): Promise<Several> {
  const partners = await createFakeProvider('https://partners.test')
  const gate = await startGate({ ...given, file: severalFile(given), others: [partners] })
  for (const { behaviour } of [gate.provider, partners]) behaviour.issParameter = given.namesIssuer ?? false
  return { gate, work: gate.provider, partners }
}

/** Signs in at a provider. */
export async function signInAt(gate: TestGate, provider: string, visitor = gate.visitor()): Promise<Visitor> {
  const seen = await visitor.browse(`/oauth2/start?rd=%2F&provider=${provider}`)
  if (seen.status !== 200) throw new Error(`Sign-in ended with ${seen.status}: ${seen.text}`)
  return visitor
}

/** Query of the authorization request that a start leads to. */
export async function authorizationRequest(visitor: Visitor, start: string): Promise<URL> {
  return new URL((await visitor.visit(start)).location ?? 'about:blank')
}
