import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { short } from './harness/numbers.ts'
import { markdown } from './harness/table.ts'
import { newFolder } from './harness/workspace.ts'
import { wrk } from './harness/wrk.ts'
import type { World } from './scenes/scene.ts'

/** A V8 CPU profile, as far as it is read here (Chrome DevTools protocol, Profiler.Profile). */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** Microseconds by function or file. */
type Sums = Map<string, number>

const SHOWN = 40

/** Loads a gate with 32 connections under V8's profiler and tells in which functions and files it spends its time. */
export async function profile({ app, gates, cookies }: World): Promise<string> {
  const folder = newFolder('profile')
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
  const gate = await gates.start({ upstreamPort: app.port, accessLog: '/dev/null', nodeFlags })
  await wrk({ port: gate.port, path: '/', cookies: [cookies.alice], connections: 32, seconds: 8 })
  // Node writes the profile when it ends in order.
  await gate.stop('SIGTERM')
  const [file] = readdirSync(folder)
  if (file === undefined) throw new Error('The gate left no profile')
  // Node wrote the file, so it has the shape of a profile.
  return toTables(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile)
}

function toTables(recorded: CpuProfile): string {
  const nodes = new Map(recorded.nodes.map((node) => [node.id, node]))
  const parents = new Map(
    recorded.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  )
  const [self, files, total]: [Sums, Sums, Sums] = [new Map(), new Map(), new Map()]
  let all = 0
  recorded.samples.forEach((id, at) => {
    const stack = stackOf(id, parents).flatMap((ancestor) => nodes.get(ancestor) ?? [])
    const [top] = stack
    const microseconds = recorded.timeDeltas[at] ?? 0
    if (top === undefined || top.callFrame.functionName === '(idle)') return
    all += microseconds
    add(self, nameOf(top), microseconds)
    add(files, fileOf(top) || top.callFrame.functionName, microseconds)
    // Once per function, however often it called itself.
    for (const name of new Set(stack.filter(isOurs).map(nameOf))) add(total, name, microseconds)
  })
  return [
    topOf(self, all, ['self %', 'function']),
    topOf(files, all, ['self %', 'file']),
    topOf(total, all, ['with what it calls %', 'function of ours']),
  ].join('\n\n')
}

function stackOf(id: number, parents: ReadonlyMap<number, number>): readonly number[] {
  const stack: number[] = []
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(at)
  return stack
}

function isOurs(node: ProfileNode): boolean {
  return /^(?:src\/|runtimes\/|dist\/|sidegate\.mjs$)/u.test(fileOf(node))
}

function nameOf(node: ProfileNode): string {
  const { functionName, lineNumber } = node.callFrame
  const file = fileOf(node)
  return file === '' ? functionName : `${functionName || 'anonymous'} ${file}:${lineNumber + 1}`
}

/** Path below the repository or in node_modules; empty for garbage collection, system calls and the like. */
function fileOf({ callFrame }: ProfileNode): string {
  return callFrame.url.replace(/^file:.*?\/(?=(?:src|runtimes|node_modules|dist)\/|sidegate\.mjs$)/u, '')
}

function add(sums: Sums, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

function topOf(sums: Sums, all: number, head: readonly [string, string]): string {
  const top = [...sums].toSorted(([, left], [, right]) => right - left).slice(0, SHOWN)
  return markdown(
    head,
    top.map(([key, value]) => [short((value / all) * 100), key]),
  )
}
