import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { short } from './harness/numbers.ts'
import { markdown } from './harness/table.ts'
import { newFolder } from './harness/workspace.ts'
import { wrk } from './harness/wrk.ts'
import type { World } from './scenes/scene.ts'

/** A V8 CPU profile, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

const SHOWN = 40

/** Loads a gate with 32 connections under V8's profiler and tells in which functions it spends its own time. */
export async function profile({ app, gates, cookies }: World): Promise<string> {
  const folder = newFolder('profile')
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200']
  const gate = await gates.start({ upstreamPort: app.port, accessLog: '/dev/null', nodeFlags })
  await wrk({ port: gate.port, path: '/', cookies: [cookies.alice], connections: 32, seconds: 8 })
  // Node writes the profile when it ends in order.
  await gate.stop('SIGTERM')
  const [file] = readdirSync(folder)
  if (file === undefined) throw new Error('The gate left no profile')
  // Node wrote it in the format of the Chrome DevTools protocol (Profiler.Profile).
  return toTable(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile)
}

function toTable({ nodes, samples, timeDeltas }: CpuProfile): string {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  const microseconds = new Map<string, number>()
  samples.forEach((id, at) => {
    const place = places.get(id) ?? 'unknown'
    microseconds.set(place, (microseconds.get(place) ?? 0) + (timeDeltas[at] ?? 0))
  })
  microseconds.delete('(idle)')
  const total = [...microseconds.values()].reduce((sum, value) => sum + value, 0)
  const top = [...microseconds].toSorted(([, left], [, right]) => right - left).slice(0, SHOWN)
  return markdown(
    ['self %', 'function'],
    top.map(([place, value]) => [short((value / total) * 100), place]),
  )
}

function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/(?=(?:src|runtimes|node_modules|dist)\/)/u, '')
  return file === '' ? functionName : `${functionName || 'anonymous'} ${file}:${lineNumber + 1}`
}
