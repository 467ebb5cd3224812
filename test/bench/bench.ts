import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createWorld } from './bench-fixture.ts'
import { PROGRAM } from './doors/gate.ts'
import { podFlags } from './doors/pod.ts'
import { stayInBounds } from './harness/child.ts'
import { ensurePrograms } from './harness/install.ts'
import { type Row, targetTable } from './harness/table.ts'
import { profile } from './profile.ts'
import { crowds } from './scenes/crowds.ts'
import { load, oneConnection } from './scenes/load.ts'
import { memory } from './scenes/memory.ts'
import { metrics } from './scenes/metrics.ts'
import { deno, worker } from './scenes/other-doors.ts'
import { overload } from './scenes/overload.ts'
import type { Scene, World } from './scenes/scene.ts'
import { start } from './scenes/start.ts'
import { transfers } from './scenes/transfers.ts'

const HELP = `npm run bench -- [--quick] [--only=SCENE]... [--program=FILE] [--node-flag=FLAG]... [--prof]

  --quick           about a minute, with smaller numbers
  --only=SCENE      load, one, metrics, memory, transfers, crowds, start, overload, deno, worker; may be repeated
  --program=FILE    another program instead of dist/sidegate.mjs
  --node-flag=FLAG  a flag more for the Node of the gate, to compare; may be repeated
  --prof            no table: where the gate's CPU time goes under load
`

/** What runs without being asked for, in this order. */
const USUAL: Readonly<Record<string, Scene>> = {
  load,
  one: oneConnection,
  metrics,
  memory,
  transfers,
  crowds,
  start,
  overload,
}

const SCENES: Readonly<Record<string, Scene>> = { ...USUAL, deno, worker }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      program: { type: 'string', default: PROGRAM },
      'node-flag': { type: 'string', multiple: true, default: [] },
      prof: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(HELP)
  const names = values.only.length === 0 ? Object.keys(USUAL) : values.only
  const unknown = names.find((name) => SCENES[name] === undefined)
  if (unknown !== undefined)
    throw new Error(`There is no scene "${unknown}": ${Object.keys(SCENES).join(', ')}`)
  ensurePrograms()
  stayInBounds(30)
  const { quick, program, 'node-flag': nodeFlags } = values
  const world = await createWorld({ quick, program: resolve(program), nodeFlags })
  process.stdout.write(`${machine(world, nodeFlags)}\n\n`)
  if (values.prof) return void process.stdout.write(`${await profile(world)}\n`)
  const { rows, details } = await play(names, world)
  process.stdout.write(`${targetTable(rows)}\n\n${details.join('\n\n')}\n`)
}

async function play(
  names: readonly string[],
  world: World,
): Promise<{ rows: readonly Row[]; details: readonly string[] }> {
  const rows: Row[] = []
  const details: string[] = []
  for (const name of names) {
    process.stderr.write(`${name}\n`)
    const outcome = await SCENES[name]?.(world)
    rows.push(...(outcome?.rows ?? []))
    if (outcome?.details !== undefined) details.push(outcome.details)
  }
  return { rows, details }
}

function machine({ cookies }: World, nodeFlags: readonly string[]): string {
  // nginx tells its version on standard error: "nginx version: nginx/1.22.1".
  const nginx = spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr.trim().split(' ').at(-1)
  const date = new Date().toISOString().slice(0, 10)
  const node = `Node ${process.versions.node} with ${[...podFlags(), ...nodeFlags].join(' ')}`
  return `${date}, ${cpus()[0]?.model}, ${node}, ${nginx}; session cookie of ${cookies.alice.length} bytes`
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exit(1)
  },
)
