import { compare, type Difference, judge } from './judge.ts'
import { startPair } from './pair.ts'
import type { Scene } from './scene.ts'
import { ENDPOINT_SCENES } from './scenes/endpoints.ts'
import { HEADER_SCENES } from './scenes/headers.ts'
import { RETURN_SCENES } from './scenes/returns.ts'
import { RULE_SCENES } from './scenes/rules.ts'
import { STORE_SCENES } from './scenes/stores.ts'
import { DIFFERENCES } from './table.ts'

/** Every configuration of the side-by-side run. */
export const SCENES: readonly Scene[] = [
  ...ENDPOINT_SCENES,
  ...RETURN_SCENES,
  ...HEADER_SCENES,
  ...RULE_SCENES,
  ...STORE_SCENES,
]

/** Result of a run. */
export interface Compared {
  readonly probes: number
  readonly differences: readonly Difference[]
}

/** Asks both programs everything, one scene after the other. */
export async function compareAll(binary: string, scenes: readonly Scene[] = SCENES): Promise<Compared> {
  const differences: Difference[] = []
  let probes = 0
  for (const scene of scenes) {
    const pair = await startPair(scene, binary)
    try {
      for (const probe of scene.probes) {
        const { theirs, ours } = await pair.ask(probe)
        differences.push(...compare(`${scene.name} / ${probe.name}`, theirs, ours))
        probes += 1
      }
    } finally {
      await pair.close()
    }
  }
  return { probes, differences }
}

/** Path of the real oauth2-proxy, where the environment names one. */
export function findBinary(): string | undefined {
  return process.env['OAUTH2_PROXY_BINARY'] || undefined
}

async function main(): Promise<void> {
  const binary = flag('oauth2-proxy') ?? findBinary()
  if (binary === undefined) throw new Error('Give --oauth2-proxy=PATH or OAUTH2_PROXY_BINARY: see README.md')
  const only = flag('only')
  const scenes = SCENES.filter(({ name }) => only === undefined || name.includes(only))
  const { probes, differences } = await compareAll(binary, scenes)
  const { unexplained, unseen } = judge(differences, DIFFERENCES)
  const shown = process.argv.includes('--all') ? differences : unexplained
  for (const { where, aspect, theirs = '(none)', ours = '(none)' } of shown) {
    console.log(`${where}: ${aspect}\n  theirs ${theirs}\n  ours   ${ours}`)
  }
  if (only === undefined) for (const { id, input } of unseen) console.log(`no longer seen: ${id} ${input}`)
  console.log(`${probes} requests, ${differences.length} differences, ${unexplained.length} without a row`)
  process.exitCode = unexplained.length === 0 && (only !== undefined || unseen.length === 0) ? 0 : 1
}

function flag(name: string): string | undefined {
  const given = process.argv.find((argument) => argument.startsWith(`--${name}=`))
  return given?.slice(name.length + 3)
}

if (import.meta.main) await main()
