import { expect, it } from 'vitest'
import { ensureProgram } from '../support/built-program.ts'
import { FAULTS } from './faults/faults.ts'
import { PROFILES } from './profiles.ts'
import { LIMITS, report } from './report.ts'
import { soak } from './run.ts'

/** Each fault for its short time, once; `npm run soak -- --seed=…` plays other choices. */
const SEED = 1

it('the built program goes through every fault under mixed traffic and a limit of 128 MiB, and nothing is wrong', async () => {
  const outcome = await soak({
    program: ensureProgram(),
    profile: PROFILES.cookie,
    seed: SEED,
    minutes: 1,
    only: [],
    rate: 30,
    say: () => {},
  })
  const { text, wrong } = report(outcome, { ...LIMITS, slopeMiB: undefined })
  expect(wrong, text).toEqual([])
  const played = new Set(outcome.judge.windows.map(({ fault }) => fault.name))
  expect([...played].sort()).toEqual(['restart', ...FAULTS.map(({ name }) => name)].sort())
}, 400_000)
