import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare, type Difference, judge } from './judge.ts'
import { startPair } from './pair.ts'
import { findBinary } from './run.ts'
import { FETCH, page, type Scene, stranger } from './scene.ts'
import { DIFFERENCES } from './table.ts'

/** Settings that name addresses and secrets of elsewhere: those of the run take their place. */
const REPLACED =
  /^--(?:http-address|https-address|metrics-[\w-]+|tls-[\w-]+|provider|client-(?:id|secret)(?:-file)?|cookie-secret(?:-file)?|oidc-issuer-url|upstream|email-domain|login-url|redeem-url|profile-url|validate-url|oidc-jwks-url|backend-logout-url|redis-[\w-]+|authenticated-emails-file)=/u

/** Flags that win over variables and file: one provider, one app, everyone may sign in. */
const OVERRIDES = [
  '--skip-oidc-discovery=false',
  '--session-store-type=cookie',
  '--scope=openid email profile',
  '--tls-cert-file=',
  '--tls-key-file=',
  '--logging-filename=',
  '--force-https=false',
  '--redis-use-sentinel=false',
  '--redis-use-cluster=false',
]

/** Reads a configuration: parts `[args]`, `[env]` and `[file PATH]`, as in the samples. */
export function readConfiguration(name: string, text: string): Scene {
  const base: string[] = []
  const env: Record<string, string> = {}
  const files: Record<string, string> = {}
  let part = ''
  let path = ''
  for (const line of text.split('\n')) {
    const [, kind, rest = ''] = /^\[(args|env|file) ?(.*)\]$/u.exec(line) ?? []
    if (kind !== undefined) {
      part = kind
      path = rest.replace(/^\//u, '')
      if (kind === 'file') files[path] = ''
    } else if (part === 'file') files[path] += `${line.replaceAll('XXXXXXXX', 'secret-1')}\n`
    else if (line.startsWith('#') || line === '') continue
    else if (part === 'args') base.push(line)
    else if (part === 'env') env[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
  }
  const moved = (value: string) =>
    Object.keys(files).reduce((all, file) => all.replaceAll(`/${file}`, `{dir}/${file}`), value)
  const [, host] = /redirect[-_]url\W{1,5}https?:\/\/([^/"'\s]+)/iu.exec(text) ?? []
  return {
    name,
    base: base.map(moved).filter((flag) => !REPLACED.test(flag)),
    env: Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, moved(value)])),
    files,
    flags: OVERRIDES,
    ...(host === undefined ? {} : { host }),
    probes: probesBelow(/proxy[-_]prefix\W{1,4}(\/[\w/-]+)/iu.exec(text)?.[1] ?? '/oauth2'),
  }
}

function probesBelow(prefix: string): Scene['probes'] {
  return [
    stranger('page', '/page'),
    stranger('fetch', '/page', { headers: FETCH }),
    stranger('auth', `${prefix}/auth`, { headers: [] }),
    stranger('sign-in', `${prefix}/start?rd=%2Fhome`, { signsIn: true }),
    page('page, signed in', '/page'),
    page('fetch, signed in', '/page', { headers: FETCH }),
    page('auth, signed in', `${prefix}/auth`, { headers: [] }),
    page('userinfo', `${prefix}/userinfo`, { headers: FETCH }),
    page('sign_out', `${prefix}/sign_out`, { session: 'fresh' }),
  ]
}

async function main(): Promise<void> {
  const [folder, ...names] = process.argv.slice(2)
  const binary = findBinary()
  if (folder === undefined || binary === undefined)
    throw new Error('Give a folder, and the real program in OAUTH2_PROXY_BINARY')
  const files = readdirSync(folder).filter((file) => file.endsWith('.conf'))
  for (const file of files.filter(
    (one) => names.length === 0 || names.some((name) => one.startsWith(name)),
  )) {
    const scene = readConfiguration(file, readFileSync(join(folder, file), 'utf8'))
    console.log(`${file}: ${await tell(scene, binary)}`)
  }
}

async function tell(scene: Scene, binary: string): Promise<string> {
  try {
    const pair = await startPair(scene, binary)
    const differences: Difference[] = []
    try {
      for (const probe of scene.probes) {
        const { ours, theirs } = await pair.ask(probe)
        differences.push(...compare(`${scene.name} / ${probe.name}`, theirs, ours))
      }
    } finally {
      await pair.close()
    }
    const { unexplained } = judge(differences, DIFFERENCES)
    const lines = unexplained.map(
      ({ aspect, ours, theirs, where }) =>
        `\n  ${where}: ${aspect}\n    theirs ${theirs}\n    ours   ${ours}`,
    )
    return `${scene.probes.length} requests, ${unexplained.length} without a row${lines.join('')}`
  } catch (error) {
    return `does not start: ${String(error).split('\n').slice(0, 8).join('\n  ')}`
  }
}

if (import.meta.main) await main()
