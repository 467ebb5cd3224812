import { describe, expect, it } from 'vitest'
import type { Fault } from './faults/fault.ts'
import { createJudge, Deviation } from './judge.ts'
import { LIMITS } from './report.ts'
import { type Sample, slopeOf, WARM_UP_MS } from './samples.ts'
import type { SoakGate } from './world/gate.ts'

/** Twenty minutes of samples, one a second, after the warm-up. */
function samplesOf(memoryAt: (minute: number) => number, calmAt: (minute: number) => boolean = () => true) {
  return Array.from({ length: 1200 }, (_, second): Sample => {
    const minute = second / 60
    // Cast: the slope does not look at the gate.
    const gate = {} as SoakGate
    const atMs = WARM_UP_MS + second * 1000
    return { gate, atMs, residentMiB: memoryAt(minute), chargedMiB: undefined, calm: calmAt(minute) }
  })
}

const resident = ({ residentMiB }: Sample): number => residentMiB

describe('the slope of memory', () => {
  it('the slope of memory is that of a leak, whatever comes and goes above it', () => {
    const noisy = samplesOf(
      (minute) => 80 + minute / 2 + (minute % 5 < 1 ? 40 : 0) + 3 * Math.sin(minute * 9),
    )
    expect(slopeOf(noisy, resident)?.perTenMinutesMiB).toBeCloseTo(5, 0)
  })

  it('the slope of memory is none where it only comes and goes', () => {
    const noisy = samplesOf((minute) => 80 + (minute % 5 < 2 ? 40 : 0) + 3 * Math.sin(minute * 9))
    expect(Math.abs(slopeOf(noisy, resident)?.perTenMinutesMiB ?? 9)).toBeLessThan(LIMITS.slopeMiB ?? 0)
  })

  it('the slope of memory is not told from a warm-up, a fault, or three minutes', () => {
    const samples = samplesOf((minute) => 80 + minute)
    const cold = samples.map((sample) => ({ ...sample, atMs: sample.atMs - WARM_UP_MS - 1_200_000 }))
    expect(slopeOf(cold, resident)).toBeUndefined()
    expect(
      slopeOf(
        samplesOf(
          () => 80,
          () => false,
        ),
        resident,
      ),
    ).toBeUndefined()
    expect(slopeOf(samples.slice(0, 180), resident)).toBeUndefined()
  })
})

describe('the judge', () => {
  const fault: Fault = {
    name: 'app refuses',
    allows: ['no app'],
    seconds: [1, 1],
    recoverSeconds: 1,
    lingerSeconds: 2,
    begin: async () => () => {},
  }

  function aJudge() {
    const judge = createJudge(() => {})
    judge.windows.push({ fault, fromMs: 1000, endedAtMs: 2000, toMs: 3000 })
    return judge
  }

  // [what came, when it was begun, what is wrong]
  it.each<[string, Error, number, number]>([
    ['what a fault allows while it lasts', new Deviation('502', 'no app'), 2500, 0],
    ['what a fault allows just after it', new Deviation('502', 'no app'), 4900, 0],
    ['what a fault allows, too late', new Deviation('502', 'no app'), 5100, 1],
    ['what a fault does not allow', new Deviation('401', 'refused'), 2500, 1],
    ['what began to be good while the fault lasted', new Deviation('502', 'no app', 2500), 9000, 0],
    ['what no fault can excuse', new Deviation('served as another person'), 2500, 1],
    ['a fault of the soak itself', new TypeError('x is not a function'), 2500, 1],
  ])('the judge counts %s', (_, thrown, sinceMs, wrong) => {
    const judge = aJudge()
    judge.judge('page', thrown, sinceMs)
    expect([judge.wrong.length, [...judge.excused.values()]]).toEqual([wrong, wrong === 0 ? [1] : []])
  })
})
