import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  kubernetesTools,
  type Manifest,
  readManifests,
  render,
  schemaErrors,
  unknownFields,
} from '../support/kubernetes.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const chart = join(deploy, 'helm/sidegate')
const tools = kubernetesTools()
const { kubectl = '', helm = '' } = tools ?? {}

const template = (...sets: readonly string[]) => [
  'template',
  'shop',
  chart,
  ...sets.flatMap((set) => ['--set', set]),
]
const INGRESS = ['ingress.enabled=true', 'ingress.className=nginx', 'ingress.tlsSecret=tls']
const FIXED = ['networkPolicy.enabled=false', 'podDisruptionBudget.enabled=false']
const REDIS = [
  'gate.extraEnv[0].name=OAUTH2_PROXY_REDIS_CONNECTION_URL',
  'gate.extraEnv[0].value=redis://redis:6379',
]
const SEVERAL = ['autoscaling.enabled=true', ...REDIS]
const DIGEST = `gate.image.digest=sha256:${'a'.repeat(64)}`
const SHARED = ['existingConfigMaps={shared,more}', 'secret.existing=mine', 'secret.cookieSecretKey=key']

const RENDERED = [
  { what: 'kustomize base', render: () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/base')]) },
  {
    what: 'kustomize overlay',
    render: () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/overlays/example')]),
  },
  {
    what: 'kustomize overlay with several pods',
    render: () => render(kubectl, ['kustomize', join(deploy, 'kubernetes/overlays/several-pods')]),
  },
  { what: 'chart as it comes', render: () => render(helm, template()) },
  {
    what: 'chart with a native sidecar',
    render: () => render(helm, template('gate.nativeSidecar=true', ...INGRESS)),
  },
  { what: 'chart with several pods', render: () => render(helm, template(...SEVERAL)) },
  { what: 'chart with metrics', render: () => render(helm, template('metrics.enabled=true')) },
  { what: 'chart with everything off', render: () => render(helm, template(...FIXED, DIGEST)) },
  { what: 'chart with what exists', render: () => render(helm, template(...SHARED, 'app.port=9000')) },
] as const

describe.skipIf(tools === undefined).each(RENDERED)('$what', (source) => {
  let manifests: readonly Manifest[] = []
  beforeAll(() => {
    manifests = source.render()
  })
  const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)
  const deployment = () => ofKind('Deployment')[0]
  const pod = () => deployment().spec.template.spec
  const containers = (): readonly Manifest[] => [...(pod().initContainers ?? []), ...pod().containers]
  const gate = () => containers().find(({ name }) => name === 'sidegate')

  it('a manifest is valid by the schemas of Kubernetes', async () => {
    expect(manifests.length).toBeGreaterThan(2)
    for (const manifest of manifests) expect(await schemaErrors(manifest), manifest.kind).toEqual([])
  })

  it('a manifest has no field that Kubernetes does not know', () => {
    expect(unknownFields(manifests)).toEqual([])
  })

  it('a manifest runs the gate without rights', () => {
    expect(pod()).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    })
    for (const container of containers()) {
      expect(container.securityContext, container.name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  it('a manifest lets only the gate reach the app', () => {
    const app = containers().find(({ name }) => name === 'app')
    expect(app.ports).toBeUndefined()
    expect(app.args).toContain('-listen=127.0.0.1:8080')
    const isMeasured = source.what.includes('metrics')
    const withMetrics = (port: Manifest, metrics: Manifest) => (isMeasured ? [port, metrics] : [port])
    expect(ofKind('Service')[0].spec.ports).toEqual(
      withMetrics(
        { name: 'http', port: 80, targetPort: 'gate', protocol: 'TCP' },
        { name: 'metrics', port: 44180, targetPort: 'metrics', protocol: 'TCP' },
      ),
    )
    expect(gate().ports).toEqual(
      withMetrics(
        { name: 'gate', containerPort: 4180, protocol: 'TCP' },
        { name: 'metrics', containerPort: 44180, protocol: 'TCP' },
      ),
    )
    expect(gate().env.some(({ name }: Manifest) => name === 'OAUTH2_PROXY_METRICS_ADDRESS')).toBe(isMeasured)
    for (const policy of ofKind('NetworkPolicy')) {
      expect(policy.spec.policyTypes).toEqual(['Ingress'])
      expect(policy.spec.ingress).toEqual(
        withMetrics(
          { ports: [{ protocol: 'TCP', port: 4180 }] },
          { ports: [{ protocol: 'TCP', port: 44180 }] },
        ),
      )
    }
  })

  it('a manifest has the gate listen on the pod address, know its pod, and be probed and bounded', () => {
    const { env, livenessProbe, readinessProbe, startupProbe, resources } = gate()
    expect(env).toContainEqual({ name: 'OAUTH2_PROXY_HTTP_ADDRESS', value: '0.0.0.0:4180' })
    for (const name of ['POD_NAME', 'POD_NAMESPACE', 'CONTAINER_NAME', 'OAUTH2_PROXY_UPSTREAMS'])
      expect(env).toContainEqual(expect.objectContaining({ name }))
    expect([livenessProbe, startupProbe].map((probe) => probe.httpGet)).toEqual([
      { path: '/ping', port: 'gate' },
      { path: '/ping', port: 'gate' },
    ])
    expect(readinessProbe.httpGet).toEqual({ path: '/ready', port: 'gate' })
    expect(resources).toEqual({
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { cpu: '200m', memory: '128Mi' },
    })
  })

  it('a manifest has one pod, or several with a Redis that they share', () => {
    const isSeveral = source.what.includes('several')
    expect(deployment().spec.replicas).toBe(isSeveral ? undefined : 1)
    expect(ofKind('HorizontalPodAutoscaler')).toHaveLength(isSeveral ? 1 : 0)
    const names = gate().env.map(({ name }: Manifest) => name)
    expect(names.includes('OAUTH2_PROXY_REDIS_CONNECTION_URL')).toBe(isSeveral)
  })

  it('a manifest names only what exists', () => {
    const labels = deployment().spec.template.metadata.labels
    const selectors = [
      deployment().spec.selector.matchLabels,
      ofKind('Service')[0].spec.selector,
      ...ofKind('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
      ...ofKind('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
    ]
    for (const selector of selectors) expect(labels).toMatchObject(selector)
    for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
      expect(spec.scaleTargetRef.name).toBe(deployment().metadata.name)
      expect(deployment().spec.replicas).toBeUndefined()
    }
    for (const { spec } of ofKind('Ingress')) {
      expect(spec.rules[0].http.paths[0].backend.service.name).toBe(ofKind('Service')[0].metadata.name)
    }
    const configMaps = ofKind('ConfigMap').map(({ metadata }) => metadata.name)
    expect(gate().envFrom[0].configMapRef.name).toBe(configMaps[0])
    const volumes = pod().volumes.map(({ name }: Manifest) => name)
    for (const { name } of gate().volumeMounts) expect(volumes).toContain(name)
  })
})

describe.skipIf(tools === undefined)('the chart', () => {
  it('the chart passes the strict linter of Helm', () => {
    expect(execFileSync(helm, ['lint', '--strict', chart], { encoding: 'utf8' })).toContain(
      '0 chart(s) failed',
    )
  })

  it.each([
    ['a misspelt value', 'replica=3'],
    ['a secret in plain sight', 'config.OAUTH2_PROXY_CLIENT_SECRET=hunter2'],
    ['a host with a scheme', 'host=https://app.example.com'],
    ['an app on the port of the gate', 'app.port=4180'],
    ['a variable without a name', 'gate.extraEnv[0].value=1'],
  ])('the chart refuses %s', (_, set) => {
    expect(() => execFileSync(helm, template(set), { stdio: 'pipe' })).toThrow(/schema/u)
  })

  it.each([
    ['a second replica', ['replicas=2']],
    ['an autoscaler that may start a second pod', ['autoscaling.enabled=true']],
    [
      'several pods with other variables',
      ['replicas=2', 'gate.extraEnv[0].name=A', 'gate.extraEnv[0].value=b'],
    ],
  ])('the chart refuses %s until it is told why that is safe, and says what is', (_, sets) => {
    const refused = () => execFileSync(helm, template(...sets), { stdio: 'pipe', encoding: 'utf8' })
    expect(refused).toThrow(/OAUTH2_PROXY_REDIS_CONNECTION_URL.*allowSeveralReplicas=true/su)
    for (const reason of [
      'allowSeveralReplicas=true',
      'config.OAUTH2_PROXY_REDIS_CONNECTION_URL=redis://redis',
    ])
      expect(execFileSync(helm, template(...sets, reason), { encoding: 'utf8' })).toContain(
        'kind: Deployment',
      )
  })

  it.each([
    ['one pod', [], /^One pod /mu],
    ['several pods with Redis', SEVERAL, /^Up to 6 pods share/mu],
    [
      'several pods without Redis',
      ['replicas=3', 'allowSeveralReplicas=true'],
      /^Up to 3 pods refresh sessions each by itself/mu,
    ],
  ])('the chart says after an installation of %s what that means for refreshes', (_, sets, sentence) => {
    const args = ['install', 'shop', chart, '--dry-run=client', ...sets.flatMap((set) => ['--set', set])]
    expect(execFileSync(helm, args, { encoding: 'utf8', stdio: 'pipe' })).toMatch(sentence)
  })

  it('the chart makes a ServiceMonitor for the port of the metrics, found by the labels that are given', () => {
    const measured = [
      'metrics.enabled=true',
      'metrics.port=9100',
      'metrics.serviceMonitor.enabled=true',
      'metrics.serviceMonitor.labels.release=prometheus',
      'metrics.serviceMonitor.interval=30s',
      'metrics.networkPolicy.from[0].podSelector.matchLabels.app=prometheus',
    ]
    const manifests = render(helm, template(...measured))
    const ofKind = (kind: string) => manifests.find((manifest) => manifest.kind === kind)
    const monitor = ofKind('ServiceMonitor')
    const service = ofKind('Service')
    expect(monitor.apiVersion).toBe('monitoring.coreos.com/v1')
    expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' })
    expect(monitor.spec.endpoints).toEqual([{ port: 'metrics', path: '/metrics', interval: '30s' }])
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels)
    const port = service.spec.ports.find(({ name }: Manifest) => name === 'metrics')
    expect(port).toMatchObject({ port: 9100, targetPort: 'metrics' })
    const [gate] = ofKind('Deployment').spec.template.spec.containers.filter(
      ({ name }: Manifest) => name === 'sidegate',
    )
    expect(gate.ports).toContainEqual({ name: 'metrics', containerPort: 9100, protocol: 'TCP' })
    expect(gate.env).toContainEqual({ name: 'OAUTH2_PROXY_METRICS_ADDRESS', value: '0.0.0.0:9100' })
    expect(ofKind('NetworkPolicy').spec.ingress[1]).toEqual({
      ports: [{ protocol: 'TCP', port: 9100 }],
      from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }],
    })
  })

  it.each([
    ['a ServiceMonitor without metrics', ['metrics.serviceMonitor.enabled=true'], /metrics\.enabled=true/u],
    ['metrics on the port of the app', ['metrics.enabled=true', 'metrics.port=8080'], /another number/u],
    ['metrics on the port of the gate', ['metrics.enabled=true', 'metrics.port=4180'], /schema/u],
  ])('the chart refuses %s, and says what to do', (_, sets, sentence) => {
    expect(() => execFileSync(helm, template(...sets), { stdio: 'pipe', encoding: 'utf8' })).toThrow(sentence)
  })

  it('the chart starts a native sidecar before the app and lets settings of the namespace win over its own', () => {
    const spec = (sets: readonly string[]) =>
      render(helm, template(...sets)).find(({ kind }) => kind === 'Deployment').spec.template.spec
    const native = spec(['gate.nativeSidecar=true'])
    expect(native.initContainers).toEqual([
      expect.objectContaining({ name: 'sidegate', restartPolicy: 'Always' }),
    ])
    expect(native.containers.map(({ name }: Manifest) => name)).toEqual(['app'])
    const shared = spec(SHARED)
    expect(shared.containers[1].envFrom.map(({ configMapRef }: Manifest) => configMapRef.name)).toEqual([
      'shop',
      'shared',
      'more',
    ])
    expect(shared.volumes[0].secret).toMatchObject({ secretName: 'mine', items: [{}, { key: 'key' }] })
  })
})

describe('the checks themselves', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { ports: [{ port: 80 }] },
  }

  it('the checks of manifests find a wrong type, a wrong field and a repeated key', async () => {
    expect(await schemaErrors(service)).toEqual([])
    expect(await schemaErrors({ ...service, spec: { ports: [{ port: 'http' }] } })).not.toEqual([])
    expect(unknownFields([{ ...service, spec: { port: [] } }]).join()).toContain('"port"')
    expect(() => readManifests('a: 1\na: 2')).toThrow(/unique/u)
  })

  it('the checks of manifests find the example Secret valid', async () => {
    const [secret] = readManifests(readFileSync(join(deploy, 'kubernetes/secret.example.yaml'), 'utf8'))
    expect(await schemaErrors(secret)).toEqual([])
  })
})
