import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { podFlags } from '../bench/doors/pod.ts'
import { ensureProgram } from '../support/built-program.ts'
import { FAULTS } from './faults/faults.ts'
import { restart } from './faults/neighbours.ts'
import { PROFILES } from './profiles.ts'
import { LIMITS, report } from './report.ts'
import { soak } from './run.ts'

const HELP = `npm run soak -- [--minutes=30] [--seed=N] [--only=FAULT]... [--profile=NAME] [--rate=N] [--program=FILE]

  --minutes=N      how long the faults take turns; up to 5 each of them is short, and memory is only held to its ceiling
  --seed=N         repeats the choices of a run
  --only=FAULT     this fault and no other; may be repeated; none of the names is none of them:
                   ${[restart, ...FAULTS].map(({ name }) => name).join(', ')}
  --profile=NAME   settings of the gate: ${Object.keys(PROFILES).join(', ')}
  --rate=N         plays a second, of one to six requests each
  --program=FILE   another program instead of dist/sidegate.mjs
`

/** From here on the slope of memory can be told. */
const SLOPE_MINUTES = 15

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
      only: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string', default: 'cookie' },
      rate: { type: 'string', default: '40' },
      program: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return true
  }
  const profile = Object.entries(PROFILES).find(([name]) => name === values.profile)?.[1]
  if (profile === undefined)
    throw new Error(`There is no profile "${values.profile}": ${Object.keys(PROFILES).join(', ')}`)
  const [minutes, seed, rate] = [Number(values.minutes), Number(values.seed), Number(values.rate)]
  const program = values.program === undefined ? ensureProgram() : resolve(values.program)
  const node = `Node ${process.versions.node} with ${podFlags().join(' ')}`
  say(
    `${cpus()[0]?.model}, ${node}, --seed=${seed} --minutes=${minutes} --profile=${values.profile} --rate=${rate}`,
  )
  const outcome = await soak({ program, profile, seed, minutes, only: values.only, rate, say })
  const limits = { ...LIMITS, slopeMiB: minutes >= SLOPE_MINUTES ? LIMITS.slopeMiB : undefined }
  const { text, wrong } = report(outcome, limits)
  process.stdout.write(`\n${text}\n\n`)
  for (const what of wrong) process.stdout.write(`WRONG: ${what}\n`)
  process.stdout.write(
    wrong.length === 0 ? 'Nothing was wrong.\n' : `${wrong.length} wrong; --seed=${seed}\n`,
  )
  return wrong.length === 0
}

function say(what: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))
main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exit(1)
  },
)
