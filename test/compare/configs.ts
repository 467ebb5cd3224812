import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfiguration } from './configuration.ts'
import { compare, type Difference, judge } from './judge.ts'
import { startPair } from './pair.ts'
import { findBinary } from './run.ts'
import type { Scene } from './scene.ts'
import { DIFFERENCES } from './table.ts'

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
